// Takes back what a run changed in the user's folder, and keeps what the user has changed since.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { OpenSpaceError } from '../lib/index.ts';
import { type Entry, entryAt, readMergeable } from './entry.ts';
import { hashFile } from './hash-file.ts';
import { mergeTexts } from './merge.ts';
import { type Content, putInPlace, stagedPath } from './put.ts';
import {
  keptFile,
  readUndoRecord,
  type StoredState,
  type UndoRecord,
  type UndoStep,
  undoFolder,
  writeUndoRecord,
} from './undo-store.ts';

export interface UndoResult {
  readonly workspace: string;
  /** Paths that are as they were before the run, the user's later edits merged in. */
  readonly restored: readonly string[];
  /** The user's version stands; `kept` is the version before the run. */
  readonly conflicts: readonly {
    readonly path: string;
    readonly reason: string;
    readonly kept: string | undefined;
  }[];
}

/** Undoes a run. Throws `not-found` if it changed nothing or was undone already. */
export function undoRun(options: { readonly dataHome: string; readonly runId: string }): UndoResult {
  const folder = undoFolder(options.dataHome, options.runId);
  const record = readUndoRecord(folder);
  if (record === undefined || record.state === 'undone') {
    const why = record === undefined ? 'has changed no files that could be restored' : 'is undone already';
    throw new OpenSpaceError('not-found', `The run ${options.runId} ${why}.`, {
      hint: 'openspace runs lists the runs.',
    });
  }
  return rollBack(folder, record);
}

/** Restores every step of a record, the last first. */
export function rollBack(folder: string, record: UndoRecord): UndoResult {
  const restored: string[] = [];
  const conflicts: UndoResult['conflicts'][number][] = [];
  for (const step of record.steps.toReversed()) {
    const path = join(record.workspace, step.path);
    rmSync(stagedPath(path, record.token), { force: true });
    const now = entryAt(path);
    if (holds(path, now, step.before)) continue; // never done, or done back already
    const content = contentBefore(step, path, now, folder);
    if (content !== undefined && putInPlace(path, now, content, record.token)) restored.push(step.path);
    else conflicts.push({ path: step.path, reason: 'you changed it since', kept: keptBefore(step, folder) });
  }
  writeUndoRecord(folder, { ...record, state: 'undone' });
  return { workspace: record.workspace, restored, conflicts };
}

function contentBefore(step: UndoStep, path: string, now: Entry, folder: string): Content | undefined {
  const { before, after } = step;
  if (holds(path, now, after) || (now.type === 'folder' && after.type === 'folder'))
    return restoring(before, folder);
  const file = keptBefore(step, folder);
  if (now.type !== 'file' || after.type !== 'file' || after.store === undefined || file === undefined)
    return undefined;
  const afterFile = keptFile(folder, after.store);
  if (!existsSync(afterFile)) return undefined;
  const [start, earlier, mine] = [afterFile, file, path].map((place) => readMergeable(place, entryAt(place)));
  if (start === undefined || earlier === undefined || mine === undefined) return undefined;
  const text = mergeTexts(start, earlier, mine);
  return text === undefined ? undefined : { type: 'text', text, mode: now.mode };
}

function restoring(before: StoredState, folder: string): Content | undefined {
  switch (before.type) {
    case 'file': {
      const from = before.store === undefined ? undefined : keptFile(folder, before.store);
      return from !== undefined && existsSync(from) ? { type: 'file', from } : undefined;
    }
    case 'link':
      return { type: 'link', target: before.target };
    case 'folder':
      return { type: 'folder', mode: before.mode };
    case 'absent':
      return { type: 'absent' };
  }
}

function keptBefore({ before }: UndoStep, folder: string): string | undefined {
  if (before.type !== 'file' || before.store === undefined) return undefined;
  const path = keptFile(folder, before.store);
  return existsSync(path) ? path : undefined;
}

function holds(path: string, now: Entry, state: StoredState): boolean {
  if (now.type !== state.type) return false;
  if (now.type === 'file' && state.type === 'file')
    return now.mode === state.mode && hashFile(path) === state.sha256;
  if (now.type === 'link' && state.type === 'link') return now.target === state.target;
  if (now.type === 'folder' && state.type === 'folder') return now.mode === state.mode;
  return true;
}
