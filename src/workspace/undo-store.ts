// The record of what was applied to a user's folder: what stood there before. Written before anything is changed.
import { cpSync, lstatSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { isAbsent, OpenSpaceError, readTextIfPresent, removeTree, writeFileAtomic } from '../lib/index.ts';
import { copyFileWhole } from './entry.ts';

const stateSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('absent') }),
  /** `store` is the name of the copy; a file that is about to be made has none. */
  z.object({ type: z.literal('file'), mode: z.number(), sha256: z.string(), store: z.string().optional() }),
  z.object({ type: z.literal('link'), target: z.string() }),
  z.object({ type: z.literal('folder'), mode: z.number() }),
]);
export type StoredState = z.output<typeof stateSchema>;

const stepSchema = z.object({ path: z.string(), before: stateSchema, after: stateSchema });
export type UndoStep = z.output<typeof stepSchema>;

const recordSchema = z.object({
  version: z.literal(1),
  run_id: z.string(),
  workspace: z.string(),
  applied_at: z.string(),
  /** `applying` with a dead process means that it was killed half-way. */
  state: z.enum(['applying', 'applied', 'undone']),
  pid: z.number(),
  /** Part of the names of files that were being written. */
  token: z.string().regex(/^[0-9a-f]+$/),
  steps: z.array(stepSchema),
});
export type UndoRecord = z.output<typeof recordSchema>;

/** Keeps this many runs undoable whatever their size, and more while all together are small. */
const KEPT_RUNS = 20;
const KEPT_BYTES = 256 * 1024 * 1024;

const foldersIn = (dataHome: string) => join(dataHome, 'undo');
const RECORD = 'undo.json';

/** Folder of one run's record. Throws `invalid` for an id that is no plain name. */
export function undoFolder(dataHome: string, runId: string): string {
  if (!/^[\w.-]+$/.test(runId) || runId.startsWith('.')) {
    throw new OpenSpaceError('invalid', `"${runId}" is no run id.`, { hint: 'openspace runs lists them.' });
  }
  return join(foldersIn(dataHome), runId);
}

export function writeUndoRecord(folder: string, record: UndoRecord): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileAtomic(join(folder, RECORD), `${JSON.stringify(record)}\n`, { mode: 0o600 });
}

/** The record of a run; `undefined` if nothing was applied. Throws `corrupt`. */
export function readUndoRecord(folder: string): UndoRecord | undefined {
  const text = readTextIfPresent(join(folder, RECORD));
  if (text === undefined) return undefined;
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new OpenSpaceError('corrupt', `The undo record ${join(folder, RECORD)} can't be read.`, {
      hint: 'The files that it kept are beside it.',
      cause: error,
    });
  }
}

/** Copies what is about to be replaced. */
export function keepFile(folder: string, store: string, from: string): void {
  mkdirSync(join(folder, 'files'), { recursive: true });
  copyFileWhole(from, join(folder, 'files', store));
}

export const keptFile = (folder: string, store: string) => join(folder, 'files', store);

/** Puts the attempt's version of a conflict aside; returns where. */
export function keepConflict(folder: string, path: string, from: string): string {
  const to = join(folder, 'conflicts', path);
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true, verbatimSymlinks: true });
  return to;
}

/** Folders of all records, newest first. */
export function undoFolders(dataHome: string): string[] {
  const parent = foldersIn(dataHome);
  try {
    return readdirSync(parent)
      .map((name) => join(parent, name))
      .map((path) => ({ path, at: statSync(path).mtimeMs }))
      .sort((a, b) => b.at - a.at)
      .map(({ path }) => path);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** Forgets the oldest records beyond the limits. */
export function pruneUndo(dataHome: string): void {
  let bytes = 0;
  undoFolders(dataHome).forEach((folder, index) => {
    bytes += folderBytes(folder);
    if (index >= KEPT_RUNS && bytes > KEPT_BYTES) removeTree(folder);
  });
}

/** Links are not followed: what an attempt made may hold circles of them. */
function folderBytes(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sum + folderBytes(path);
    return sum + (lstatSync(path, { throwIfNoEntry: false })?.size ?? 0);
  }, 0);
}
