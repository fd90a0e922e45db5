// Reads foreign documents in a thread of its own: one that is made to take for ever or fill the memory ends with it.
import { OpenSpaceError, runInThread } from '../../lib/index.ts';
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
  const message = await runInThread<ExtractMessage>({
    module: new URL('./extract-worker.ts', import.meta.url),
    data: request,
    signal,
    limitMs,
    memoryMb: MEMORY_LIMIT_MB,
    what: 'Reading the document',
  });
  if (message.ok) return message.answer;
  throw new OpenSpaceError(message.code, message.reason);
}
