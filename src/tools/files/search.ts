// Finding files by name and lines by pattern: the work itself, done in `search-worker.ts`.
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { errnoOf } from '../../lib/index.ts';
import { isEnvFile } from '../sandbox/secret-places.ts';
import { detectText, SNIFF_BYTES } from './encoding.ts';
import { compileGlob } from './glob.ts';
import { walk } from './walk.ts';

export interface FindRequest {
  readonly kind: 'find';
  readonly folder: string;
  readonly ignoreRoot: string;
  readonly includeIgnored: boolean;
  readonly pattern: string;
  readonly limit: number;
}

export interface GrepRequest {
  readonly kind: 'grep';
  /** A folder, or one file. */
  readonly target: string;
  readonly ignoreRoot: string;
  readonly includeIgnored: boolean;
  readonly pattern: string;
  readonly ignoreCase: boolean;
  readonly glob: string | undefined;
  readonly contextLines: number;
  readonly limit: number;
}

export interface FindAnswer {
  readonly kind: 'find';
  readonly paths: readonly string[];
  readonly more: boolean;
}

/** Lines of one file; `isMatch` is false for lines around a match. */
export interface FileMatches {
  readonly path: string;
  readonly lines: readonly { readonly number: number; readonly text: string; readonly isMatch: boolean }[];
}

export interface GrepAnswer {
  readonly kind: 'grep';
  readonly files: readonly FileMatches[];
  readonly matches: number;
  readonly more: boolean;
  readonly searchedFiles: number;
  /** Text files that were not looked into because of their size. */
  readonly tooLarge: readonly string[];
}

export type SearchRequest = FindRequest | GrepRequest;
export type SearchAnswer = FindAnswer | GrepAnswer;

const MAX_FILE_BYTES = 20 * 1024 * 1024;
const MAX_LINE_CHARACTERS = 400;

export function find(request: FindRequest): FindAnswer {
  const matches = compileGlob(request.pattern);
  const paths: string[] = [];
  for (const { path } of walk(request)) {
    if (!matches(path)) continue;
    if (paths.length === request.limit) return { kind: 'find', paths, more: true };
    paths.push(path);
  }
  return { kind: 'find', paths, more: false };
}

/** Throws `SyntaxError` for a pattern that is none. */
export function compilePattern(pattern: string, ignoreCase: boolean): RegExp {
  const flags = ignoreCase ? 'i' : '';
  try {
    return new RegExp(pattern, `${flags}u`);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return new RegExp(pattern, flags); // escapes such as `\-` are fine without Unicode mode only
  }
}

export function grep(request: GrepRequest): GrepAnswer {
  const pattern = compilePattern(request.pattern, request.ignoreCase);
  const wanted = request.glob === undefined ? () => true : compileGlob(request.glob);
  const files: FileMatches[] = [];
  const tooLarge: string[] = [];
  let matches = 0;
  let searchedFiles = 0;
  for (const { path, file } of candidates(request)) {
    if (!wanted(path)) continue;
    const text = readText(file);
    if (text === 'too-large') tooLarge.push(path);
    if (text === undefined || text === 'too-large') continue;
    searchedFiles += 1;
    const room = request.limit - matches;
    const found = matchLines(text.text, pattern, request.contextLines, room);
    if (found.count === 0) continue;
    if (room <= 0) return { kind: 'grep', files, matches, more: true, searchedFiles, tooLarge };
    files.push({ path, lines: found.lines });
    matches += Math.min(found.count, room);
    if (found.count > room) return { kind: 'grep', files, matches, more: true, searchedFiles, tooLarge };
  }
  return { kind: 'grep', files, matches, more: false, searchedFiles, tooLarge };
}

function* candidates(request: GrepRequest): Generator<{ path: string; file: string }> {
  if (!statSync(request.target).isDirectory()) {
    yield { path: basename(request.target), file: request.target };
    return;
  }
  for (const { path, entry } of walk({ ...request, folder: request.target })) {
    // Keys are not found by the way: who wants an env file names it, and the policy asks.
    if (entry.isFile() && !isEnvFile(entry.name)) yield { path, file: join(request.target, path) };
  }
}

/** `undefined` for what is no text or may not be read. */
function readText(file: string): { text: string } | 'too-large' | undefined {
  let handle: number | undefined;
  try {
    handle = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    const stats = fstatSync(handle);
    if (!stats.isFile()) return undefined;
    const start = readBytes(handle, 0, SNIFF_BYTES);
    const form = detectText(start, start.length < SNIFF_BYTES);
    if (form === undefined) return undefined;
    if (stats.size > MAX_FILE_BYTES) return 'too-large';
    const bytes =
      start.length < SNIFF_BYTES
        ? start
        : Buffer.concat([start, readBytes(handle, start.length, MAX_FILE_BYTES)]);
    return { text: new TextDecoder(form.encoding).decode(bytes) };
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

function readBytes(handle: number, position: number, length: number): Buffer {
  const size = Math.min(length, Math.max(0, fstatSync(handle).size - position));
  const buffer = Buffer.alloc(size);
  let done = 0;
  while (done < size) {
    const read = readSync(handle, buffer, done, size - done, position + done);
    if (read === 0) break;
    done += read;
  }
  return buffer.subarray(0, done);
}

/** Matching lines with the lines around them; `count` goes up to one more than `room`. */
function matchLines(text: string, pattern: RegExp, around: number, room: number) {
  const lines = text.split('\n');
  const shown = new Map<number, boolean>();
  let count = 0;
  for (const [index, raw] of lines.entries()) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (index === lines.length - 1 && line === '') break; // what follows the last line feed is no line
    if (!pattern.test(line)) continue;
    count += 1;
    if (count > room) break;
    for (
      let near = Math.max(0, index - around);
      near <= Math.min(lines.length - 1, index + around);
      near += 1
    ) {
      if (near === index || !shown.has(near)) shown.set(near, near === index);
    }
  }
  const found = [...shown]
    .sort(([a], [b]) => a - b)
    .map(([index, isMatch]) => ({ number: index + 1, text: shorten(lines[index] ?? '', pattern), isMatch }));
  return { count, lines: found };
}

/** A long line around its match: a minified file is one line. */
function shorten(line: string, pattern: RegExp): string {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  if (text.length <= MAX_LINE_CHARACTERS) return text;
  const at = Math.max(0, (pattern.exec(text)?.index ?? 0) - MAX_LINE_CHARACTERS / 4);
  const end = at + MAX_LINE_CHARACTERS;
  return `${at > 0 ? '…' : ''}${text.slice(at, end)}${end < text.length ? '…' : ''}`;
}
