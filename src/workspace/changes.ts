// What an attempt changed in its snapshot, and what each changed path was before.
import { lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAbsent, OpenSpaceError, sha256 } from '../lib/index.ts';
import {
  ABSENT,
  changedAtNs,
  copyFileWhole,
  type Entry,
  entryAt,
  isSameContent,
  isUntouched,
} from './entry.ts';

/** One path that differs between the snapshot and its start. */
export interface Change {
  /** Relative, with `/`. */
  readonly path: string;
  readonly after: Entry;
  /** The start of the merge: what stood there when the attempt first changed it. Undefined if the user was changing it too. */
  readonly before: Entry | undefined;
  /** Where the start's content is kept, for files. */
  readonly beforeFile: string | undefined;
}

/** Finds changed paths. Overlay and copy know their own way. */
export type ChangeFinder = () => readonly string[];

/** Larger files are not kept as the start of a merge: nobody merges them. */
const KEPT_BYTES = 2 * 1024 * 1024;

/**
 * Follows a snapshot. `checkpoint` is called between tool calls: it notes the start of each newly changed path while
 * the user's folder still has it. A path that the user changed during the same tool call has no certain start; it is
 * then a conflict unless both came to the same.
 */
export class ChangeTracker {
  readonly #userRoot: string;
  readonly #attemptRoot: string;
  readonly #baseFolder: string;
  readonly #find: ChangeFinder;
  readonly #starts = new Map<string, { entry: Entry | undefined; file: string | undefined }>();
  #lastLookNs: bigint;

  constructor(options: {
    userRoot: string;
    attemptRoot: string;
    baseFolder: string;
    find: ChangeFinder;
    openedAtNs: bigint;
  }) {
    this.#userRoot = options.userRoot;
    this.#attemptRoot = options.attemptRoot;
    this.#baseFolder = options.baseFolder;
    this.#find = options.find;
    this.#lastLookNs = options.openedAtNs;
    mkdirSync(options.baseFolder, { recursive: true });
  }

