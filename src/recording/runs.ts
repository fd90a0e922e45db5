// The runs of a data home: listed cheaply, found by id, pruned.
import { lstatSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Usage } from '../agent/index.ts';
import { isAbsent, isPlainRelativePath, OpenSpaceError } from '../lib/index.ts';
import { CANCEL_FILE } from './cancel.ts';
import {
  EVENTS_FILE,
  HEADER_FILE,
  RESERVE_FILE,
  type RunHeader,
  type RunStatus,
  runsFolder,
} from './format.ts';
import { readLastLine } from './lines.ts';
import { judge, readHeader } from './reader.ts';
import { parseLine } from './schema.ts';

/** A run as a list shows it, from `run.json` and the last line of its events. */
export interface RunEntry {
  readonly header: RunHeader;
  readonly folder: string;
  readonly status: RunStatus;
  readonly note?: string;
  /** Of the last event: UTC ISO time; undefined if there is none. */
  readonly lastEventAt?: string;
  readonly turns?: number;
  readonly usage?: Usage;
  readonly error?: string;
}

export interface ListOptions {
  /** Most runs to return. Default 20. */
  readonly limit?: number;
  /** Only runs that come before this run id. */
  readonly before?: string;
}

/** Runs of a data home, newest first. Reads only what it returns; folders that hold no readable run are left out. */
export function listRuns(home: string, options: ListOptions = {}): readonly RunEntry[] {
  const entries: RunEntry[] = [];
  for (const runId of runIds(home)) {
    if (options.before !== undefined && runId >= options.before) continue;
    const entry = readEntry(join(runsFolder(home), runId));
    if (entry !== undefined) entries.push(entry);
    if (entries.length === (options.limit ?? 20)) break;
  }
  return entries;
}

/** Ids begin with their time, so that names sort by age; newest first. */
export function runIds(home: string): string[] {
  try {
    const entries = readdirSync(runsFolder(home), { withFileTypes: true });
    const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    return names.sort().reverse();
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** One run as a list shows it; undefined if its folder holds no readable run. */
export function readEntry(folder: string): RunEntry | undefined {
  let header: RunHeader;
  try {
    header = readHeader(folder);
  } catch (error) {
    if (error instanceof OpenSpaceError) return undefined; // being made, damaged or newer: `openRecording` says which
    throw error;
  }
  const line = lastLine(folder);
  const parsed = line === undefined ? undefined : parseLine(line);
  const last = parsed?.kind === 'event' ? parsed.event : undefined;
  const end = last?.type === 'run-end' ? last : undefined;
  return {
    header,
    folder,
    ...judge(header, last),
    ...(last === undefined ? {} : { lastEventAt: last.at }),
    ...(end?.turns === undefined ? {} : { turns: end.turns }),
    ...(end?.usage === undefined ? {} : { usage: end.usage }),
    ...(end?.error === undefined ? {} : { error: end.error }),
  };
}

function lastLine(folder: string): string | undefined {
  try {
    return readLastLine(join(folder, EVENTS_FILE));
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** The folder of a run by its id, or by the beginning of it if only one run has that. Throws `not-found` or `usage`. */
export function findRun(home: string, id: string): string {
  if (!isPlainRelativePath(id) || id.includes('/'))
    throw new OpenSpaceError('usage', `"${id}" is not a run id.`);
  const ids = runIds(home);
  const found = ids.includes(id) ? [id] : ids.filter((name) => name.startsWith(id) || name.endsWith(id));
  const [only] = found;
  if (only === undefined) {
    throw new OpenSpaceError('not-found', `There is no run "${id}".`, { hint: 'See: openspace runs list' });
  }
  if (found.length > 1) {
    throw new OpenSpaceError('usage', `"${id}" could be ${found.slice(0, 5).join(', ')}.`, {
      hint: 'Give more of the id.',
    });
  }
  return join(runsFolder(home), only);
}

export interface PruneOptions {
  /** Runs to keep, newest first. */
  readonly maxRuns?: number;
  /** Older runs are removed, in days. */
  readonly maxAgeDays?: number;
  /** Bytes that all recordings together may take. */
  readonly maxBytes?: number;
  readonly now?: Date;
  /** Only says what would be removed. */
  readonly dryRun?: boolean;
}

export interface Pruned {
  readonly removed: readonly string[];
  readonly freedBytes: number;
}

/**
 * Removes the oldest recordings until the limits hold. Runs that go on are never touched, and of a run's folder only what the
 * recorder made: results in its `workspace/` stay.
 */
export function pruneRuns(home: string, options: PruneOptions): Pruned {
  const now = options.now ?? new Date();
  const removed: string[] = [];
  let freedBytes = 0;
  let keptRuns = 0;
  let keptBytes = 0;
  for (const entry of listRuns(home, { limit: Number.POSITIVE_INFINITY })) {
    const sizeBytes = recordingSize(entry.folder);
    const ageDays = (now.getTime() - Date.parse(entry.header.startedAt)) / 86_400_000;
    const fits =
      keptRuns < (options.maxRuns ?? Number.POSITIVE_INFINITY) &&
      ageDays <= (options.maxAgeDays ?? Number.POSITIVE_INFINITY) &&
      keptBytes + sizeBytes <= (options.maxBytes ?? Number.POSITIVE_INFINITY);
    if (fits || entry.status === 'running') {
      keptRuns += 1;
      keptBytes += sizeBytes;
      continue;
    }
    if (options.dryRun !== true) removeRecording(entry.folder);
    removed.push(entry.header.runId);
    freedBytes += sizeBytes;
  }
  return { removed, freedBytes };
}

const OWN_FILES = [EVENTS_FILE, RESERVE_FILE, CANCEL_FILE, 'artifacts'];

function recordingSize(folder: string): number {
  const files = [HEADER_FILE, EVENTS_FILE, RESERVE_FILE].map((name) => join(folder, name));
  const artifacts = join(folder, 'artifacts');
  if (statSync(artifacts, { throwIfNoEntry: false })?.isDirectory()) {
    files.push(...readdirSync(artifacts).map((name) => join(artifacts, name)));
  }
  return files.reduce((sum, file) => sum + (lstatSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
}

/** The header goes last: a removal that is interrupted leaves a run that is still listed, and removed next time. */
function removeRecording(folder: string): void {
  for (const name of [...OWN_FILES, HEADER_FILE])
    rmSync(join(folder, name), { recursive: true, force: true });
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}
