// A web page as Markdown: the article alone where there is one, else the whole page. Runs in the extraction thread.
import { Readability } from '@mozilla/readability';
import { Parser } from 'htmlparser2';
import { parseHTML } from 'linkedom';
import TurndownService from 'turndown';

export interface Page {
  readonly title: string;
  readonly markdown: string;
  /** The article was found and the rest of the page left out. */
  readonly isArticle: boolean;
}

/** `whole` keeps navigation and everything else. */
export async function htmlToMarkdown(html: string, url: string, whole: boolean): Promise<Page> {
  if (isNestedTooDeep(html)) return { title: '', markdown: withoutTags(html), isArticle: false };
  const { document } = parseHTML(html);
  const title = document.querySelector('title')?.textContent?.trim() ?? '';
  makeLinksAbsolute(document, url);
  const article = whole ? null : new Readability(document.cloneNode(true) as never).parse();
  const enough = article?.content && (article.textContent?.trim().length ?? 0) > 200;
  for (const element of document.querySelectorAll('script,style,noscript,template,svg,iframe'))
    element.remove();
  const body = enough ? article.content : (document.querySelector('body')?.innerHTML ?? document.toString());
  const turndown = new TurndownService({
    headingStyle: 'atx',
    codeBlockStyle: 'fenced',
    bulletListMarker: '-',
  });
  const { gfm } = await import('@joplin/turndown-plugin-gfm');
  turndown.use(gfm);
  turndown.addRule('pictures', {
    filter: 'img',
    // Only what a reader without pictures needs; data: addresses would be megabytes of nothing.
    replacement: (_content, node) => {
      const alt = node.getAttribute('alt')?.trim() ?? '';
      return alt === '' ? '' : `[picture: ${alt}]`;
    },
  });
  const markdown = turndown.turndown(body ?? '').replace(/\n{3,}/g, '\n\n');
  return { title: (enough && article.title?.trim()) || title, markdown, isArticle: Boolean(enough) };
}

function makeLinksAbsolute(document: ReturnType<typeof parseHTML>['document'], url: string): void {
  for (const link of document.querySelectorAll('a[href]')) {
    const href = link.getAttribute('href') ?? '';
    if (URL.canParse(href, url)) link.setAttribute('href', new URL(href, url).href);
  }
}

/** Pages have a few dozen levels. The libraries here walk by recursion and take quadratic time in the depth. */
const MAX_DEPTH = 800;

function isNestedTooDeep(html: string): boolean {
  const tooDeep = new Error('too deep');
  let depth = 0;
  const parser = new Parser({
    onopentag() {
      depth += 1;
      if (depth > MAX_DEPTH) throw tooDeep; // the parser has no other way to stop
    },
    onclosetag() {
      depth -= 1;
    },
  });
  try {
    parser.end(html);
    return false;
  } catch (error) {
    if (error === tooDeep) return true;
    throw error;
  }
}

/** One pass, whatever is in it. */
function withoutTags(html: string): string {
  let text = '';
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf('<', at);
    if (open === -1) return `${text} ${html.slice(at)}`.trim();
    text += html.slice(at, open);
    const close = html.indexOf('>', open);
    at = close === -1 ? html.length : close + 1;
  }
  return text.trim();
}
