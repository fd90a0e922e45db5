// Decides what becomes of each change when an attempt is applied to the user's folder: take, merge, hold or conflict.
import { join } from 'node:path';
import type { Change } from './changes.ts';
import { reasonToHold, repositoryOf } from './control-files.ts';
import { type Entry, entryAt, isSameContent, isUntouched, readMergeable } from './entry.ts';
import { mergeTexts } from './merge.ts';

export interface PlannedChange {
  readonly change: Change;
  /** What stands in the user's folder now. */
  readonly user: Entry;
  readonly action:
    | { readonly type: 'take' }
    | { readonly type: 'merge'; readonly text: string }
    /** Already so. */
    | { readonly type: 'nothing' }
    | { readonly type: 'conflict' | 'hold'; readonly reason: string };
}

export interface Roots {
  readonly user: string;
  readonly attempt: string;
}

/** Plans all changes. Looks at both folders, changes nothing. */
export function planChanges(changes: readonly Change[], roots: Roots): PlannedChange[] {
  const planned = changes.map((change) => planOne(change, roots));
  // A repository whose index or branches the user moved meanwhile can't take half of another history.
  const blocked = new Set(
    planned
      .filter(({ action }) => action.type === 'conflict')
      .flatMap(({ change }) => repositoryOf(change.path) ?? []),
  );
  return planned.map((item) => {
    const repository = repositoryOf(item.change.path);
    if (repository === undefined || !blocked.has(repository) || item.action.type === 'conflict') return item;
    return { ...item, action: { type: 'conflict', reason: `you used git in ${repository} meanwhile` } };
  });
}

function planOne(change: Change, roots: Roots): PlannedChange {
  const userPath = join(roots.user, change.path);
  const attemptPath = join(roots.attempt, change.path);
  const user = entryAt(userPath);
  const result = (action: PlannedChange['action']): PlannedChange => ({ change, user, action });
  const conflict = (reason: string) => result({ type: 'conflict', reason });
  if (change.after.type === 'special') return conflict('it is a pipe, socket or device');
  if (isSameContent(userPath, user, attemptPath, change.after)) return result({ type: 'nothing' });
  const held = reasonToHold(change.path, () => addedLines(change, attemptPath));
  if (held !== undefined) return result({ type: 'hold', reason: held });
  if (change.before !== undefined && isUntouched(change.before, user)) return result({ type: 'take' });
  if (change.before?.type === 'absent' && user.type === 'absent') return result({ type: 'take' });
  if (user.type === 'absent') return conflict('you deleted it meanwhile');
  if (user.type === 'folder' && change.before?.type === 'folder') return result({ type: 'take' });
  if (change.after.type === 'absent') return conflict('you changed it meanwhile, and the attempt deleted it');
  const text = merged(change, userPath, user, attemptPath);
  return text === undefined ? conflict('you changed it meanwhile') : result({ type: 'merge', text });
}

function merged(change: Change, userPath: string, user: Entry, attemptPath: string): string | undefined {
  if (change.beforeFile === undefined || change.before === undefined) return undefined;
  const [start, attempt, mine] = [
    readMergeable(change.beforeFile, change.before),
    readMergeable(attemptPath, change.after),
    readMergeable(userPath, user),
  ];
  if (start === undefined || attempt === undefined || mine === undefined) return undefined;
  return mergeTexts(start, attempt, mine);
}

function addedLines(change: Change, attemptPath: string): readonly string[] | undefined {
  const after = readMergeable(attemptPath, change.after);
  if (after === undefined) return undefined;
  const before =
    change.beforeFile === undefined || change.before === undefined
      ? ''
      : (readMergeable(change.beforeFile, change.before) ?? '');
  const known = new Set(before.split('\n'));
  return after.split('\n').filter((line) => !known.has(line));
}