  /** Notes the start of what changed since the last look. Throws `too-large`. */
  checkpoint(): readonly string[] {
    const paths = this.#find();
    for (const path of paths) if (!this.#starts.has(path)) this.#note(path);
    this.#lastLookNs = diskTimeNs(this.#baseFolder);
    return paths;
  }

  #note(path: string): void {
    const userPath = join(this.#userRoot, path);
    const entry = entryAt(userPath);
    const certain = changedAtNs(entry) < this.#lastLookNs;
    if (entry.type !== 'absent' && !certain) {
      this.#starts.set(path, { entry: undefined, file: undefined });
      return;
    }
    let file: string | undefined;
    if (entry.type === 'file' && entry.size <= KEPT_BYTES) {
      file = join(this.#baseFolder, sha256(path));
      copyFileWhole(userPath, file);
      // Changed while it was copied: then the copy proves nothing.
      if (!isUntouched(entry, entryAt(userPath))) {
        this.#starts.set(path, { entry: undefined, file: undefined });
        return;
      }
    }
    this.#starts.set(path, { entry, file });
  }

  /** All changes, in the order of their paths. What came back to what it was is none. */
  changes(): Change[] {
    const changes: Change[] = [];
    for (const path of this.checkpoint()) {
      const attemptPath = join(this.#attemptRoot, path);
      const after = entryAt(attemptPath);
      const start = this.#starts.get(path) ?? { entry: ABSENT, file: undefined };
      const beforePath = start.file ?? join(this.#userRoot, path);
      const known = start.entry !== undefined && (start.file !== undefined || start.entry.type !== 'file');
      if (known && start.entry !== undefined && isSameContent(beforePath, start.entry, attemptPath, after))
        continue;
      changes.push({ path, after, before: start.entry, beforeFile: start.file });
    }
    return changes.sort((a, b) => (a.path < b.path ? -1 : 1));
  }
}

/** An attempt that changes more is not merged: a program may make files without end only to use up our memory. */
export const CHANGE_LIMITS = { paths: 200_000, depth: 100 };

/** Counts what a walk finds, and stops it. */
class WalkBudget {
  #left = CHANGE_LIMITS.paths;

  spend(path: string): void {
    this.#left -= 1;
    if (this.#left >= 0 && path.split('/').length <= CHANGE_LIMITS.depth) return;
    throw new OpenSpaceError(
      'too-large',
      'The attempt has made too many or too deeply nested files to be merged.',
      {
        hint: 'Nothing of it was applied.',
      },
    );
  }
}

/** Changed paths of an overlay: what lies in its upper folder, and what is missing where a folder was made anew. */
export function findOverlayChanges(upper: string, lower: string, merged: string): string[] {
  const found: string[] = [];
  const budget = new WalkBudget();
  const visit = (folder: string): void => {
    const here = readdirSync(join(upper, folder), { withFileTypes: true });
    for (const entry of here) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      budget.spend(path);
      // A device stands for what was deleted; the folder below it in the user's own is deleted whole.
      if (entry.isCharacterDevice()) found.push(...deletedPaths(lower, path, budget));
      else if (!entry.isDirectory()) found.push(path);
      else if (isFolder(join(lower, path))) visit(path);
      else {
        found.push(path);
        for (const inner of allPaths(upper, path, budget)) found.push(inner);
      }
    }
    if (folder !== '')
      found.push(...missing(lower, merged, folder, new Set(here.map(({ name }) => name)), budget));
  };
  visit('');
  return found;
}

/** Deleted by removing the folder and making it again: then no marks are left. */
function missing(
  lower: string,
  merged: string,
  folder: string,
  seen: ReadonlySet<string>,
  budget: WalkBudget,
): string[] {
  const shown = new Set(readdirSync(join(merged, folder)));
  return readdirSync(join(lower, folder))
    .filter((name) => !seen.has(name) && !shown.has(name))
    .flatMap((name) => deletedPaths(lower, `${folder}/${name}`, budget));
}

function deletedPaths(lower: string, path: string, budget: WalkBudget): string[] {
  return isFolder(join(lower, path)) ? [path, ...allPaths(lower, path, budget)] : [path];
}

/** Everything below a folder, folders before what is in them. */
function allPaths(root: string, folder: string, budget: WalkBudget): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    if (entry.isCharacterDevice()) continue;
    const path = `${folder}/${entry.name}`;
    budget.spend(path);
    found.push(path);
    if (entry.isDirectory()) for (const inner of allPaths(root, path, budget)) found.push(inner);
  }
  return found;
}

function isFolder(path: string): boolean {
  try {
    return lstatSync(path).isDirectory();
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

/** A look at every path of a folder, to find later what changed in a copy. */
export function takeStamps(root: string): ReadonlyMap<string, Entry> {
  const stamps = new Map<string, Entry>();
  const budget = new WalkBudget();
  const visit = (folder: string): void => {
    for (const { name } of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? name : `${folder}/${name}`;
      budget.spend(path);
      const entry = entryAt(join(root, path));
      stamps.set(path, entry);
      if (entry.type === 'folder') visit(path);
    }
  };
  visit('');
  return stamps;
}

/** Changed paths of a copy. A folder counts only if it came or went. */
export function findCopyChanges(root: string, start: ReadonlyMap<string, Entry>): string[] {
  const now = takeStamps(root);
  const found: string[] = [];
  for (const [path, entry] of now) {
    const before = start.get(path);
    const same =
      before?.type === 'folder' && entry.type === 'folder'
        ? before.mode === entry.mode
        : before !== undefined && isUntouched(before, entry);
    if (!same) found.push(path);
  }
  for (const path of start.keys()) if (!now.has(path)) found.push(path);
  return found;
}

/** The time as disks stamp changes with it, in ns: that of the kernel's last tick, a little behind the clock. */
export function diskTimeNs(folder: string): bigint {
  const probe = join(folder, '.time');
  writeFileSync(probe, '');
  const { ctimeNs } = lstatSync(probe, { bigint: true });
  rmSync(probe);
  return ctimeNs;
}
