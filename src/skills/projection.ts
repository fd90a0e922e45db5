// Writes skill folders: staged beside their target, flushed, swapped in by rename. The only writer of skill folders.
import {
  chmodSync,
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoOf, isAbsent, isPresent, toDiskError, writeAll, writeFileAtomic } from '../lib/index.ts';
import { isIgnored, SKILL_ID_FILE, STAGING_FOLDER, UPLOAD_META_FILE } from './folder-reader.ts';
import { ORIGIN_RULES, type SkillFiles, type Version } from './skill.ts';

/** Where a folder's next content is staged: beside it, so that the swap never crosses volumes. */
export function stagedPath(folder: string, token: string): string {
  return join(dirname(folder), STAGING_FOLDER, token);
}

/** Where the content that was replaced waits until nothing of it can be lost any more. */
export const replacedPath = (staged: string) => `${staged}.old`;

/**
 * Writes a version's files and sidecars to `staged`, the files flushed.
 * On failure nothing is left behind; throws `disk`.
 */
export function stageFolder(staged: string, folder: string, files: SkillFiles, version: Version): void {
  try {
    mkdirSync(dirname(staged), { recursive: true });
    mkdirSync(staged);
    for (const [path, data] of files) {
      const target = join(staged, path);
      mkdirSync(dirname(target), { recursive: true });
      writeFlushed(target, data, modeFor(join(folder, path), data));
    }
    // Sidecars can be made again, so they are not worth waiting for the disk.
    writeFileSync(join(staged, SKILL_ID_FILE), `${version.versionId}\n`);
    const meta = uploadMeta(version);
    if (meta !== undefined) writeFileSync(join(staged, UPLOAD_META_FILE), meta);
    const before = lstatSync(folder, { throwIfNoEntry: false });
    if (before?.isDirectory()) chmodSync(staged, before.mode & 0o7777);
  } catch (error) {
    discardStaged(staged);
    throw toDiskError(error, `Could not write the skill folder ${folder}`);
  }
}

/** Removes a staged folder that no journal row names, and its parent if that is empty now. */
export function discardStaged(staged: string): void {
  rmSync(staged, { recursive: true, force: true });
  removeIfEmpty(dirname(staged));
}

function writeFlushed(path: string, data: Uint8Array, mode: number): void {
  const file = openSync(path, 'wx', mode);
  try {
    writeAll(file, data);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A file keeps its mode; a new script can be run. */
function modeFor(current: string, data: Uint8Array): number {
  const stats = lstatSync(current, { throwIfNoEntry: false });
  if (stats?.isFile()) return stats.mode & 0o777;
  return data[0] === 0x23 && data[1] === 0x21 ? 0o755 : 0o644; // "#!"
}

/** What the original's upload tool reads. An imported version keeps the file it came with. */
function uploadMeta(version: Version): string | undefined {
  if (version.origin === 'imported') return undefined;
  const meta = {
    origin: ORIGIN_RULES[version.origin].cloud,
    parent_skill_ids: version.parents,
    change_summary: version.reason,
    created_by: version.author,
    tags: [],
  };
  return `${JSON.stringify(meta, null, 2)}\n`;
}

/** First half of a swap: the old folder steps aside. Can be repeated. */
export function moveAside(folder: string, staged: string): void {
  const old = replacedPath(staged);
  if (isPresent(old) || !isPresent(folder)) return;
  mkdirSync(dirname(old), { recursive: true });
  renameSync(folder, old);
}

/** Second half of a swap: the staged folder takes the place. Can be repeated. The caller flushes the parent. */
export function moveIn(folder: string, staged: string): void {
  if (!isPresent(staged)) return;
  mkdirSync(dirname(folder), { recursive: true });
  renameSync(staged, folder);
}

/**
 * Last step: what was in the old folder but no part of the version (`.git`, links, packages) moves on to the new one;
 * the rest, known to be in the library, is removed.
 */
export function clearReplaced(folder: string, staged: string, managed: ReadonlySet<string>): void {
  const old = replacedPath(staged);
  if (isPresent(old)) {
    carryOver(old, folder, '', managed);
    rmSync(old, { recursive: true, force: true });
  }
  removeIfEmpty(dirname(staged));
}

function carryOver(old: string, folder: string, below: string, managed: ReadonlySet<string>): void {
  for (const entry of readdirSync(join(old, below), { withFileTypes: true })) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory() && !isIgnored(entry.name, true)) {
      carryOver(old, folder, path, managed);
    } else if (!managed.has(path) && path !== SKILL_ID_FILE && !isPresent(join(folder, path))) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      renameSync(join(old, path), join(folder, path));
    }
  }
}

/** Removes a folder if nothing is in it. */
export function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!isAbsent(error) && errnoOf(error) !== 'ENOTEMPTY' && errnoOf(error) !== 'EEXIST') throw error;
  }
}

/** Writes `.skill_id` into a folder that has none. Lost in a crash it is written again, so it is not flushed. */
export function writeSidecar(folder: string, versionId: string): void {
  writeFileSync(join(folder, SKILL_ID_FILE), `${versionId}\n`, { flag: 'wx' });
}

/** Replaces `.skill_id`; a reader sees the old or the new one. */
export function replaceSidecar(folder: string, versionId: string): void {
  writeFileAtomic(join(folder, SKILL_ID_FILE), `${versionId}\n`);
}

/** A folder name in `parent` that nothing has: the name itself, or with a number. Never an existing path. */
export function freeFolder(parent: string, name: string, isPlanned: (path: string) => boolean): string {
  for (let count = 1; ; count += 1) {
    const path = join(parent, count === 1 ? name : `${name}-${count}`);
    if (!isPresent(path) && !isPlanned(path)) return path;
  }
}
