// Reads runs back: whole, or line by line while they are written.
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf, isAbsent, OpenSpaceError, plural, readTextIfPresent } from '../lib/index.ts';
import { loadParts } from './artifacts.ts';
import {
  EVENTS_FILE,
  HEADER_FILE,
  RECORDING_VERSION,
  type Recording,
  type RunHeader,
  type RunStatus,
  type TimedEvent,
} from './format.ts';
import { fromDiskNames } from './keys.ts';
import { LineSplitter, readChunk } from './lines.ts';
import { ownerOf } from './process-mark.ts';
import { headerSchema, parseLine, type StoredEvent } from './schema.ts';

/** What a crashed run's reader is told. */
export const CRASH_NOTE = 'The process ended without closing the run: it crashed or was killed.';
/** What is told of a run without an end whose process can't be asked. */
export const ELSEWHERE_NOTE = 'The run belongs to another host and has no end.';
/** After this long without an event such a run counts as crashed: a container's host name does not come back. */
const LOST_AFTER_MS = 24 * 60 * 60 * 1000;

/** Reads `run.json`. Throws `not-found`, `newer-data` or `corrupt`. */
export function readHeader(folder: string): RunHeader {
  const path = join(folder, HEADER_FILE);
  const text = readTextIfPresent(path);
  if (text === undefined) throw new OpenSpaceError('not-found', `There is no run in ${folder}.`);
  const damaged = (cause: unknown) => new OpenSpaceError('corrupt', `${path} can't be read.`, { cause });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(error);
  }
  if (value === null || typeof value !== 'object') throw damaged(undefined);
  if ('version' in value && typeof value.version === 'number' && value.version > RECORDING_VERSION) {
    throw new OpenSpaceError('newer-data', `The run in ${folder} was recorded by a newer OpenSpace.`, {
      hint: 'Update OpenSpace: npm install -g openspace@latest',
    });
  }
  const checked = headerSchema.safeParse(fromDiskNames(value));
  if (!checked.success) throw damaged(checked.error);
  return checked.data;
}

/** A run's status from its last event, or from what has become of its process. */
export function judge(
  header: RunHeader,
  last: StoredEvent | TimedEvent | undefined,
): { status: RunStatus; note?: string } {
  if (last?.type === 'run-end') return { status: last.status };
  switch (ownerOf(header)) {
    case 'alive':
      return { status: 'running' };
    case 'gone':
      return { status: 'error', note: CRASH_NOTE };
    case 'unknown': {
      const silentMs = Date.now() - Date.parse(last?.at ?? header.startedAt);
      return { status: silentMs > LOST_AFTER_MS ? 'error' : 'running', note: ELSEWHERE_NOTE };
    }
  }
}

/** Reads a whole run. Torn, damaged and unknown lines are left out and counted. Throws as `readHeader`. */
export function openRecording(folder: string): Recording {
  const header = readHeader(folder);
  const events: TimedEvent[] = [];
  let skipped = 0;
  const splitter = new LineSplitter();
  for (const chunk of readChunks(folder)) {
    for (const line of splitter.push(chunk)) {
      const event = readEvent(folder, line);
      if (event === undefined) skipped += 1;
      else events.push(event);
    }
  }
  const verdict = judge(header, events.at(-1));
  const torn = splitter.hasRest && verdict.status !== 'running'; // a line being written is not torn
  const skippedLines = skipped + (torn ? 1 : 0);
  const notes = [
    verdict.note,
    skippedLines > 0 ? `${plural(skippedLines, 'line')} could not be read.` : undefined,
  ];
  const note = notes.filter((one) => one !== undefined).join(' ');
  return {
    header,
    events,
    status: verdict.status,
    folder,
    skippedLines,
    ...(note === '' ? {} : { note }),
  };
}

function readEvent(folder: string, text: string): TimedEvent | undefined {
  const line = parseLine(text);
  if (line.kind !== 'event') return undefined;
  return loaded(folder, line.event);
}

function loaded(folder: string, event: StoredEvent): TimedEvent {
  if (event.type !== 'tool-end') return event;
  return { ...event, result: { ...event.result, parts: loadParts(folder, event.result.parts) } };
}

function* readChunks(folder: string): Generator<Buffer> {
  const file = openEvents(folder);
  if (file === undefined) return;
  try {
    let position = 0;
    for (let chunk = readChunk(file, position); chunk.length > 0; chunk = readChunk(file, position)) {
      position += chunk.length;
      yield chunk;
    }
  } finally {
    closeSync(file);
  }
}

function openEvents(folder: string): number | undefined {
  try {
    return openSync(join(folder, EVENTS_FILE), 'r');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

export interface TailOptions {
  /** First event to give, by its number. Default 0. */
  readonly from?: number;
  readonly signal: AbortSignal;
  /** How often the file is looked at, in ms. Default 150. */
  readonly pollMs?: number;
}

/**
 * Events as they are written, beginning with those already there.
 * Ends after `run-end`, when the signal aborts, or when the run's process is gone. Throws as `readHeader`.
 */
export async function* tailEvents(folder: string, options: TailOptions): AsyncGenerator<TimedEvent> {
  for await (const { event } of tailLines(folder, options)) yield loaded(folder, event);
}

/** An event with its line as it stands on disk: parts are not loaded, but named. */
export interface EventLine {
  readonly event: StoredEvent;
  readonly text: string;
}

/** As `tailEvents`, for faces that hand the lines on. */
export async function* tailLines(folder: string, options: TailOptions): AsyncGenerator<EventLine> {
  const header = readHeader(folder);
  const splitter = new LineSplitter();
  const from = options.from ?? 0;
  let position = 0;
  let file: number | undefined;
  let ownerGone = false;
  try {
    while (!options.signal.aborted) {
      file ??= openEvents(folder);
      const chunk = file === undefined ? Buffer.alloc(0) : readChunk(file, position);
      position += chunk.length;
      for (const text of splitter.push(chunk)) {
        const line = parseLine(text);
        if (line.kind !== 'event' || line.event.seq < from) continue;
        yield { event: line.event, text };
        if (line.event.type === 'run-end' || options.signal.aborted) return;
      }
      if (chunk.length > 0) continue;
      // Looked at once more after the process is known to be gone: it may have written just before.
      if (ownerGone) return;
      ownerGone = ownerOf(header) === 'gone';
      if (!ownerGone) await pause(options.pollMs ?? 150, options.signal);
    }
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** The lines that are there, from an event on; at most `limit`. */
export function readLines(folder: string, from: number, limit: number): readonly EventLine[] {
  const found: EventLine[] = [];
  const splitter = new LineSplitter();
  for (const chunk of readChunks(folder)) {
    for (const text of splitter.push(chunk)) {
      const line = parseLine(text);
      if (line.kind === 'event' && line.event.seq >= from) found.push({ event: line.event, text });
      if (found.length === limit) return found;
    }
  }
  return found;
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch (error) {
    if (errnoOf(error) !== 'ABORT_ERR') throw error; // the loop sees the signal itself
  }
}
