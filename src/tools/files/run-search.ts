// Runs a search in a thread of its own, with a time limit.
import { Worker } from 'node:worker_threads';
import { OpenSpaceError } from '../../lib/index.ts';
import type {
  FindAnswer,
  FindRequest,
  GrepAnswer,
  GrepRequest,
  SearchAnswer,
  SearchRequest,
} from './search.ts';
import type { SearchMessage } from './search-worker.ts';

/** Longest time of one search, in ms. */
export const SEARCH_LIMIT_MS = 20_000;
const MEMORY_LIMIT_MB = 512;

/** Throws `invalid` for a bad pattern, `timeout`, `cancelled`. */
export async function runFind(
  request: FindRequest,
  signal: AbortSignal,
  limitMs = SEARCH_LIMIT_MS,
): Promise<FindAnswer> {
  const answer = await runSearch(request, signal, limitMs);
  if (answer.kind !== 'find') throw new Error('the search thread answered another question');
  return answer;
}

export async function runGrep(
  request: GrepRequest,
  signal: AbortSignal,
  limitMs = SEARCH_LIMIT_MS,
): Promise<GrepAnswer> {
  const answer = await runSearch(request, signal, limitMs);
  if (answer.kind !== 'grep') throw new Error('the search thread answered another question');
  return answer;
}

async function runSearch(
  request: SearchRequest,
  signal: AbortSignal,
  limitMs: number,
): Promise<SearchAnswer> {
  if (signal.aborted) throw new OpenSpaceError('cancelled', 'The search was cancelled.');
  // The compiler rewrites the endings of imports only, and the package holds JavaScript.
  const file = import.meta.url.endsWith('.ts') ? './search-worker.ts' : './search-worker.js';
  const worker = new Worker(new URL(file, import.meta.url), {
    workerData: request,
    env: {}, // it needs none
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_LIMIT_MB },
  });
  const { promise, resolve, reject } = Promise.withResolvers<SearchAnswer>();
  const timer = setTimeout(() => {
    const hint =
      'Search in fewer files, or make the pattern simpler (nested repetitions such as (a+)+ never end).';
    reject(new OpenSpaceError('timeout', `The search took longer than ${limitMs / 1000} s.`, { hint }));
  }, limitMs);
  const onAbort = () => reject(new OpenSpaceError('cancelled', 'The search was cancelled.'));
  signal.addEventListener('abort', onAbort, { once: true });
  worker.once('message', (message: SearchMessage) =>
    message.ok ? resolve(message.answer) : reject(new OpenSpaceError('invalid', message.reason)),
  );
  worker.once('error', reject);
  worker.once('exit', () => reject(new Error('the search thread ended without an answer')));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    await worker.terminate();
  }
}
