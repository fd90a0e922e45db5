// Finds skill folders below the roots, and tells without reading them which have changed.
import { type Dirent, lstatSync, readdirSync, realpathSync } from 'node:fs';
import { errnoOf, isAbsent, OpenSpaceError, realPathOfFuture, toMessage } from '../lib/index.ts';
import { isIgnored, STAGING_FOLDER, stampHolds } from './folder-reader.ts';
import { SKILL_FILE } from './format.ts';
import type { FolderRow } from './store-folders.ts';

export type RootKind = 'host' | 'configured' | 'project' | 'agents' | 'user' | 'other-agent';

/** A place where skill folders live. The order of roots decides which of two skills of one name is used. */
export interface SkillRoot {
  readonly path: string;
  readonly kind: RootKind;
  /** A root that is not writable is read only: not even `.skill_id` is written there. */
  readonly writable: boolean;
  /** Lower comes first. */
  readonly precedence: number;
  /** False: what is found there starts on trial. Default true. */
  readonly trusted?: boolean;
  /** Names of folders right below that are left out. */
  readonly except?: readonly string[];
}

/** How deep below a root skill folders are looked for. */
const MAX_DEPTH = 5;

export interface FoundFolder {
  readonly path: string;
  readonly root: SkillRoot;
  readonly unchanged: boolean;
}

export interface RootScan {
  readonly folders: readonly FoundFolder[];
  /** Roots that were read in full; only in these does a missing folder mean a removed one. */
  readonly complete: ReadonlySet<string>;
  readonly problems: readonly { readonly path: string; readonly message: string }[];
  /** Staging folders that were come across. */
  readonly staging: readonly { readonly path: string; readonly root: SkillRoot }[];
}

/**
 * The roots with their real paths, in order of precedence, without repetitions.
 * A root that is not there yet is kept: it may be made later.
 */
export function resolveRoots(roots: readonly SkillRoot[]): SkillRoot[] {
  const seen = new Map<string, SkillRoot>();
  for (const root of [...roots].sort((a, b) => a.precedence - b.precedence)) {
    const path = realPathOr(root.path);
    if (!seen.has(path)) seen.set(path, { ...root, path });
  }
  return [...seen.values()];
}

/** A root that is a broken link is kept as it is written: the walk finds nothing there. */
function realPathOr(path: string): string {
  try {
    return realPathOfFuture(path);
  } catch (error) {
    if (error instanceof OpenSpaceError && error.code === 'invalid') return path;
    throw error;
  }
}

/** Walks all roots. One bad folder or root never ends the walk. */
export function scanRoots(roots: readonly SkillRoot[], known: ReadonlyMap<string, FolderRow>): RootScan {
  const walk: Walk = {
    known,
    folders: [],
    complete: new Set(),
    problems: [],
    staging: [],
    seen: new Set(),
    rootPaths: new Set(roots.map((root) => root.path)),
  };
  for (const root of roots) {
    const before = walk.problems.length;
    if (!enter(walk, root, root.path, 0)) continue;
    if (walk.problems.length === before) walk.complete.add(root.path);
  }
  return walk;
}

interface Walk {
  readonly known: ReadonlyMap<string, FolderRow>;
  readonly folders: FoundFolder[];
  readonly complete: Set<string>;
  readonly problems: { path: string; message: string }[];
  readonly staging: { path: string; root: SkillRoot }[];
  /** Real paths of linked folders and their targets, so that none is taken in twice. */
  readonly seen: Set<string>;
  readonly rootPaths: ReadonlySet<string>;
}

/** Looks through one folder that is no skill itself; false if it is not there. */
function enter(walk: Walk, root: SkillRoot, folder: string, depth: number): boolean {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (isAbsent(error)) return false;
    walk.problems.push({ path: folder, message: toMessage(error) });
    return true;
  }
  for (const entry of entries) {
    if (depth === 0 && root.except?.includes(entry.name)) continue;
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (entry.name === STAGING_FOLDER) walk.staging.push({ path, root });
      else if (!isIgnored(entry.name, true) && !walk.rootPaths.has(path)) visit(walk, root, path, depth + 1);
    } else if (entry.isSymbolicLink()) visitLink(walk, root, path);
  }
  return true;
}

function visit(walk: Walk, root: SkillRoot, path: string, depth: number): void {
  const row = walk.known.get(path);
  if (isUnchanged(path, root, row)) {
    walk.folders.push({ path, root, unchanged: true });
  } else if (holdsSkill(walk, path)) {
    walk.folders.push({ path, root, unchanged: false });
  } else if (depth < MAX_DEPTH && !path.slice(path.lastIndexOf('/') + 1).startsWith('.')) {
    enter(walk, root, path, depth);
  }
}

/** A folder that can't even be looked at counts as changed: reading it will say why. */
function isUnchanged(path: string, root: SkillRoot, row: FolderRow | undefined): boolean {
  if (row === undefined || row.root !== root.path) return false;
  try {
    return stampHolds(path, row.stamp);
  } catch (error) {
    if (errnoOf(error) === 'EACCES') return false;
    throw error;
  }
}

function holdsSkill(walk: Walk, path: string): boolean {
  try {
    return lstatSync(`${path}/${SKILL_FILE}`, { throwIfNoEntry: false })?.isFile() === true;
  } catch (error) {
    walk.problems.push({ path, message: toMessage(error) });
    return false;
  }
}

/** A link to a skill folder is read where it points to, and never written: the target has another owner. */
function visitLink(walk: Walk, root: SkillRoot, link: string): void {
  let path: string;
  try {
    path = realpathSync(link);
  } catch (error) {
    if (!isAbsent(error)) walk.problems.push({ path: link, message: toMessage(error) });
    return;
  }
  if (walk.seen.has(path) || isBelowARoot(walk, path)) return;
  walk.seen.add(path);
  const unchanged = isUnchanged(path, root, walk.known.get(path));
  if (unchanged || holdsSkill(walk, path))
    walk.folders.push({ path, root: { ...root, writable: false }, unchanged });
}

/** The target will be, or was, found under its own root. */
function isBelowARoot(walk: Walk, path: string): boolean {
  for (const root of walk.rootPaths) if (path === root || path.startsWith(`${root}/`)) return true;
  return false;
}
