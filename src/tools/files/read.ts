// The tool `read_file`: text by line range, pictures as pictures, everything else described.
import type { FileHandle } from 'node:fs/promises';
import { z } from 'zod';
import type { Tool, ToolResult } from '../../agent/index.ts';
import { OpenSpaceError, plural } from '../../lib/index.ts';
import { defineTool, failure, formatSize, quotePath, success } from '../tool.ts';
import { type FileAccess, openForReading, resolvePath, showPath } from './access.ts';
import { describeBinary } from './binary.ts';
import { detectText, SNIFF_BYTES, type TextForm } from './encoding.ts';

const MAX_LINES = 2_000;
const MAX_CHARACTERS = 60_000;
/** Providers refuse larger pictures. */
const MAX_PICTURE_BYTES = 3_500_000;
/** Up to this size a file is read to its end, to say how many lines it has. */
const COUNT_UP_TO_BYTES = 32 * 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;

const parameters = z.strictObject({
  path: z.string().min(1).describe('File to read, relative to the workspace or absolute.'),
  start_line: z.int().min(1).default(1).describe('First line to read, from 1.'),
  end_line: z.int().min(1).optional().describe(`Last line to read. At most ${MAX_LINES} lines are returned.`),
});

/** Reads files in the workspace and the further roots. */
export function readTool(access: FileAccess = {}): Tool {
  return defineTool({
    name: 'read_file',
    description:
      'Reads a file. Text is returned exactly as it is, without line numbers; a long file in parts (start_line, end_line). Pictures (PNG, JPEG, GIF, WebP) are shown. Other binary files are only described.',
    source: 'files',
    readOnly: true,
    parameters,
    async run(args, context) {
      const target = resolvePath(args.path, 'read', context.workspace, access);
      const { handle, sizeBytes } = await openForReading(target);
      try {
        const start = await readAt(handle, 0, SNIFF_BYTES);
        const shown = showPath(target, context.workspace);
        const form = detectText(start, start.length < SNIFF_BYTES);
        if (form === undefined) return await readBinary(handle, start, sizeBytes, shown);
        if (start.length === 0) return success(`(${shown} is empty)`, { path: shown, size_bytes: 0 });
        const wanted = { first: args.start_line, last: args.end_line };
        if (wanted.last !== undefined && wanted.last < wanted.first) {
          return failure(`end_line (${wanted.last}) is before start_line (${wanted.first}).`);
        }
        const window = await readWindow(handle, { form, sizeBytes, wanted, signal: context.signal });
        return present(window, form, shown, sizeBytes);
      } finally {
        await handle.close();
      }
    },
  });
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(buffer, done, length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer.subarray(0, done);
}

async function readBinary(
  handle: FileHandle,
  start: Buffer,
  sizeBytes: number,
  shown: string,
): Promise<ToolResult> {
  const { name, mediaType } = describeBinary(start);
  const text = `${quotePath(shown)} is ${name}, ${formatSize(sizeBytes)}.`;
  const details = { path: shown, size_bytes: sizeBytes, kind: mediaType ?? name };
  if (mediaType === undefined) return success(`${text} Its content is not text and is not shown.`, details);
  if (sizeBytes > MAX_PICTURE_BYTES) {
    return success(
      `${text} Too large to be shown (limit ${formatSize(MAX_PICTURE_BYTES)}); make it smaller first.`,
      details,
    );
  }
  const data = new Uint8Array(await readAt(handle, 0, sizeBytes));
  return {
    parts: [
      { type: 'text', text },
      { type: 'image', data, mediaType },
    ],
    isError: false,
    details,
  };
}

interface Window {
  readonly text: string;
  /** Last line that `text` holds, at least in part; 0 if none. */
  readonly lastLine: number;
  readonly firstLine: number;
  /** Undefined if the file was not read to its end. */
  readonly totalLines: number | undefined;
  /** Characters of the last line that did not fit. */
  readonly cutCharacters: number;
}

interface WindowRequest {
  readonly form: TextForm;
  readonly sizeBytes: number;
  readonly wanted: { readonly first: number; readonly last: number | undefined };
  readonly signal: AbortSignal;
}

/** Walks through the file in chunks; memory stays bounded by the window, whatever the file's size or line lengths. */
async function readWindow(handle: FileHandle, request: WindowRequest): Promise<Window> {
  const { form, sizeBytes, wanted } = request;
  const collector = new LineCollector(wanted.first, wanted.last ?? Number.MAX_SAFE_INTEGER);
  const decoder = new TextDecoder(form.encoding, { ignoreBOM: true });
  let position = form.bomBytes;
  for (;;) {
    if (request.signal.aborted) throw new OpenSpaceError('cancelled', 'Cancelled.');
    const chunk = await readAt(handle, position, CHUNK_BYTES);
    position += chunk.length;
    const atEnd = chunk.length < CHUNK_BYTES;
    collector.push(decoder.decode(chunk, { stream: !atEnd }));
    if (atEnd) return collector.finish(true);
    if (collector.full && sizeBytes > COUNT_UP_TO_BYTES) return collector.finish(false);
  }
}

class LineCollector {
  readonly #first: number;
  readonly #last: number;
  readonly #kept: string[] = [];
  #characters = 0;
  #line = 1;
  /** The line being read has characters already. */
  #open = false;
  #lastLine = 0;
  #cut = 0;
  #stopped = false;

  constructor(first: number, last: number) {
    this.#first = first;
    this.#last = Math.min(last, first + MAX_LINES - 1);
  }

  get full(): boolean {
    return this.#stopped || this.#line > this.#last;
  }

  push(text: string): void {
    let at = 0;
    while (at < text.length) {
      const newline = text.indexOf('\n', at);
      const end = newline === -1 ? text.length : newline + 1;
      if (this.#line >= this.#first && this.#line <= this.#last) this.#keep(text.slice(at, end));
      this.#open = newline === -1;
      if (newline !== -1) this.#line += 1;
      at = end;
    }
  }

  #keep(piece: string): void {
    const room = MAX_CHARACTERS - this.#characters;
    const continues = this.#open && this.#lastLine === this.#line;
    // A line that no longer fits is left for the next window; only one that is longer than a window is cut.
    if (!continues && this.#kept.length > 0 && piece.length > room) this.#stopped = true;
    if (this.#stopped && !continues) return;
    const kept = piece.slice(0, Math.max(0, room));
    this.#kept.push(kept);
    this.#characters += kept.length;
    this.#cut += piece.length - kept.length;
    this.#lastLine = this.#line;
  }

  finish(atEnd: boolean): Window {
    return {
      text: this.#kept.join(''),
      firstLine: this.#first,
      lastLine: this.#lastLine,
      totalLines: atEnd ? (this.#open ? this.#line : this.#line - 1) : undefined,
      cutCharacters: this.#cut,
    };
  }
}

function present(window: Window, form: TextForm, shown: string, sizeBytes: number): ToolResult {
  const { firstLine, lastLine, totalLines, cutCharacters } = window;
  const details = {
    path: shown,
    size_bytes: sizeBytes,
    encoding: form.encoding,
    first_line: firstLine,
    last_line: lastLine,
    ...(totalLines === undefined ? {} : { total_lines: totalLines }),
  };
  if (lastLine === 0) {
    return failure(`${quotePath(shown)} has only ${plural(totalLines ?? 0, 'line')}.`, details);
  }
  const notes: string[] = [];
  if (form.encoding !== 'utf-8') {
    const guess = form.encoding === 'windows-1252' ? 'not valid UTF-8; read as Windows-1252' : form.encoding;
    notes.push(`encoding: ${guess}`);
  }
  if (cutCharacters > 0) {
    notes.push(
      `line ${lastLine} is too long: its last ${cutCharacters.toLocaleString('en-US')} characters are left out`,
    );
  }
  if (firstLine > 1 || totalLines === undefined || lastLine < totalLines) {
    const total = totalLines ?? 'many';
    const next =
      totalLines === undefined || lastLine < totalLines ? `; go on with start_line ${lastLine + 1}` : '';
    notes.push(`lines ${firstLine}-${lastLine} of ${total}${next}`);
  }
  const gap = window.text.endsWith('\n') ? '' : '\n';
  return success(notes.length === 0 ? window.text : `${window.text}${gap}[${notes.join('. ')}]`, details);
}
