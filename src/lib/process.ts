// Starting programs: with a time limit, capped output, and the whole process group ended at the end.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { Readable, Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf, toMessage } from './errors.ts';
import { readTextIfPresent } from './files.ts';
import { capOutput, OutputBuffer } from './output.ts';

/** What to start. `env` is complete: nothing is inherited. */
export interface SpawnRequest {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface RunRequest extends SpawnRequest {
  readonly input?: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Bytes kept of stdout and of stderr each; the middle is left out. Default 1 MiB. */
  readonly maxOutputBytes?: number;
  readonly onOutput?: (chunk: string, stream: 'stdout' | 'stderr') => void;
}

export interface RunResult {
  /** `failed`: the program could not be started (`stderr` says why). */
  readonly end: 'exited' | 'killed' | 'timeout' | 'cancelled' | 'failed';
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly truncated: boolean;
  readonly tookMs: number;
  /** The program had left others running in its process group; they were ended with it. */
  readonly leftovers?: boolean;
}

/** How a program ended. `error`: it could not be started. */
export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly error?: string;
  readonly leftovers?: boolean;
}

/** A program that goes on running: an MCP server, a background command. */
export interface RunningProcess {
  readonly pid: number | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /**
   * Settles when the program has ended and its output has been read; never rejects. What it left in its process
   * group is ended then. A descendant that made a session of its own (`setsid`) escapes: only a sandbox holds it.
   */
  readonly ended: Promise<ProcessEnd>;
  /** Asks the whole process group to end, and after the grace time makes it. */
  kill(graceMs?: number): Promise<void>;
}

/** The only way programs are started. `tools/` has one that puts them into a sandbox. */
export interface Spawner {
  run(request: RunRequest): Promise<RunResult>;
  start(request: SpawnRequest): RunningProcess;
}

/** How long a program may take to end by itself after SIGTERM, in ms. */
const GRACE_MS = 2_000;
/** How long output may still come after the program has ended, from children that hold its pipes, in ms. */
const DRAIN_MS = 500;

/** Starts programs directly, without a sandbox. */
export const plainSpawner: Spawner = { run: runProcess, start: startProcess };

/** Sends a signal to a program and all that it started and that stayed in its group. False if nobody is left. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
    return true;
  } catch (error) {
    // EPERM: somebody is there, but is not ours to end (a setuid program).
    if (errnoOf(error) === 'ESRCH') return false;
    if (errnoOf(error) === 'EPERM') return true;
    throw error;
  }
}

/**
 * True if somebody of the group still runs. A zombie does not: it only waits for its parent to notice, which for
 * orphans is the system's first program and may take as long as that likes.
 */
function groupLives(pid: number): boolean {
  if (!signalGroup(pid, 0)) return false;
  if (process.platform !== 'linux') return true;
  return readdirSync('/proc').some((name) => {
    if (!/^\d+$/.test(name)) return false;
    const stat = readTextIfPresent(`/proc/${name}/stat`) ?? '';
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ', 3);
    return group === String(pid) && state !== 'Z' && state !== 'X';
  });
}

/** Waits until nobody is left of a group, at most `limitMs`. */
async function waitForGroup(pid: number, limitMs: number): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (performance.now() < deadline && groupLives(pid)) await sleep(10);
}

