// The thread that searches: a pattern that never ends can be stopped with it, and the rest of the program goes on.
import { parentPort, workerData } from 'node:worker_threads';
import { errnoOf, OpenSpaceError, toMessage } from '../../lib/index.ts';
import { find, grep, type SearchAnswer, type SearchRequest } from './search.ts';

/** What the thread sends back, once. */
export type SearchMessage =
  | { readonly ok: true; readonly answer: SearchAnswer }
  | { readonly ok: false; readonly reason: string };

function search(request: SearchRequest): SearchMessage {
  try {
    return { ok: true, answer: request.kind === 'find' ? find(request) : grep(request) };
  } catch (error) {
    const expected =
      error instanceof SyntaxError || error instanceof OpenSpaceError || errnoOf(error) !== undefined;
    if (!expected) throw error;
    return { ok: false, reason: toMessage(error) };
  }
}

parentPort?.postMessage(search(workerData as SearchRequest)); // only `runSearch` starts this file
