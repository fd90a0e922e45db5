// Reading and writing files safely: atomic writes, paths that can't leave their root.
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { errnoOf, isAbsent, OpenSpaceError, toDiskError } from './errors.ts';

/**
 * Replaces a file as a whole: writes a neighbour, flushes it, renames it over the target.
 * A reader, or a process that is killed half-way, sees the old or the new content.
 * `keepAttributes`: permissions and owner of the file that is replaced stay, as far as the system allows.
 */
export function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  options: { mode?: number; keepAttributes?: boolean } = {},
): void {
  const folder = dirname(path);
  const staged = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    makeFolder(folder);
    const file = openSync(staged, 'wx', options.mode ?? 0o666);
    try {
      writeAll(file, typeof data === 'string' ? Buffer.from(data) : data);
      if (options.keepAttributes) copyAttributes(path, file);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(staged, path);
  } catch (error) {
    rmSync(staged, { force: true });
    throw toDiskError(error, `Could not write ${path}`);
  }
}

/**
 * Makes a folder and those above it; one that is there is fine.
 * Unlike Node's recursive `mkdir` it tells the true reason: on a read-only disk that one says `ENOENT`.
 */
export function makeFolder(path: string, mode = 0o777): void {
  if (tryMakeFolder(path, mode)) return;
  makeFolder(dirname(path), mode);
  if (!tryMakeFolder(path, mode))
    throw new OpenSpaceError('disk', `${dirname(path)} was removed in between.`);
}

/** False if the folder above is missing. */
function tryMakeFolder(path: string, mode: number): boolean {
  try {
    mkdirSync(path, { mode });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST' && statSync(path).isDirectory()) return true;
    if (errnoOf(error) === 'ENOENT' && dirname(path) !== path) return false;
    throw error;
  }
}

function copyAttributes(path: string, file: number): void {
  const old = statSync(path, { throwIfNoEntry: false });
  if (old === undefined) return;
  const current = fstatSync(file);
  if (old.uid !== current.uid || old.gid !== current.gid) {
    try {
      fchownSync(file, old.uid, old.gid);
    } catch (error) {
      if (errnoOf(error) !== 'EPERM') throw error; // only root may give files away
    }
  }
  fchmodSync(file, old.mode & 0o7777); // after chown, which clears the set-id bits
}

/** Writes all bytes to an open file; a single `write` may take fewer than it was given. */
export function writeAll(file: number, data: Uint8Array): void {
  let done = 0;
  while (done < data.length) done += writeSync(file, data, done);
}

/** Flushes a folder's entries, so that a rename in it survives a power cut. Not every system can. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** A text file's content, or `undefined` if it is not there. Other failures throw. */
export function readTextIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** True if something, even a broken link, has this path. */
export function isPresent(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** True if `path` is `root` or below it. Compares text only: resolve links first. */
export function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** Another process's view of the files (`/proc/<pid>/root`). Its links mean places in that view, not in ours. */
const WINDOW = /^\/proc\/\d+\/root(?=\/)/;

/** `realpath`, which also stays inside of a window into another process's view of the files. */
function realPath(path: string): string {
  const window = WINDOW.exec(path)?.[0];
  if (window === undefined) return realpathSync(path);
  let real = window;
  let left = path.slice(window.length).split('/').filter(Boolean);
  for (let links = 0; left.length > 0; ) {
    const [name = '', ...rest] = left;
    const next = name === '..' ? (real === window ? window : dirname(real)) : join(real, name);
    left = rest;
    if (name === '.' || name === '..' || !lstatSync(next).isSymbolicLink()) {
      if (name !== '.') real = next;
      continue;
    }
    links += 1;
    if (links > 40) throw new OpenSpaceError('invalid', `${path} has too many links`);
    const target = readlinkSync(next);
    if (isAbsolute(target)) real = window;
    left = [...target.split('/').filter(Boolean), ...rest];
  }
  return real;
}

/** The real path of the deepest part that exists, with the rest appended: works for files still to be made. */
export function realPathOfFuture(path: string): string {
  const rest: string[] = [];
  let current = resolve(path);
  for (;;) {
    try {
      return join(realPath(current), ...rest);
    } catch (error) {
      if (!isAbsent(error) || dirname(current) === current) throw error;
      // A broken link is there although its target is not: following it later could lead outside.
      if (isPresent(current))
        throw new OpenSpaceError('invalid', `${current} is a broken link`, { cause: error });
      rest.unshift(basename(current));
      current = dirname(current);
    }
  }
}

/**
 * The absolute path of `path` below `root`, symlinks followed.
 * Throws `denied` if it would lie outside (absolute elsewhere, `..`, a link that leaves).
 */
export function pathInside(root: string, path: string): string {
  const realRoot = realPath(root);
  const target = realPathOfFuture(isAbsolute(path) ? path : join(realRoot, path));
  if (!isInside(realRoot, target)) throw new OpenSpaceError('denied', `${path} is outside of ${root}`);
  return target;
}

/** True if a path from an archive or a model is a plain relative path: no root, drive, `..` or NUL. */
export function isPlainRelativePath(path: string): boolean {
  if (
    path === '' ||
    path.includes('\0') ||
    path.includes('\\') ||
    path.startsWith('/') ||
    /^[a-zA-Z]:/.test(path)
  )
    return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}
