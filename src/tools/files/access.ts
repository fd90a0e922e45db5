// Which files the tools may touch: the workspace, further roots, and roots that are only read.
import { constants, realpathSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import {
  directView,
  errnoOf,
  type FolderView,
  isInside,
  OpenSpaceError,
  realPathOfFuture,
  toRootPath,
  toShownPath,
} from '../../lib/index.ts';
import { quotePath } from '../tool.ts';

/** Roots beside the workspace, which is always allowed. Absolute paths. */
export interface FileAccess {
  /** Folders that may be read and changed. */
  readonly writableRoots?: readonly string[];
  /** Folders that may only be read: skill folders, for example. */
  readonly readOnlyRoots?: readonly string[];
  /** How the workspace is seen, where it is a snapshot: models say the shown paths. */
  readonly view?: FolderView;
}

/**
 * The real absolute path that a model's `path` stands for; relative ones start at the workspace.
 * Throws `denied` if it lies outside of every root that allows the use, symlinks followed.
 *
 * What remains: between this check and the use, a program that runs at the same time may swap a folder on the way
 * for a link. The last step of the path can't be swapped for reading (`openForReading`), and who can start such a
 * program has the shell anyway. Against hostile programs the sandbox is the border, not this check.
 */
export function resolvePath(
  path: string,
  use: 'read' | 'write',
  workspace: string,
  access: FileAccess,
): string {
  if (path.includes('\0')) throw new OpenSpaceError('invalid', 'The path contains a NUL character.');
  if (path === '~' || path.startsWith('~/')) {
    throw new OpenSpaceError('denied', `"~" is not expanded: give ${quotePath(path)} as an absolute path.`);
  }
  const root = realPathOfFuture(workspace);
  const { view = directView(workspace) } = access;
  const target = realPathOfFuture(isAbsolute(path) ? toRootPath(view, path) : join(root, path));
  const writable = [root, ...realRoots(access.writableRoots)];
  if (writable.some((allowed) => isInside(allowed, target))) return target;
  const readable = realRoots(access.readOnlyRoots);
  if (readable.some((allowed) => isInside(allowed, target))) {
    if (use === 'read') return target;
    throw new OpenSpaceError('denied', `${quotePath(path)} may only be read, not changed.`);
  }
  const allowed = use === 'read' ? [...writable, ...readable] : writable;
  const where = target === path ? '' : ` (it is ${quotePath(toShownPath(view, target))})`;
  throw new OpenSpaceError(
    'denied',
    `${quotePath(path)} is outside of the allowed folders${where}. Allowed: ${allowed.map((folder) => toShownPath(view, folder)).join(', ')}`,
  );
}

function realRoots(roots: readonly string[] | undefined): string[] {
  return (roots ?? []).flatMap((root) => {
    try {
      return [realpathSync(root)];
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      return []; // a root that is not there allows nothing
    }
  });
}

/** How a path is shown to the model: relative where it lies in the workspace. */
export function showPath(target: string, workspace: string): string {
  const root = realPathOfFuture(workspace);
  if (!isInside(root, target)) return target;
  return relative(root, target).split(sep).join('/') || '.';
}

/**
 * Opens a regular file found by `resolvePath`. A link put in its place since then, a pipe, a device or a folder is refused:
 * opening a pipe would wait for its writer for ever.
 */
export async function openForReading(target: string): Promise<{ handle: FileHandle; sizeBytes: number }> {
  const handle = await open(
    target,
    constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
  ).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR')
      throw new OpenSpaceError('not-found', `There is no file ${quotePath(target)}.`, { cause: error });
    if (errnoOf(error) === 'ENXIO') throw notRegular(target, 'a socket or pipe');
    throw error;
  });
  const stats = await handle.stat();
  if (stats.isFile()) return { handle, sizeBytes: stats.size };
  await handle.close();
  throw notRegular(target, stats.isDirectory() ? 'a folder; use list_dir' : 'a device, socket or pipe');
}

const notRegular = (target: string, what: string) =>
  new OpenSpaceError('invalid', `${quotePath(target)} is not a file but ${what}.`);
