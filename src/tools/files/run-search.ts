// Runs a search in a thread of its own, with a time limit.
import { OpenSpaceError, runInThread } from '../../lib/index.ts';
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
  const message = await runInThread<SearchMessage>({
    module: new URL('./search-worker.ts', import.meta.url),
    data: request,
    signal,
    limitMs,
    memoryMb: MEMORY_LIMIT_MB,
    what: 'The search',
    timeoutHint:
      'Search in fewer files, or make the pattern simpler (nested repetitions such as (a+)+ never end).',
  });
  if (message.ok) return message.answer;
  throw new OpenSpaceError('invalid', message.reason);
}
