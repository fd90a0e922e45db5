// Folders that belong to a living process: made for a while, and swept by the next start if their process was killed.
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { errnoOf, isAbsent, toDiskError } from './errors.ts';
import { readTextIfPresent } from './files.ts';
import { realWorld, type World } from './ids.ts';

/** Says whose a folder is; lies in it. */
const OWNER_FILE = '.owner';

/** A folder that is ours until it is closed. */
export interface OwnedFolder {
  readonly path: string;
  /** Removes the folder and all in it. May be called twice. */
  close(): void;
}

/**
 * Makes a new folder below `parent`, which holds nothing but such folders.
 * A killed process leaves its folders behind: `sweepOwnedFolders` removes them.
 */
export function makeOwnedFolder(parent: string, world: World = realWorld): OwnedFolder {
  const path = join(parent, `${process.pid}-${world.randomHex(6)}`);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    writeFileSync(join(path, OWNER_FILE), ownerText(process.pid));
  } catch (error) {
    throw toDiskError(error, `Could not make the folder ${path}`);
  }
  return { path, close: () => removeTree(path) };
}

/** Paths of folders below `parent` whose process is gone. Those of other machines sharing the disk are left alone. */
export function findOrphans(parent: string): string[] {
  let names: string[];
  try {
    names = readdirSync(parent);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw toDiskError(error, `Could not read ${parent}`);
  }
  return names.map((name) => join(parent, name)).filter(isOrphan);
}

/** Removes what `findOrphans` finds; returns the paths. */
export function sweepOwnedFolders(parent: string): string[] {
  const orphans = findOrphans(parent);
  for (const path of orphans) removeTree(path);
  return orphans;
}

function isOrphan(path: string): boolean {
  const pid = Number(/(\d+)-[0-9a-f]+$/.exec(path)?.[1] ?? Number.NaN);
  if (!Number.isInteger(pid)) return false;
  const owner = readTextIfPresent(join(path, OWNER_FILE));
  // Without the file its maker died between two steps, or is at work between them right now.
  if (owner === undefined) return !isProcessAlive(pid);
  if (owner.split('\n')[0] !== hostname()) return false;
  return owner !== ownerText(pid) || !isProcessAlive(pid);
}

/** Host, process id and when that process started: an id alone is given out again. */
function ownerText(pid: number): string {
  return `${hostname()}\n${pid}\n${startOf(pid)}`;
}

function startOf(pid: number): string {
  if (process.platform !== 'linux') return '';
  const stat = readTextIfPresent(`/proc/${pid}/stat`) ?? '';
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

/** True if a process with this id runs. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

/**
 * Removes a folder whatever its modes and depth: a program may have left folders that even their owner can't enter,
 * or nested deeper than a path may be long or a process may have files open.
 */
export function removeTree(path: string): void {
  const remove = () => rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  try {
    remove();
  } catch {
    // Which code comes says little (too many open files has none), so all get the second try.
    try {
      makeRemovable(path);
      remove();
    } catch (error) {
      throw toDiskError(error, `Could not remove ${path}`);
    }
  }
}

/** Levels below which folders are lifted: paths longer than the system allows can't be named. */
const MAX_LEVELS = 40;

/** Opens every folder to its owner, and lifts what is nested too deeply. */
function makeRemovable(root: string): void {
  const queue: { path: string; level: number }[] = [{ path: root, level: 0 }];
  for (let next = queue.pop(), lifted = 0; next !== undefined; next = queue.pop()) {
    chmodSync(next.path, 0o700);
    for (const entry of readdirSync(next.path, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      let inner = { path: join(next.path, entry.name), level: next.level + 1 };
      if (inner.level > MAX_LEVELS) {
        lifted += 1;
        chmodSync(inner.path, 0o700); // a folder that may not be written can't be moved
        const place = join(root, `.lifted-${lifted}`);
        renameSync(inner.path, place);
        inner = { path: place, level: 1 };
      }
      queue.push(inner);
    }
  }
}
