// A whole copy of a folder, for systems without an overlay: shared blocks where the disk can, bounded where it can't.
import { constants, copyFileSync, lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../lib/index.ts';

/** Beyond this a folder is not copied byte by byte: an attempt must not fill the disk. */
export const COPY_LIMITS = { files: 20_000, bytes: 256 * 1024 * 1024 };

/** True if files in `store` can share their blocks with files beside `path` (btrfs, XFS, APFS). */
export function canShareBlocks(path: string, store: string): boolean {
  if (lstatSync(path).dev !== lstatSync(store).dev) return false;
  const [from, to] = [join(store, 'probe'), join(store, 'probe-copy')];
  writeFileSync(from, 'x');
  try {
    copyFileSync(from, to, constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  } finally {
    rmSync(from, { force: true });
    rmSync(to, { force: true });
  }
}

/** True if the folder is small enough to be copied. Stops counting at the limit. */
export function isSmall(path: string, limits = COPY_LIMITS): boolean {
  let files = 0;
  let bytes = 0;
  const queue = [path];
  for (let folder = queue.pop(); folder !== undefined; folder = queue.pop()) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      files += 1;
      if (entry.isDirectory()) queue.push(join(folder, entry.name));
      else bytes += lstatSync(join(folder, entry.name), { throwIfNoEntry: false })?.size ?? 0;
      if (files > limits.files || bytes > limits.bytes) return false;
    }
  }
  return true;
}

/** Copies a folder with its links, modes and times. */
export async function copyFolder(path: string, to: string, hidden: readonly string[]): Promise<void> {
  mkdirSync(to, { recursive: true });
  await cp(path, to, {
    recursive: true,
    preserveTimestamps: true,
    verbatimSymlinks: true,
    mode: constants.COPYFILE_FICLONE,
    filter: (source) => {
      const stats = lstatSync(source, { throwIfNoEntry: false });
      return stats !== undefined && (stats.isFile() || stats.isDirectory() || stats.isSymbolicLink());
    },
  });
  for (const file of hidden) writeFileSync(join(to, file), '');
}
