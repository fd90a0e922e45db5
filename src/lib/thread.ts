// Runs one job in a thread of its own: what takes for ever or fills the memory ends with it.
import { Worker } from 'node:worker_threads';
import { OpenSpaceError } from './errors.ts';

export interface ThreadJob {
  /** The worker's module as the caller's source names it, ending in `.ts`. */
  readonly module: URL;
  readonly data: unknown;
  readonly signal: AbortSignal;
  readonly limitMs: number;
  readonly memoryMb: number;
  /** What is being done, for messages: `The search`. */
  readonly what: string;
  /** Tells people what to change when the limit is reached. */
  readonly timeoutHint?: string;
}

/** The worker's first message. Throws `timeout`, `cancelled`, `too-large` for too much memory, and what the worker throws. */
export async function runInThread<Message>(job: ThreadJob): Promise<Message> {
  const { what, signal, limitMs } = job;
  const cancelled = () => new OpenSpaceError('cancelled', `${what} was cancelled.`);
  if (signal.aborted) throw cancelled();
  const worker = new Worker(moduleFile(job.module), {
    workerData: job.data,
    env: {}, // it needs none
    stdout: true, // libraries print warnings; stdout belongs to the protocol
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: job.memoryMb },
  });
  const { promise, resolve, reject } = Promise.withResolvers<Message>();
  const timer = setTimeout(() => {
    const message = `${what} took longer than ${limitMs / 1000} s.`;
    reject(new OpenSpaceError('timeout', message, { hint: job.timeoutHint }));
  }, limitMs);
  const onAbort = () => reject(cancelled());
  signal.addEventListener('abort', onAbort, { once: true });
  worker.once('message', resolve);
  worker.once('error', (error) => reject(explainCrash(error, what)));
  worker.once('exit', () => reject(new Error(`${what} ended without an answer`)));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    await worker.terminate();
  }
}

/** The compiler rewrites the endings of imports only, and the package holds JavaScript. */
function moduleFile(module: URL): URL {
  return import.meta.url.endsWith('.ts') ? module : new URL(module.href.replace(/\.ts$/, '.js'));
}

function explainCrash(error: unknown, what: string): unknown {
  const isFull = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  return isFull ? new OpenSpaceError('too-large', `${what} needs more memory than it may have.`) : error;
}
