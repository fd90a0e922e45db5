// Writes a run to disk while it happens. The only writer of run folders.
import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type AgentEvent, addUsage, NO_USAGE, type Usage } from '../agent/index.ts';
import {
  capOutput,
  errnoOf,
  makeFolder,
  newTimedId,
  OpenSpaceError,
  type Redactor,
  realWorld,
  toDiskError,
  toMessage,
  type World,
  writeAll,
  writeFileAtomic,
} from '../lib/index.ts';
import { capDetails, storeParts } from './artifacts.ts';
import {
  EVENTS_FILE,
  HEADER_FILE,
  RECORDING_VERSION,
  RESERVE_FILE,
  type RunEvent,
  type RunHeader,
  runsFolder,
} from './format.ts';
import { toDiskNames } from './keys.ts';
import { thisProcess } from './process-mark.ts';

export interface RecorderOptions {
  /** The data home; the run goes to `<home>/runs/<run_id>/`. */
  readonly home: string;
  readonly task: string;
  /** `provider/model`. */
  readonly model: string;
  readonly workspace: string;
  readonly purpose: RunHeader['purpose'];
  readonly redactor: Redactor;
  /** Made from time and chance if not given. */
  readonly runId?: string;
  readonly world?: World;
  /** Who does the run; this process if not given. */
  readonly owner?: Pick<RunHeader, 'pid' | 'host' | 'processMark'>;
}

type TextDelta = Extract<AgentEvent, { type: 'text-delta' }> & { readonly attempt: number };

/** How a run ended, as the engine sees it. */
export type RunEnd = Pick<Extract<RunEvent, { type: 'run-end' }>, 'status' | 'answer' | 'error'>;

/**
 * An open recording.
 * Contract: each event is in the file, readable by others, when `write` returns. A disk that refuses never throws here:
 * `failed` aborts with the error as its reason, later events are dropped, and what was written before stays whole.
 */
export interface Recorder {
  readonly header: RunHeader;
  readonly folder: string;
  /** Aborts when the disk refuses: combine it with the run's signal to end the run. */
  readonly failed: AbortSignal;
  /** Why the recording stopped, code `disk`. */
  readonly failure: OpenSpaceError | undefined;
  /** `text-delta` is accepted and not recorded. */
  write(event: RunEvent | TextDelta): void;
  /** Writes `run-end` and closes; after a failure with status `error` and the reason, if there is room. Safe to call twice. Returns `failure`. */
  close(end: RunEnd): OpenSpaceError | undefined;
}

/** Room kept on disk so that a run on a full disk can still say how it ended. */
const RESERVE_BYTES = 16 * 1024;

/** Makes the run's folder and writes `run.json`. Throws `disk` if that is not possible, `already-exists` for a known id. */
export function startRecording(options: RecorderOptions): Recorder {
  const world = options.world ?? realWorld;
  const header: RunHeader = {
    version: RECORDING_VERSION,
    runId: options.runId ?? newTimedId('run', world),
    task: options.task,
    model: options.model,
    workspace: options.workspace,
    startedAt: world.now().toISOString(),
    purpose: options.purpose,
    ...(options.owner ?? thisProcess()),
  };
  const folder = join(runsFolder(options.home), header.runId);
  const claimed = claimFolder(folder, header.runId);
  try {
    const text = JSON.stringify(toDiskNames(options.redactor.json(header)), undefined, 2);
    writeFileAtomic(join(folder, HEADER_FILE), `${text}\n`, { mode: 0o600 });
    writeFileSync(join(folder, RESERVE_FILE), Buffer.alloc(RESERVE_BYTES, '.'), { mode: 0o600 });
    return new OpenRecorder(header, folder, claimed, options.redactor, world);
  } catch (error) {
    closeSync(claimed);
    for (const name of [HEADER_FILE, EVENTS_FILE, RESERVE_FILE]) rmSync(join(folder, name), { force: true });
    if (readdirSync(folder).length === 0) rmdirSync(folder);
    throw explain(error, `Could not start the recording in ${folder}`);
  }
}

/** Opens the events of a new run; of two processes with the same id only one gets it. A folder without events may be there. */
function claimFolder(folder: string, runId: string): number {
  try {
    makeFolder(folder, 0o700);
    return openSync(join(folder, EVENTS_FILE), 'ax', 0o600);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') {
      throw new OpenSpaceError('already-exists', `There is a run ${runId} already.`, { cause: error });
    }
    throw explain(error, `Could not start the recording in ${folder}`);
  }
}

