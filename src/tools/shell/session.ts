// One run's shell: the working directory between commands, and the commands that go on in the background.
import { statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import {
  type FolderView,
  OpenSpaceError,
  OutputBuffer,
  type ProcessEnd,
  plural,
  type RunningProcess,
  type Spawner,
  toRootPath,
} from '../../lib/index.ts';
import type { PreparedCommand } from './command.ts';

/** Bytes of a background command's output kept between two reads. */
const UNREAD_BYTES = 48 * 1024;
const MAX_BACKGROUND = 8;
/** Ended commands whose last output has not been read are remembered up to this many. */
const MAX_ENDED = 32;

/** What a background command has done since it was last looked at. */
export interface BackgroundReport {
  readonly id: string;
  readonly command: string;
  readonly output: string;
  /** Undefined while it runs. */
  readonly end: ProcessEnd | undefined;
  readonly runningMs: number;
}

interface Background {
  readonly id: string;
  readonly command: string;
  readonly child: RunningProcess;
  readonly takeDirectory: PreparedCommand['takeDirectory'];
  readonly startedAt: number;
  unread: OutputBuffer;
  hasUnread: boolean;
  end: ProcessEnd | undefined;
  /** Settles at the next output or at the end. */
  news: PromiseWithResolvers<void>;
}

/** The state that `run_shell`, `shell_output` and `shell_kill` share. Belongs to one run; `close` ends what still runs. */
export class ShellSession {
  readonly #view: FolderView | undefined;
  #directory: string | undefined;
  #count = 0;
  readonly #background = new Map<string, Background>();

  constructor(view?: FolderView) {
    this.#view = view;
  }

  /** Where the next command starts, and whether that is not where the last one ended because that folder is gone. */
  directory(workspace: string): { path: string; lost: string | undefined } {
    const path = this.#directory ?? workspace;
    const reached = this.#view === undefined ? path : toRootPath(this.#view, path);
    if (statSync(reached, { throwIfNoEntry: false })?.isDirectory()) return { path, lost: undefined };
    this.#directory = undefined;
    return { path: workspace, lost: path === workspace ? undefined : path };
  }

  moveTo(directory: string | undefined): void {
    if (directory !== undefined && isAbsolute(directory)) this.#directory = directory;
  }

  /** Starts a command that outlives the call. Throws `busy` when too many run already. */
  start(prepared: PreparedCommand, text: string, spawner: Spawner, input: string): string {
    const running = [...this.#background.values()].filter(({ end }) => end === undefined);
    if (running.length >= MAX_BACKGROUND) {
      throw new OpenSpaceError(
        'busy',
        `${plural(running.length, 'background command')} are running already.`,
        {
          hint: `End one with shell_kill first (${running.map(({ id }) => id).join(', ')}).`,
        },
      );
    }
    this.#forgetOldest();
    this.#count += 1;
    const child = spawner.start(prepared.command);
    const entry: Background = {
      id: `shell_${this.#count}`,
      command: text,
      takeDirectory: prepared.takeDirectory,
      child,
      startedAt: performance.now(),
      unread: new OutputBuffer(UNREAD_BYTES),
      hasUnread: false,
      end: undefined,
      news: Promise.withResolvers(),
    };
    const onOutput = (chunk: Buffer) => {
      entry.unread.push(chunk);
      entry.hasUnread = true;
      announce(entry);
    };
    child.stdout.on('data', onOutput);
    child.stderr.on('data', onOutput);
    child.stdin.end(input);
    void child.ended.then((end) => {
      entry.end = end;
      announce(entry);
    });
    this.#background.set(entry.id, entry);
    return entry.id;
  }

  #forgetOldest(): void {
    const ended = [...this.#background.values()].filter(({ end }) => end !== undefined);
    for (const { id } of ended.slice(0, Math.max(0, ended.length - MAX_ENDED + 1)))
      this.#background.delete(id);
  }

  /** Output since the last read; waits up to `waitMs` for some, or for the end. */
  async read(id: string, waitMs: number, signal: AbortSignal): Promise<BackgroundReport> {
    const entry = this.#get(id);
    if (!entry.hasUnread && entry.end === undefined && waitMs > 0) await waitForNews(entry, waitMs, signal);
    const output = entry.takeDirectory(entry.unread.toString()).stdout; // a background command moves nobody
    entry.unread = new OutputBuffer(UNREAD_BYTES);
    entry.hasUnread = false;
    return {
      id,
      command: entry.command,
      output,
      end: entry.end,
      runningMs: Math.round(performance.now() - entry.startedAt),
    };
  }

  /** Like `read`, but waits up to `waitMs` for the end: tells at once if a command fails at once. */
  async readUntilEnd(id: string, waitMs: number, signal: AbortSignal): Promise<BackgroundReport> {
    const deadline = performance.now() + waitMs;
    const entry = this.#get(id);
    while (entry.end === undefined && !signal.aborted) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) break;
      await waitForNews(entry, leftMs, signal);
    }
    return this.read(id, 0, signal);
  }

  async kill(id: string): Promise<void> {
    await this.#get(id).child.kill();
  }

  #get(id: string): Background {
    const entry = this.#background.get(id);
    if (entry !== undefined) return entry;
    const known = [...this.#background.keys()];
    throw new OpenSpaceError('not-found', `There is no background command "${id}".`, {
      hint: known.length === 0 ? 'None was started.' : `Known: ${known.join(', ')}.`,
    });
  }

  /** Ends every background command. */
  async close(): Promise<void> {
    await Promise.all([...this.#background.values()].map(({ child }) => child.kill()));
    this.#background.clear();
  }
}

function announce(entry: Background): void {
  entry.news.resolve();
  entry.news = Promise.withResolvers();
}

async function waitForNews(entry: Background, waitMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const stop = Promise.withResolvers<void>();
  const timer = setTimeout(stop.resolve, waitMs);
  const onAbort = () => stop.resolve();
  signal.addEventListener('abort', onAbort, { once: true });
  await Promise.race([entry.news.promise, stop.promise]);
  clearTimeout(timer);
  signal.removeEventListener('abort', onAbort);
}
