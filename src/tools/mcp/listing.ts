// What a server says about its tools, read with distrust: sizes bounded, schemas kept whole or not at all.
import { z } from 'zod';
import { oneLine } from '../../lib/index.ts';

/** Most tools of one server that are offered. */
export const MAX_TOOLS = 1_000;
const MAX_DESCRIPTION = 4_000;
const MAX_SCHEMA_BYTES = 64 * 1024;
const MAX_SCHEMA_DEPTH = 40;

/** A tool as it is kept in the cache. `schema` is the server's own, `$ref` and `$defs` included. */
export const listedToolSchema = z.object({
  name: z.string().min(1).max(512),
  description: z.string(),
  schema: z.record(z.string(), z.unknown()),
  read_only: z.boolean(),
});
export type ListedTool = z.infer<typeof listedToolSchema>;

/** One page of `tools/list`. Each tool is checked on its own, so that a bad one hides no other. */
export const toolPageSchema = z.looseObject({
  tools: z.array(z.unknown()),
  nextCursor: z.string().max(16_384).optional(),
});

const rawToolSchema = z.object({
  name: z.string().min(1).max(512),
  title: z.string().optional().catch(undefined),
  description: z.string().optional().catch(undefined),
  inputSchema: z.unknown(),
  annotations: z
    .object({ readOnlyHint: z.boolean().optional().catch(undefined) })
    .optional()
    .catch(undefined),
});

/** A tool from the wire, or why it can't be offered. */
export function readListedTool(raw: unknown): ListedTool | string {
  const parsed = rawToolSchema.safeParse(raw);
  if (!parsed.success) return 'a tool without a usable name';
  const { name, title, description, inputSchema, annotations } = parsed.data;
  const said = description ?? title ?? '';
  return {
    name,
    description: said.length > MAX_DESCRIPTION ? `${said.slice(0, MAX_DESCRIPTION)} […]` : said,
    schema: usableSchema(inputSchema),
    read_only: annotations?.readOnlyHint === true,
  };
}

const ANYTHING = { type: 'object', additionalProperties: true } as const;

/**
 * The server's schema untouched, except that the top level says `type: "object"`, which providers demand.
 * One that is no object schema, too deep or too large is replaced by "any object": the server checks anyway.
 */
export function usableSchema(raw: unknown): Record<string, unknown> {
  const parsed = z.record(z.string(), z.unknown()).safeParse(raw);
  if (!parsed.success) return { ...ANYTHING };
  const schema = parsed.data;
  if (schema.type !== undefined && schema.type !== 'object') return { ...ANYTHING };
  if (isDeeperThan(schema, MAX_SCHEMA_DEPTH)) return { ...ANYTHING };
  if (JSON.stringify(schema).length > MAX_SCHEMA_BYTES) return { ...ANYTHING };
  return schema.type === 'object' ? schema : { ...schema, type: 'object' };
}

/** Walks level by level, not by recursion: a hostile schema may be nested deeper than the stack. */
function isDeeperThan(value: unknown, limit: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > limit) return true;
    level = level.flatMap((item) => (item !== null && typeof item === 'object' ? Object.values(item) : []));
  }
  return false;
}

/** Reads all pages. Bounded in pages and tools; a cursor that comes back twice ends it. */
export async function collectTools(
  page: (cursor: string | undefined) => Promise<z.infer<typeof toolPageSchema>>,
): Promise<{ readonly tools: readonly ListedTool[]; readonly complaints: readonly string[] }> {
  const tools = new Map<string, ListedTool>();
  const complaints = new Set<string>();
  const cursors = new Set<string>();
  let cursor: string | undefined;
  do {
    const { tools: raw, nextCursor } = await page(cursor);
    for (const item of raw) {
      const tool = readListedTool(item);
      if (typeof tool === 'string') complaints.add(tool);
      else if (tools.has(tool.name)) complaints.add(`the tool ${oneLine(tool.name, 60)} twice`);
      else if (tools.size >= MAX_TOOLS) complaints.add(`more than ${MAX_TOOLS} tools`);
      else tools.set(tool.name, tool);
    }
    if (nextCursor !== undefined && cursors.has(nextCursor)) complaints.add('pages without end');
    cursor = nextCursor === undefined || cursors.has(nextCursor) ? undefined : nextCursor;
    if (cursor !== undefined) cursors.add(cursor);
  } while (cursor !== undefined && tools.size < MAX_TOOLS && cursors.size < 64);
  return { tools: [...tools.values()], complaints: [...complaints] };
}