/** Whatever the system says about the recording's files is a `disk` error for the user. */
function explain(error: unknown, doing: string): OpenSpaceError {
  const known = toDiskError(error, doing);
  if (known instanceof OpenSpaceError) return known;
  if (errnoOf(error) === undefined) throw error;
  const hint = 'Check the data home (OPENSPACE_HOME) and its file system.';
  return new OpenSpaceError('disk', `${doing}: ${toMessage(error)}`, { hint, cause: error });
}

class OpenRecorder implements Recorder {
  readonly header: RunHeader;
  readonly folder: string;
  readonly #file: number;
  readonly #redactor: Redactor;
  readonly #world: World;
  readonly #failed = new AbortController();
  #failure: OpenSpaceError | undefined;
  #closed = false;
  #seq = 0;
  #sizeBytes = 0;
  #dropped = 0;
  #turns = 0;
  #usage: Usage = NO_USAGE;

  constructor(header: RunHeader, folder: string, file: number, redactor: Redactor, world: World) {
    this.header = header;
    this.folder = folder;
    this.#file = file;
    this.#redactor = redactor;
    this.#world = world;
  }

  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  get failure(): OpenSpaceError | undefined {
    return this.#failure;
  }

  write(event: RunEvent | TextDelta): void {
    if (event.type === 'text-delta' || this.#closed) return;
    if (event.type === 'attempt-end') {
      this.#turns += event.outcome.turns;
      this.#usage = addUsage(this.#usage, event.outcome.usage);
    }
    if (this.#failure !== undefined) {
      this.#dropped += 1;
      return;
    }
    try {
      this.#append(event);
    } catch (error) {
      this.#fail(explain(error, `Could not write the recording ${this.folder}`));
      this.#dropped += 1;
    }
  }

  #append(event: RunEvent): void {
    const safe = this.#redactor.json(event);
    const frame = { seq: this.#seq, at: this.#world.now().toISOString() };
    const line = `${JSON.stringify({ ...frame, ...toDiskNames(this.#toStored(safe)) })}\n`;
    const bytes = Buffer.from(line);
    try {
      writeAll(this.#file, bytes);
    } catch (error) {
      ftruncateSync(this.#file, this.#sizeBytes); // a half-written line would hide the next one
      throw error;
    }
    this.#seq += 1;
    this.#sizeBytes += bytes.length;
  }

  #toStored(event: RunEvent): object {
    if (event.type === 'model-reply') {
      const { providerState: _, ...reply } = event.reply; // opaque, large, and of use in its own conversation only
      return { ...event, reply };
    }
    if (event.type !== 'tool-end') return event;
    const { parts, details } = event.result;
    return {
      ...event,
      result: {
        ...event.result,
        parts: storeParts(this.folder, `event-${this.#seq}`, parts),
        ...(details === undefined ? {} : { details: capDetails(details) }),
      },
    };
  }

  #fail(error: OpenSpaceError): void {
    this.#failure = error;
    this.#failed.abort(error);
  }

  close(end: RunEnd): OpenSpaceError | undefined {
    if (this.#closed) return this.#failure;
    rmSync(join(this.folder, RESERVE_FILE), { force: true });
    const sums = { turns: this.#turns, usage: this.#usage };
    if (this.#failure === undefined) this.write({ type: 'run-end', ...end, ...sums });
    if (this.#failure !== undefined) this.#closeFailed(end, sums, this.#failure);
    this.#closed = true;
    try {
      fsyncSync(this.#file);
    } catch (error) {
      this.#failure ??= explain(error, `Could not write the recording ${this.folder}`);
    } finally {
      closeSync(this.#file);
    }
    return this.#failure;
  }

  /** Says in the recording itself why it is not whole. The reserve has just been given back for this. */
  #closeFailed(end: RunEnd, sums: { turns: number; usage: Usage }, failure: OpenSpaceError): void {
    const text = `The recording is not whole: ${failure.message}. Events left out: ${this.#dropped}.`;
    const answer = capOutput(end.answer, RESERVE_BYTES / 4);
    try {
      this.#append({ type: 'note', text });
      this.#append({ type: 'run-end', status: 'error', answer, error: failure.message, ...sums });
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      // Not even the reserve was left: readers then see a run that has no end, as after a crash.
    }
  }
}
