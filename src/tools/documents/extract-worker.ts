// The thread that reads documents. Each kind loads only the library that it needs.
import { parentPort, workerData } from 'node:worker_threads';
import { type ErrorCode, OpenSpaceError, toMessage } from '../../lib/index.ts';
import type { ExtractAnswer, ExtractRequest } from './extract.ts';

/** What the thread sends back, once. */
export type ExtractMessage =
  | { readonly ok: true; readonly answer: ExtractAnswer }
  | { readonly ok: false; readonly code: ErrorCode; readonly reason: string };

async function read(request: ExtractRequest): Promise<ExtractAnswer> {
  switch (request.kind) {
    case 'html': {
      const { htmlToMarkdown } = await import('../web/page.ts');
      const page = await htmlToMarkdown(request.html, request.url, request.whole);
      return { text: page.markdown, title: page.title, note: '' };
    }
    case 'pdf': {
      const { readPdf } = await import('./pdf-read.ts');
      return readPdf(request.bytes, request.first, request.last);
    }
    case 'docx': {
      const { readDocx } = await import('./docx-read.ts');
      return readDocx(request.bytes);
    }
    case 'pptx': {
      const { readPptx } = await import('./pptx-read.ts');
      return readPptx(request.bytes, request.first, request.last);
    }
    case 'xlsx': {
      const { readXlsx } = await import('./xlsx-read.ts');
      return readXlsx(request.bytes, request.sheet, request.first, request.last);
    }
  }
}

/** Whatever a parser throws on a foreign file is a property of the file; the thread is the door. */
async function answer(request: ExtractRequest): Promise<ExtractMessage> {
  try {
    return { ok: true, answer: await read(request) };
  } catch (error) {
    if (error instanceof OpenSpaceError) return { ok: false, code: error.code, reason: error.message };
    return { ok: false, code: 'invalid', reason: `The document can't be read: ${toMessage(error)}` };
  }
}

parentPort?.postMessage(await answer(workerData as ExtractRequest)); // only `extract` starts this file
