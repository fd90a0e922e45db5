// Text of PDF files, page by page. Scripts in the file are not run, nothing is fetched.
import { getDocumentProxy } from 'unpdf';
import type { ExtractAnswer } from './extract.ts';

const MAX_CHARACTERS = 2_000_000;

export async function readPdf(bytes: Uint8Array, first: number, last: number): Promise<ExtractAnswer> {
  const document = await getDocumentProxy(new Uint8Array(bytes), {
    disableFontFace: true,
    useSystemFonts: false,
    stopAtErrors: false,
    verbosity: 0,
  });
  const total = document.numPages;
  const end = Math.min(last, total);
  const pages: string[] = [];
  let characters = 0;
  let page = first;
  for (; page <= end && characters < MAX_CHARACTERS; page += 1) {
    const text = await readPage(document, page);
    characters += text.length;
    pages.push(
      `--- page ${page} of ${total} ---\n${text === '' ? '(no text on this page; it may be a scan)' : text}`,
    );
  }
  const notes = [`PDF, ${total} ${total === 1 ? 'page' : 'pages'}.`];
  if (first > total) notes.push(`There is no page ${first}.`);
  if (page <= total && first <= total) notes.push(`Read on with the pages from ${page}.`);
  const { info } = (await document.getMetadata()) as { info: { Title?: unknown } };
  await document.loadingTask.destroy();
  const title = typeof info.Title === 'string' && info.Title !== '' ? { title: info.Title } : {};
  return { text: pages.join('\n\n'), note: notes.join(' '), ...title };
}

/** Lines as they stand: pdf.js says where a line ends, and a jump down without that is a line end too. */
async function readPage(
  document: Awaited<ReturnType<typeof getDocumentProxy>>,
  number: number,
): Promise<string> {
  const page = await document.getPage(number);
  const content = await page.getTextContent();
  let text = '';
  let baseline: number | undefined;
  for (const item of content.items) {
    if (!('str' in item)) continue;
    const y: unknown = item.transform[5];
    if (typeof y === 'number') {
      const jumped = baseline !== undefined && Math.abs(y - baseline) > Math.max(2, item.height);
      if (jumped && text !== '' && !text.endsWith('\n')) text += '\n';
      if (item.str !== '') baseline = y;
    }
    text += item.hasEOL ? `${item.str}\n` : item.str;
  }
  page.cleanup();
  return text
    .replace(/[ \t]+\n/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
