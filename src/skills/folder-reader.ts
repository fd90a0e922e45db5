// Reads one skill folder from disk: its files, its sidecars, and a stamp that tells later whether it changed.
import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  type Stats,
} from 'node:fs';
import { errnoOf, isAbsent, OpenSpaceError, toDiskError, toMessage } from '../lib/index.ts';
import { SIDECARS } from './format.ts';
import { parseSkillId } from './names.ts';
import { symlinkFinding } from './safety.ts';
import type { Finding, SkillFiles, VersionId } from './skill.ts';

/** Bounds of a skill: a folder beyond them is reported, not read. */
export const FOLDER_LIMITS = {
  maxFiles: 500,
  maxFileBytes: 5_000_000,
  maxTotalBytes: 20_000_000,
  maxDepth: 12,
};

/** Folder in which projections are staged; never part of a skill. */
export const STAGING_FOLDER = '.openspace-staging';

export const SKILL_ID_FILE = '.skill_id';
export const UPLOAD_META_FILE = '.upload_meta.json';

/** Folders and files that are no part of a skill: version control, installed packages, droppings of systems and editors. */
const IGNORED_FOLDERS = new Set([
  '.git',
  '.hg',
  '.svn',
  'node_modules',
  '__pycache__',
  '.venv',
  STAGING_FOLDER,
]);
const IGNORED_FILES = /^(?:\.DS_Store|Thumbs\.db|desktop\.ini|\.#.*|.*~|\..*\.sw[a-p]|\..*\.tmp)$/;

export interface FolderContent {
  readonly files: SkillFiles;
  /** What `.skill_id` says; undefined if it is missing or empty. */
  readonly sidecarId: VersionId | undefined;
  readonly stamp: string;
  /** Links and special files, which are left out. */
  readonly findings: readonly Finding[];
}

/** True for an entry that never belongs to a version, whatever its content. */
export function isIgnored(name: string, isFolder: boolean): boolean {
  return isFolder ? IGNORED_FOLDERS.has(name) : IGNORED_FILES.test(name);
}

/**
 * Reads a folder. Links are never followed.
 * Throws `too-large` beyond the limits and `disk` for what can't be read.
 */
export function readFolder(path: string): FolderContent {
  const reading: Reading = { root: path, files: new Map(), findings: [], stamp: [], totalBytes: 0 };
  readInto(reading, '', 0);
  const sidecar = reading.files.get(SKILL_ID_FILE);
  reading.files.delete(SKILL_ID_FILE);
  reading.files.delete(UPLOAD_META_FILE);
  return {
    files: reading.files,
    sidecarId: sidecar === undefined ? undefined : parseSkillId(Buffer.from(sidecar).toString('utf8')),
    stamp: reading.stamp.join('\n'),
    findings: reading.findings,
  };
}

interface Reading {
  readonly root: string;
  readonly files: Map<string, Uint8Array>;
  readonly findings: Finding[];
  readonly stamp: string[];
  totalBytes: number;
}

function readInto(reading: Reading, below: string, depth: number): void {
  const folder = below === '' ? reading.root : `${reading.root}/${below}`;
  if (depth > FOLDER_LIMITS.maxDepth)
    throw tooLarge(reading.root, `is nested deeper than ${depth - 1} folders`);
  // The stamp is taken before the content: a change in between makes the stamp old, never the content.
  reading.stamp.push(stampLine(below, lstatSync(folder)));
  for (const entry of sortedEntries(folder)) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (isIgnored(entry.name, entry.isDirectory())) continue;
    if (entry.isDirectory()) readInto(reading, path, depth + 1);
    else if (entry.isFile()) readOne(reading, path);
    else if (entry.isSymbolicLink())
      reading.findings.push(symlinkFinding(path, readlinkSync(`${reading.root}/${path}`)));
    else
      reading.findings.push({
        rule: 'folder/special-file',
        severity: 'warn',
        message: `${path} is not a regular file and was left out`,
        file: path,
      });
  }
}

function sortedEntries(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw unreadable(error, folder);
  }
}

