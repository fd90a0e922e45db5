// Puts a skill's files into a folder in one step: staged beside it, then swapped.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isInside, isPresent, OpenSpaceError, toDiskError, writeFileAtomic } from '../lib/index.ts';
import { SIDECARS, type SkillFiles } from '../skills/index.ts';

/**
 * The folder's name for a skill: its own, or `fallback` where the name is no plain folder name.
 * Throws `unsafe` if neither is.
 */
export function folderNameFor(name: string, fallback: string): string {
  for (const candidate of [name.trim(), fallback.trim()])
    if (
      candidate !== '' &&
      !candidate.startsWith('.') &&
      !/[/\\\0:]/.test(candidate) &&
      candidate.length <= 200
    )
      return candidate;
  throw new OpenSpaceError('unsafe', `"${name}" can't be the name of a folder.`);
}

/** Writes the files and `.skill_id` as `root/name`. `replace`: an old folder of that name goes, once the new one is whole. */
export function installFolder(
  root: string,
  name: string,
  files: SkillFiles,
  options: { readonly skillId: string; readonly replace: boolean },
): string {
  try {
    mkdirSync(root, { recursive: true });
    const target = join(realpathSync(root), name);
    if (!isInside(realpathSync(root), target) || dirname(target) !== realpathSync(root))
      throw new OpenSpaceError('unsafe', `"${name}" would be installed outside of ${root}.`);
    if (isPresent(target) && !options.replace)
      throw new OpenSpaceError('already-exists', `There is a "${name}" in ${root} already.`, {
        hint: 'To replace it: --force',
      });
    const staging = mkdtempSync(join(realpathSync(root), '.openspace-install-'));
    try {
      const fresh = join(staging, 'new');
      for (const [path, bytes] of files) writeFileAtomic(join(fresh, path), bytes);
      writeFileAtomic(join(fresh, '.skill_id'), `${options.skillId}\n`);
      if (isPresent(target)) renameSync(target, join(staging, 'old'));
      try {
        renameSync(fresh, target);
      } catch (error) {
        if (isPresent(join(staging, 'old'))) renameSync(join(staging, 'old'), target);
        throw error;
      }
    } finally {
      rmSync(staging, { recursive: true, force: true });
    }
    return target;
  } catch (error) {
    throw toDiskError(error, `Could not install "${name}" in ${root}`);
  }
}

/** The files of an installed skill, sidecars left out; undefined if the folder is not there. */
export function readInstalled(folder: string): SkillFiles | undefined {
  if (!isPresent(folder)) return undefined;
  const files = new Map<string, Uint8Array>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const full = join(entry.parentPath, entry.name);
    const path = full.slice(folder.length + 1).replaceAll('\\', '/');
    if (!SIDECARS.has(path)) files.set(path, new Uint8Array(readFileSync(full)));
  }
  return files;
}
