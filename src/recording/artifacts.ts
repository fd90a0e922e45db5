// What does not fit into a line of events: pictures, and texts that are too long. Files in the run's folder.
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Part } from '../agent/index.ts';
import { capOutput, isAbsent, isPresent, makeFolder, sha256, writeFileAtomic } from '../lib/index.ts';
import type { StoredPart } from './schema.ts';

const FOLDER = 'artifacts';
/** Longer texts of a tool are cut in their line, with the whole text in a file. */
export const MAX_TEXT_BYTES = 64 * 1024;
/** Longer texts in a tool's details are cut. */
const MAX_DETAIL_BYTES = 16 * 1024;
/** Larger files are not loaded back: they are not ours. */
const MAX_ARTIFACT_BYTES = 64 * 1024 * 1024;

const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'image/svg+xml': 'svg',
};

/** Writes what has to be a file and returns the parts as they go into the line. `name` is unique in the run. */
export function storeParts(folder: string, name: string, parts: readonly Part[]): StoredPart[] {
  return parts.map((part, index) => {
    if (part.type === 'image') {
      const extension = EXTENSIONS[part.mediaType] ?? 'bin';
      const file = `${FOLDER}/${sha256(part.data).slice(0, 24)}.${extension}`;
      store(folder, file, part.data);
      return { type: 'image', mediaType: part.mediaType, file };
    }
    if (Buffer.byteLength(part.text) <= MAX_TEXT_BYTES) return part;
    const file = `${FOLDER}/${name}-${index}.txt`;
    store(folder, file, part.text);
    const text = `${capOutput(part.text, MAX_TEXT_BYTES)}\n[the whole text is in ${file}]`;
    return { type: 'text', text, fullTextFile: file };
  });
}

function store(folder: string, file: string, data: string | Uint8Array): void {
  const path = join(folder, file);
  makeFolder(join(folder, FOLDER), 0o700);
  if (!isPresent(path)) writeFileAtomic(path, data, { mode: 0o600 }); // named by content, or used once
}

/** The parts of a line with their pictures loaded. A picture that is gone becomes a text that says so. */
export function loadParts(folder: string, parts: readonly StoredPart[]): Part[] {
  return parts.map((part) => {
    if (part.type === 'text') return { type: 'text', text: part.text };
    const data = readArtifact(folder, part.file);
    return data === undefined
      ? { type: 'text', text: `[picture ${part.file} is not there]` }
      : { type: 'image', data: new Uint8Array(data), mediaType: part.mediaType };
  });
}

/** The bytes of an artifact by the name in its line; `undefined` if it is not there. A recording from elsewhere can't name a file outside of its folder. */
export function readArtifact(folder: string, file: string): Buffer | undefined {
  if (!/^artifacts\/[A-Za-z0-9][A-Za-z0-9._-]*$/.test(file)) return undefined;
  const path = join(folder, file);
  try {
    const stats = lstatSync(path);
    if (!stats.isFile() || stats.size > MAX_ARTIFACT_BYTES) return undefined;
    return readFileSync(path);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** A tool's details with long texts cut in the middle. */
export function capDetails<T>(value: T): T;
export function capDetails(value: unknown): unknown {
  if (typeof value === 'string') return capOutput(value, MAX_DETAIL_BYTES);
  if (Array.isArray(value)) return value.map(capDetails);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, capDetails(item)]));
}