function startProcess(request: SpawnRequest): RunningProcess {
  let child: ChildProcessWithoutNullStreams;
  try {
    child = spawn(request.command, [...request.args], {
      cwd: request.cwd,
      env: { ...request.env },
      detached: process.platform !== 'win32', // a group of its own
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  } catch (error) {
    return notStarted(Promise.resolve(toMessage(error))); // a NUL byte in an argument, or too long a command line
  }
  const { pid } = child;
  if (pid === undefined) {
    return notStarted(new Promise((resolve) => child.once('error', (error) => resolve(toMessage(error)))));
  }
  child.on('error', () => undefined); // a signal that could not be sent; `ended` tells the rest
  child.stdin.on('error', () => undefined); // EPIPE: the program closed its input; its end says the rest
  const ended = followEnd(child, pid);
  endWithUs(pid, ended);
  let over = false; // from then on the number may be somebody else's
  void ended.then(() => {
    over = true;
  });
  const kill = async (graceMs = GRACE_MS) => {
    if (over) return;
    signalGroup(pid, 'SIGTERM');
    await waitForGroup(pid, graceMs);
    if (!over) signalGroup(pid, 'SIGKILL');
    await ended;
  };
  return { pid, stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, ended, kill };
}

function notStarted(reason: Promise<string>): RunningProcess {
  return {
    pid: undefined,
    stdin: new Writable({ write: (_chunk, _encoding, done) => done() }),
    stdout: Readable.from([]),
    stderr: Readable.from([]),
    ended: reason.then((error) => ({ exitCode: null, signal: null, error })),
    kill: () => Promise.resolve(),
  };
}

/** Ends the group when this program exits first, by `process.exit` for example. Of a SIGKILL to us nobody tells. */
function endWithUs(pid: number, ended: Promise<ProcessEnd>): void {
  const onExit = () => signalGroup(pid, 'SIGKILL');
  process.setMaxListeners(process.getMaxListeners() + 1); // one for each program that runs, and no more
  process.once('exit', onExit);
  void ended.then(() => {
    process.removeListener('exit', onExit);
    process.setMaxListeners(process.getMaxListeners() - 1);
  });
}

/**
 * Waits for the program, then for its output, but not for ever: a child in the background (`server &`) or one that
 * left the group holds the pipes open as long as it likes.
 */
function followEnd(child: ChildProcessWithoutNullStreams, pid: number): Promise<ProcessEnd> {
  return new Promise((resolve) => {
    let leftovers = false;
    child.once('exit', () => {
      const endGroup = () => {
        if (!groupLives(pid)) return;
        leftovers = true;
        signalGroup(pid, 'SIGKILL');
      };
      const drain = setTimeout(() => {
        endGroup();
        setTimeout(() => {
          child.stdout.destroy();
          child.stderr.destroy();
        }, DRAIN_MS).unref();
      }, DRAIN_MS);
      child.once('close', (exitCode, signal) => {
        clearTimeout(drain);
        endGroup();
        const done = () => resolve({ exitCode, signal, leftovers });
        if (leftovers) void waitForGroup(pid, DRAIN_MS).then(done);
        else done();
      });
    });
  });
}

async function runProcess(request: RunRequest): Promise<RunResult> {
  const started = performance.now();
  const limit = request.maxOutputBytes ?? 1024 * 1024;
  const out = new OutputBuffer(limit);
  const err = new OutputBuffer(limit);
  const result = (end: RunResult['end'], last: ProcessEnd): RunResult => ({
    end,
    exitCode: last.exitCode,
    signal: last.signal,
    stdout: out.toString(),
    stderr: last.error === undefined ? err.toString() : capOutput(last.error, limit),
    truncated: out.truncated || err.truncated,
    tookMs: Math.round(performance.now() - started),
    ...(last.leftovers === true ? { leftovers: true } : {}),
  });
  if (request.signal.aborted) return result('cancelled', { exitCode: null, signal: null });

  const child = startProcess(request);
  const collect = (buffer: OutputBuffer, stream: 'stdout' | 'stderr') => {
    const decoder = new StringDecoder('utf8');
    return (chunk: Buffer) => {
      buffer.push(chunk);
      request.onOutput?.(decoder.write(chunk), stream);
    };
  };
  child.stdout.on('data', collect(out, 'stdout'));
  child.stderr.on('data', collect(err, 'stderr'));
  child.stdin.end(request.input ?? '');

  let stopped: 'timeout' | 'cancelled' | undefined;
  const stop = (why: 'timeout' | 'cancelled') => {
    stopped ??= why;
    void child.kill();
  };
  const timer = setTimeout(() => stop('timeout'), request.timeoutMs);
  const onAbort = () => stop('cancelled');
  request.signal.addEventListener('abort', onAbort, { once: true });
  const last = await child.ended;
  clearTimeout(timer);
  request.signal.removeEventListener('abort', onAbort);
  if (last.error !== undefined) return result('failed', last);
  return result(stopped ?? (last.signal === null ? 'exited' : 'killed'), last);
}
