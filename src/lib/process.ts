// Starting programs: with a time limit, capped output, and the whole process group ended at the end.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { toMessage } from './errors.ts';
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
}

/** A program that goes on running: an MCP server, a background command. */
export interface RunningProcess {
  readonly pid: number | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles when the program has ended; never rejects. */
  readonly ended: Promise<{ exitCode: number | null; signal: string | null; error?: string }>;
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

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal); // the group: the program and all that it started
  } catch {
    child.kill(signal); // the group is gone, or the system has none
  }
}

/** Starts programs directly, without a sandbox. */
export const plainSpawner: Spawner = { run: runProcess, start: startProcess };

function startProcess(request: SpawnRequest): RunningProcess {
  const child = spawn(request.command, [...request.args], {
    cwd: request.cwd,
    env: { ...request.env },
    detached: process.platform !== 'win32', // a group of its own
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined); // EPIPE: the program closed its input; its end says the rest
  const ended = new Promise<{ exitCode: number | null; signal: string | null; error?: string }>((resolve) => {
    child.once('error', (error) => resolve({ exitCode: null, signal: null, error: toMessage(error) }));
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  const kill = async (graceMs = GRACE_MS) => {
    signalGroup(child, 'SIGTERM');
    if (child.exitCode === null && child.signalCode === null) {
      const waiting = AbortSignal.timeout(graceMs);
      await once(child, 'exit', { signal: waiting }).catch(() => undefined);
    }
    signalGroup(child, 'SIGKILL'); // also what outlived its parent in the group
    if (child.pid !== undefined) await ended;
  };
  return { pid: child.pid, stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, ended, kill };
}

async function runProcess(request: RunRequest): Promise<RunResult> {
  const started = performance.now();
  if (request.signal.aborted) return emptyResult('cancelled', started);
  const limit = request.maxOutputBytes ?? 1024 * 1024;
  const child = startProcess(request);
  const out = new OutputBuffer(limit);
  const err = new OutputBuffer(limit);
  const collect = (buffer: OutputBuffer, stream: 'stdout' | 'stderr') => (chunk: Buffer) => {
    buffer.push(chunk);
    request.onOutput?.(chunk.toString('utf8'), stream);
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
  const end = await child.ended;
  clearTimeout(timer);
  request.signal.removeEventListener('abort', onAbort);
  // A program that has ended may leave others of its group behind.
  if (child.pid !== undefined) await child.kill(0);

  const stderr = end.error ?? err.toString();
  return {
    end: end.error !== undefined ? 'failed' : (stopped ?? (end.signal === null ? 'exited' : 'killed')),
    exitCode: end.exitCode,
    signal: end.signal,
    stdout: out.toString(),
    stderr: capOutput(stderr, limit),
    truncated: out.truncated || err.truncated,
    tookMs: Math.round(performance.now() - started),
  };
}

function emptyResult(end: RunResult['end'], started: number): RunResult {
  return {
    end,
    exitCode: null,
    signal: null,
    stdout: '',
    stderr: '',
    truncated: false,
    tookMs: Math.round(performance.now() - started),
  };
}
