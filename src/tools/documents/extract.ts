// Reads foreign documents in a thread of its own: one that is made to take for ever or fill the memory ends with it.
import { Worker } from 'node:worker_threads';
import { OpenSpaceError } from '../../lib/index.ts';
import type { ExtractMessage } from './extract-worker.ts';

/** What to read. `first` and `last` count pages, slides or rows from 1. */
export type ExtractRequest =
  | { readonly kind: 'html'; readonly html: string; readonly url: string; readonly whole: boolean }
  | { readonly kind: 'pdf'; readonly bytes: Uint8Array; readonly first: number; readonly last: number }
  | { readonly kind: 'docx'; readonly bytes: Uint8Array }
  | { readonly kind: 'pptx'; readonly bytes: Uint8Array; readonly first: number; readonly last: number }
  | {
      readonly kind: 'xlsx';
      readonly bytes: Uint8Array;
      readonly sheet: string | undefined;
      readonly first: number;
      readonly last: number;
    };

export interface ExtractedImage {
  readonly name: string;
  readonly mediaType: string;
  readonly data: Uint8Array;
}

export interface ExtractAnswer {
  readonly text: string;
  readonly title?: string;
  /** What a reader should know beside the text: pages, sheets, what was left out. */
  readonly note: string;
  readonly images?: readonly ExtractedImage[];
}

export const EXTRACT_LIMIT_MS = 45_000;
const MEMORY_LIMIT_MB = 768;

/** Throws `OpenSpaceError`: `invalid`, `too-large`, `timeout`, `cancelled`. */
export async function extract(
  request: ExtractRequest,
  signal: AbortSignal,
  limitMs = EXTRACT_LIMIT_MS,
): Promise<ExtractAnswer> {
  const cancelled = () => new OpenSpaceError('cancelled', 'Reading was cancelled.');
  if (signal.aborted) throw cancelled();
  // The compiler rewrites the endings of imports only, and the package holds JavaScript.
  const file = import.meta.url.endsWith('.ts') ? './extract-worker.ts' : './extract-worker.js';
  const worker = new Worker(new URL(file, import.meta.url), {
    workerData: request,
    env: {}, // it needs none
    stdout: true, // libraries print warnings; stdout belongs to the protocol
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_LIMIT_MB },
  });
  const { promise, resolve, reject } = Promise.withResolvers<ExtractAnswer>();
  const timer = setTimeout(() => {
    reject(new OpenSpaceError('timeout', `The document could not be read within ${limitMs / 1000} s.`));
  }, limitMs);
  const onAbort = () => reject(cancelled());
  signal.addEventListener('abort', onAbort, { once: true });
  worker.once('message', (message: ExtractMessage) =>
    message.ok ? resolve(message.answer) : reject(new OpenSpaceError(message.code, message.reason)),
  );
  worker.once('error', (error) => reject(explainCrash(error)));
  worker.once('exit', () => reject(new Error('the reading thread ended without an answer')));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    await worker.terminate();
  }
}

function explainCrash(error: unknown): unknown {
  const isFull = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  return isFull
    ? new OpenSpaceError('too-large', 'The document needs more memory than is allowed for reading it.')
    : error;
}
