// Brings what an attempt changed into the user's folder, so that it can be undone, and rolled back if we are killed.
import { join } from 'node:path';
import { isProcessAlive, sha256, type World } from '../lib/index.ts';
import { type Entry, readMergeable } from './entry.ts';
import { hashFile } from './hash-file.ts';
import type { PlannedChange, Roots } from './plan.ts';
import { type Content, putInPlace } from './put.ts';
import { rollBack } from './undo.ts';
import {
  keepConflict,
  keepFile,
  readUndoRecord,
  type StoredState,
  type UndoRecord,
  type UndoStep,
  undoFolders,
  writeUndoRecord,
} from './undo-store.ts';

/** A change that did not reach the user's folder, and where the attempt's version lies (nothing for a deletion). */
export interface HeldChange {
  readonly path: string;
  readonly reason: string;
  readonly kept: string | undefined;
}

export interface ApplyResult {
  /** Paths that now are as the attempt left them, or merged with the user's edits. */
  readonly applied: readonly string[];
  readonly merged: readonly string[];
  /** The user's version stands; nothing was lost. */
  readonly conflicts: readonly HeldChange[];
  /** Changes that decide what runs later; see `accept`. */
  readonly held: readonly HeldChange[];
}

export interface ApplyOptions {
  readonly roots: Roots;
  readonly runId: string;
  /** Folder for the undo record. */
  readonly undo: string;
  readonly world: World;
  /** Asked about changes that are held back; nothing held is applied without it. */
  readonly accept?: (path: string, reason: string) => boolean;
}

/** Applies planned changes. What the user has changed since the plan becomes a conflict. */
export function applyChanges(planned: readonly PlannedChange[], options: ApplyOptions): ApplyResult {
  const { roots, undo } = options;
  const taken: PlannedChange[] = [];
  const conflicts: HeldChange[] = [];
  const held: HeldChange[] = [];
  const aside = ({ change }: PlannedChange, reason: string): HeldChange => ({
    path: change.path,
    reason,
    kept:
      change.after.type === 'absent' || change.after.type === 'special'
        ? undefined
        : keepConflict(undo, change.path, join(roots.attempt, change.path)),
  });
  for (const item of planned) {
    const { action } = item;
    if (action.type === 'conflict') conflicts.push(aside(item, action.reason));
    else if (action.type === 'hold' && options.accept?.(item.change.path, action.reason) !== true)
      held.push(aside(item, action.reason));
    else if (action.type !== 'nothing') taken.push(item);
  }
  const ordered = inOrder(taken);
  const steps = ordered.map((item, index) => stepFor(item, roots, String(index)));
  const record: UndoRecord = {
    version: 1,
    run_id: options.runId,
    workspace: roots.user,
    applied_at: options.world.now().toISOString(),
    state: 'applying',
    pid: process.pid,
    token: options.world.randomHex(6),
    steps,
  };
  if (steps.length > 0) writeUndoRecord(undo, record);
  const done: UndoStep[] = [];
  ordered.forEach((item, index) => {
    const step = steps[index];
    if (step !== undefined && doStep(item, step, options, record.token)) done.push(step);
    else conflicts.push(aside(item, 'you changed it meanwhile'));
  });
  if (steps.length > 0) writeUndoRecord(undo, { ...record, state: 'applied', steps: done });
  const merged = ordered.filter(({ action }) => action.type === 'merge').map(({ change }) => change.path);
  const applied = done.map(({ path }) => path);
  return { applied, merged: merged.filter((path) => applied.includes(path)), conflicts, held };
}

/** Files go first, then folders from the inside; then folders come from the outside, then files. */
function inOrder(items: readonly PlannedChange[]): PlannedChange[] {
  const rank = ({ change, user }: PlannedChange) => {
    if (change.after.type === 'absent') return user.type === 'folder' ? 1 : 0;
    return change.after.type === 'folder' ? 2 : 3;
  };
  const byPath = (a: PlannedChange, b: PlannedChange) => (a.change.path < b.change.path ? -1 : 1);
  return [...items].sort((a, b) => rank(a) - rank(b) || (rank(a) === 1 ? byPath(b, a) : byPath(a, b)));
}

function stepFor({ change, user, action }: PlannedChange, roots: Roots, store: string): UndoStep {
  const attemptPath = join(roots.attempt, change.path);
  const before = stored(join(roots.user, change.path), user, `${store}-before`);
  // Kept only for a later merge: what was not there before, or is no text, can't be merged when it is undone.
  const canMerge = user.type === 'file' && readMergeable(attemptPath, change.after) !== undefined;
  const after: StoredState =
    action.type === 'merge' && user.type === 'file'
      ? { type: 'file', mode: user.mode, sha256: sha256(action.text), store: `${store}-after` }
      : stored(attemptPath, change.after, canMerge ? `${store}-after` : undefined);
  return { path: change.path, before, after };
}

function stored(path: string, entry: Entry, store: string | undefined): StoredState {
  switch (entry.type) {
    case 'file':
      return {
        type: 'file',
        mode: entry.mode,
        sha256: hashFile(path),
        ...(store === undefined ? {} : { store }),
      };
    case 'link':
      return { type: 'link', target: entry.target };
    case 'folder':
      return { type: 'folder', mode: entry.mode };
    default:
      return { type: 'absent' };
  }
}

function doStep(
  { change, user, action }: PlannedChange,
  step: UndoStep,
  { roots, undo }: ApplyOptions,
  token: string,
): boolean {
  const path = join(roots.user, change.path);
  if (step.before.type === 'file' && step.before.store !== undefined) keepFile(undo, step.before.store, path);
  const content = contentFor(change.after, join(roots.attempt, change.path), action, user);
  if (!putInPlace(path, user, content, token)) return false;
  if (step.after.type === 'file' && step.after.store !== undefined) keepFile(undo, step.after.store, path);
  return true;
}

function contentFor(after: Entry, from: string, action: PlannedChange['action'], user: Entry): Content {
  if (action.type === 'merge' && user.type === 'file')
    return { type: 'text', text: action.text, mode: user.mode };
  switch (after.type) {
    case 'file':
      return { type: 'file', from };
    case 'link':
      return { type: 'link', target: after.target };
    case 'folder':
      return { type: 'folder', mode: after.mode };
    default:
      return { type: 'absent' };
  }
}

/** Rolls back what a killed process was applying. Returns the ids of those runs. */
export function recoverApplying(dataHome: string): string[] {
  const recovered: string[] = [];
  for (const folder of undoFolders(dataHome)) {
    const record = readUndoRecord(folder);
    if (record?.state !== 'applying' || isProcessAlive(record.pid)) continue;
    rollBack(folder, record);
    recovered.push(record.run_id);
  }
  return recovered;
}