function readOne(reading: Reading, path: string): void {
  const full = `${reading.root}/${path}`;
  let file: number;
  try {
    file = openSync(full, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    throw unreadable(error, full);
  }
  try {
    const stats = fstatSync(file);
    reading.totalBytes += stats.size;
    if (stats.size > FOLDER_LIMITS.maxFileBytes)
      throw tooLarge(reading.root, `holds ${path} with ${stats.size.toLocaleString('en-US')} bytes`);
    if (reading.totalBytes > FOLDER_LIMITS.maxTotalBytes)
      throw tooLarge(
        reading.root,
        `holds more than ${FOLDER_LIMITS.maxTotalBytes.toLocaleString('en-US')} bytes`,
      );
    if (reading.files.size >= FOLDER_LIMITS.maxFiles)
      throw tooLarge(reading.root, `holds more than ${FOLDER_LIMITS.maxFiles} files`);
    reading.files.set(path, readAll(file, stats.size));
    // A sidecar rewritten in place changes nothing that we read: one look less for each skill at every start.
    if (!SIDECARS.has(path)) reading.stamp.push(stampLine(path, stats));
  } finally {
    closeSync(file);
  }
}

function readAll(file: number, size: number): Uint8Array {
  const data = Buffer.allocUnsafeSlow(size);
  let done = 0;
  while (done < size) {
    const count = readSync(file, data, done, size - done, null);
    if (count === 0) break;
    done += count;
  }
  return done === size ? data : data.subarray(0, done);
}

function tooLarge(folder: string, what: string): OpenSpaceError {
  return new OpenSpaceError('too-large', `The skill folder ${folder} ${what}.`, {
    hint: 'A skill is instructions with a few helper files: keep data and builds elsewhere.',
  });
}

function unreadable(error: unknown, path: string): unknown {
  if (isAbsent(error)) return error;
  if (errnoOf(error) === 'ELOOP')
    return new OpenSpaceError('disk', `${path} became a link while it was read.`, { cause: error });
  const explained = toDiskError(error, `Could not read ${path}`);
  return explained instanceof OpenSpaceError
    ? explained
    : new OpenSpaceError('disk', `Could not read ${path}: ${toMessage(error)}`, { cause: error });
}

/** One entry of a stamp: a path below the folder with everything that a change would move. */
function stampLine(path: string, stats: Stats): string {
  return `${stats.size} ${stats.mtimeMs} ${stats.ctimeMs} ${stats.ino} ${path}`;
}

/**
 * The stamp after we wrote `.skill_id` into a folder that was read before; empty if anything else moved,
 * so that the next look reads it again.
 */
export function stampWithSidecar(folder: string, stamp: string): string {
  const [, ...files] = stamp.split('\n');
  const own = stampLine('', lstatSync(folder));
  if (files.length > 0 && !linesHold(folder, files.join('\n'))) return '';
  // The folder's own line is taken anew, so that what came into it in between has to be looked for.
  const known = new Set(files.map((line) => pathOf(line).split('/')[0]));
  const isNew = (entry: Dirent) =>
    !known.has(entry.name) && !SIDECARS.has(entry.name) && !isIgnored(entry.name, entry.isDirectory());
  return sortedEntries(folder).some(isNew) ? '' : [own, ...files].join('\n');
}

/** The path at the end of a stamp's line, behind four numbers. */
function pathOf(line: string): string {
  let space = -1;
  for (let field = 0; field < 4; field += 1) space = line.indexOf(' ', space + 1);
  return line.slice(space + 1);
}

/** File times step by up to 10 ms on common systems: a stamp this young could hide a later change. */
export const STAMP_SETTLES_MS = 20;

/** Marks a stamp as taken at `nowMs`; a stamp without a mark is never trusted. */
export function settleStamp(stamp: string, nowMs: number): string {
  return newestChangeMs(stamp) + STAMP_SETTLES_MS <= nowMs ? `settled\n${stamp}` : stamp;
}

function newestChangeMs(stamp: string): number {
  let newest = 0;
  for (const line of stamp.split('\n')) {
    const [, modified = '0', changed = '0'] = line.split(' ', 3);
    newest = Math.max(newest, Number(modified), Number(changed));
  }
  return newest;
}

/** True if nothing in the folder has moved since the stamp was taken. Looks at metadata only. */
export function stampHolds(folder: string, stamp: string): boolean {
  if (!stamp.startsWith('settled\n')) return false;
  return linesHold(folder, stamp.slice('settled\n'.length));
}

/** Like `stampHolds` for a stamp that is not settled yet. */
export function linesHold(folder: string, stamp: string): boolean {
  let start = 0;
  while (start < stamp.length) {
    const newline = stamp.indexOf('\n', start);
    const end = newline === -1 ? stamp.length : newline;
    const line = stamp.slice(start, end);
    const path = pathOf(line);
    const stats = lstatSync(path === '' ? folder : `${folder}/${path}`, { throwIfNoEntry: false });
    if (stats === undefined || stampLine(path, stats) !== line) return false;
    start = end + 1;
  }
  return stamp !== '';
}
