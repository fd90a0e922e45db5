// From an MCP result to a tool result: text, pictures and resources kept, sizes bounded.
import { z } from 'zod';
import type { Part, ToolResult } from '../../agent/index.ts';
import { capOutput, oneLine } from '../../lib/index.ts';

const MAX_TEXT_BYTES = 256 * 1024;
const MAX_IMAGE_BYTES = 5 * 1024 * 1024;
const MAX_IMAGES = 8;
const VISIBLE = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

/** A result from the wire; blocks are read one by one, so that an unknown kind spoils no other. */
export const callResultSchema = z.looseObject({
  content: z.array(z.unknown()).optional(),
  structuredContent: z.unknown().optional(),
  isError: z.boolean().optional(),
});

/** What `resources/read` answers. */
export const readResultSchema = z.looseObject({ contents: z.array(z.unknown()) });

const resourceSchema = z.object({
  uri: z.string(),
  mimeType: z.string().optional(),
  text: z.string().optional(),
  blob: z.string().optional(),
});
const blockSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('image'), data: z.string(), mimeType: z.string() }),
  z.object({ type: z.literal('audio'), data: z.string(), mimeType: z.string() }),
  z.object({ type: z.literal('resource'), resource: resourceSchema }),
  z.object({
    type: z.literal('resource_link'),
    uri: z.string(),
    name: z.string().optional(),
    description: z.string().optional(),
    mimeType: z.string().optional(),
  }),
]);

/** What a tool call answered. A result without any content says so instead of being empty. */
export function toToolResult(result: z.infer<typeof callResultSchema>): ToolResult {
  const parts = (result.content ?? []).flatMap(blockToParts);
  if (parts.length === 0 && result.structuredContent !== undefined) {
    parts.push({ type: 'text', text: JSON.stringify(result.structuredContent, null, 2) });
  }
  return { parts: bounded(parts), isError: result.isError === true };
}

/** What a resource holds. */
export function resourceToToolResult(result: z.infer<typeof readResultSchema>): ToolResult {
  const parts = result.contents.flatMap((content) => blockToParts({ type: 'resource', resource: content }));
  return { parts: bounded(parts), isError: false };
}

function blockToParts(raw: unknown): Part[] {
  const parsed = blockSchema.safeParse(raw);
  if (!parsed.success) return [{ type: 'text', text: '[content of an unknown kind]' }];
  const block = parsed.data;
  switch (block.type) {
    case 'text':
      return [{ type: 'text', text: block.text }];
    case 'image':
      return [bytesToPart(block.data, block.mimeType, 'picture')];
    case 'audio':
      return [{ type: 'text', text: describeBytes(block.data, block.mimeType, 'sound') }];
    case 'resource_link': {
      const about = [block.name, block.description].filter((item) => item !== undefined).join(': ');
      return [{ type: 'text', text: `[resource ${block.uri}${about === '' ? '' : ` — ${about}`}]` }];
    }
    case 'resource': {
      const { uri, mimeType, text, blob } = block.resource;
      if (text !== undefined) return [{ type: 'text', text: `[resource ${uri}]\n${text}` }];
      if (blob === undefined) return [{ type: 'text', text: `[resource ${uri}, empty]` }];
      return [bytesToPart(blob, mimeType ?? 'application/octet-stream', `resource ${uri}`)];
    }
  }
}

function bytesToPart(base64: string, mediaType: string, what: string): Part {
  const type = mediaType.toLowerCase();
  if (!VISIBLE.has(type) || base64.length * 0.75 > MAX_IMAGE_BYTES) {
    return { type: 'text', text: describeBytes(base64, mediaType, what) };
  }
  return { type: 'image', data: Uint8Array.from(Buffer.from(base64, 'base64')), mediaType: type };
}

const describeBytes = (base64: string, mediaType: string, what: string) =>
  `[${what}, ${oneLine(mediaType, 80)}, ${Math.floor(base64.length * 0.75).toLocaleString('en-US')} bytes, not shown]`;

/** Texts together within the byte limit, pictures within their number; each cut is said. */
function bounded(parts: readonly Part[]): Part[] {
  const texts = parts.filter((part) => part.type === 'text');
  const images = parts.filter((part) => part.type === 'image');
  const bytes = texts.reduce((sum, part) => sum + Buffer.byteLength(part.text), 0);
  const kept: Part[] =
    bytes <= MAX_TEXT_BYTES
      ? parts.filter((part) => part.type === 'text' || images.indexOf(part) < MAX_IMAGES)
      : [
          { type: 'text', text: capOutput(texts.map((part) => part.text).join('\n'), MAX_TEXT_BYTES) },
          ...images.slice(0, MAX_IMAGES),
        ];
  if (images.length > MAX_IMAGES) {
    kept.push({ type: 'text', text: `[${images.length - MAX_IMAGES} more pictures left out]` });
  }
  return kept.length === 0 ? [{ type: 'text', text: '(the tool answered without content)' }] : kept;
}
