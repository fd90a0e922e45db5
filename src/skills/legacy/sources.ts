// Finds what a path to import from holds: databases of the original, skill folders, recordings.
import { closeSync, type Dirent, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isAbsent, OpenSpaceError, toDiskError, toMessage } from '../../lib/index.ts';
import { isIgnored, readFolder } from '../folder-reader.ts';
import { SKILL_FILE } from '../format.ts';
import type { SourceFolder } from './histories.ts';
import type { Skipped } from './records.ts';

export interface ImportSource {
  readonly databases: readonly string[];
  readonly folders: readonly SourceFolder[];
  /** Folders of recorded runs of the original. */
  readonly recordings: readonly string[];
}

const MAX_FOLDERS = 100_000;
/** Beside a database skills lie in `skills/<name>` or `<library>/<name>`: no need to walk a whole home. */
const DEPTH_BESIDE_DATABASE = 2;
const DEPTH_OF_FOLDER = 10;

/** Looks at a folder or a database file. Throws `not-found`, or `invalid` if it is neither. */
export function findSource(path: string, skipped: Skipped[]): ImportSource {
  const found: Finding = { databases: [], folders: [], recordings: [], skipped, looked: 0 };
  if (statOf(path).isDirectory()) {
    walk(found, path, DEPTH_OF_FOLDER, true);
    return found;
  }
  if (!isSqlite(path))
    throw new OpenSpaceError('invalid', `${path} is neither a folder nor a database nor a zip archive.`, {
      hint: 'Give a folder with skills, a .zip, or the original’s openspace.db.',
    });
  const folder = dirname(path);
  walk(found, basename(folder) === '.openspace' ? dirname(folder) : folder, DEPTH_BESIDE_DATABASE, false);
  return { ...found, databases: [path] };
}

function statOf(path: string) {
  try {
    return statSync(path);
  } catch (error) {
    if (!isAbsent(error)) throw toDiskError(error, `Could not read ${path}`);
    throw new OpenSpaceError('not-found', `There is nothing at ${path}.`, {
      hint: 'Give a folder with skills, a .zip, or the original’s openspace.db.',
    });
  }
}

interface Finding {
  readonly databases: string[];
  readonly folders: SourceFolder[];
  readonly recordings: string[];
  readonly skipped: Skipped[];
  looked: number;
}

function walk(found: Finding, folder: string, depth: number, wantDatabases: boolean): void {
  found.looked += 1;
  if (found.looked > MAX_FOLDERS)
    throw new OpenSpaceError('too-large', `There are more than ${MAX_FOLDERS} folders to look through.`, {
      hint: 'Give the folder that holds the skills.',
    });
  const entries = entriesOf(found, folder);
  const names = new Set(entries.map((entry) => entry.name));
  if (names.has(SKILL_FILE)) {
    takeFolder(found, folder);
    return;
  }
  if (names.has('metadata.json') && (names.has('conversations.jsonl') || names.has('traj.jsonl'))) {
    found.recordings.push(folder);
    return;
  }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && depth > 0 && !isIgnored(entry.name, true)) {
      walk(found, path, depth - 1, wantDatabases);
    } else if (wantDatabases && entry.isFile() && entry.name.endsWith('.db') && isSqlite(path)) {
      found.databases.push(path);
    }
  }
}

function entriesOf(found: Finding, folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    found.skipped.push({ what: folder, why: toMessage(error) });
    return [];
  }
}

function takeFolder(found: Finding, folder: string): void {
  try {
    const content = readFolder(folder);
    for (const { message } of content.findings) found.skipped.push({ what: folder, why: message });
    found.folders.push({ path: folder, sidecarId: content.sidecarId, files: content.files });
  } catch (error) {
    if (!(error instanceof OpenSpaceError)) throw error;
    found.skipped.push({ what: folder, why: error.message });
  }
}

function isSqlite(path: string): boolean {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const head = Buffer.alloc(16);
    return readSync(file, head, 0, 16, 0) === 16 && head.toString('latin1') === 'SQLite format 3\0';
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return false;
    throw error;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
