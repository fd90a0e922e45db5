// Markdown, as models write it, into the blocks of a document. A fenced block `chart` holds a chart as JSON.
import { marked, type Token, type Tokens } from 'marked';
import { z } from 'zod';
import { OpenSpaceError, toMessage } from '../../lib/index.ts';
import { type Block, chartSchema, type Span } from './blocks.ts';

/** Throws `invalid` for a chart that can't be read, with its place. */
export function parseMarkdown(markdown: string): readonly Block[] {
  const counter = { lists: 0 };
  return marked.lexer(markdown, { gfm: true }).flatMap((token) => blocksOf(token, counter));
}

function blocksOf(token: Token, counter: { lists: number }): Block[] {
  switch (token.type) {
    case 'heading':
      return [
        { kind: 'heading', level: (token as Tokens.Heading).depth, spans: spansOf(token.tokens ?? []) },
      ];
    case 'paragraph':
    case 'text':
      return paragraphBlocks(token as Tokens.Paragraph);
    case 'list':
      return listBlocks(token as Tokens.List, 0, counter);
    case 'blockquote':
      return (token.tokens ?? []).flatMap((inner) =>
        blocksOf(inner, counter).map((block) =>
          block.kind === 'paragraph' ? { ...block, kind: 'quote' as const } : block,
        ),
      );
    case 'code': {
      const { lang, text } = token as Tokens.Code;
      return [lang === 'chart' ? { kind: 'chart', chart: parseChart(text) } : { kind: 'code', text }];
    }
    case 'table': {
      const { header, rows } = token as Tokens.Table;
      const cells = [header, ...rows].map((row) => row.map((cell) => spansOf(cell.tokens)));
      return [{ kind: 'table', rows: cells }];
    }
    case 'hr':
      return [{ kind: 'break' }];
    case 'html':
      return /^\s*(?:<!--|$)/.test(token.raw)
        ? []
        : [{ kind: 'paragraph', spans: [{ text: token.raw.trim() }] }];
    default:
      return [];
  }
}

/** Pictures stand alone in a document: they end the paragraph before them. */
function paragraphBlocks(token: Tokens.Paragraph | Tokens.Text): Block[] {
  const blocks: Block[] = [];
  let run: Token[] = [];
  const flush = () => {
    const spans = spansOf(run);
    if (spans.some((span) => span.text.trim() !== '')) blocks.push({ kind: 'paragraph', spans });
    run = [];
  };
  for (const inner of token.tokens ?? [token]) {
    if (inner.type !== 'image') run.push(inner);
    else {
      flush();
      blocks.push({ kind: 'picture', path: (inner as Tokens.Image).href, alt: (inner as Tokens.Image).text });
    }
  }
  flush();
  return blocks;
}

function listBlocks(list: Tokens.List, depth: number, counter: { lists: number }): Block[] {
  counter.lists += 1;
  const id = counter.lists;
  return list.items.flatMap((item, index) => {
    const number = list.ordered ? (typeof list.start === 'number' ? list.start : 1) + index : undefined;
    const inner: Block[] = [];
    let first: readonly Span[] | undefined;
    for (const token of item.tokens) {
      if (token.type === 'list') inner.push(...listBlocks(token as Tokens.List, depth + 1, counter));
      else if (first === undefined && (token.type === 'text' || token.type === 'paragraph')) {
        first = spansOf((token as Tokens.Text).tokens ?? [token]);
      } else inner.push(...blocksOf(token, counter));
    }
    const box = item.task ? [{ text: item.checked ? '☑ ' : '☐ ' }] : [];
    const head: Block = { kind: 'item', depth, number, list: id, spans: [...box, ...(first ?? [])] };
    return [head, ...inner];
  });
}

function spansOf(tokens: readonly Token[], style: Omit<Span, 'text'> = {}): Span[] {
  return tokens.flatMap((token): Span[] => {
    const inner = 'tokens' in token && token.tokens !== undefined ? token.tokens : undefined;
    switch (token.type) {
      case 'strong':
        return spansOf(inner ?? [], { ...style, bold: true });
      case 'em':
        return spansOf(inner ?? [], { ...style, italic: true });
      case 'codespan':
        return [{ ...style, text: (token as Tokens.Codespan).text, code: true }];
      case 'link':
        return spansOf(inner ?? [], { ...style, link: (token as Tokens.Link).href });
      case 'br':
        return [{ ...style, text: '\n' }];
      case 'image':
        return [{ ...style, text: `[${(token as Tokens.Image).text}]` }];
      case 'checkbox':
        return [];
      default:
        if (inner !== undefined) return spansOf(inner, style);
        return [
          {
            ...style,
            text: 'text' in token ? decodeEntities(String(token.text)).replace(/\n/g, ' ') : token.raw,
          },
        ];
    }
  });
}

const ENTITIES: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  nbsp: '\u00a0',
  '#39': "'",
};
const decodeEntities = (text: string) =>
  text.replace(/&(#39|\w+);/g, (whole, name: string) => ENTITIES[name] ?? whole);

function parseChart(json: string): Extract<Block, { kind: 'chart' }>['chart'] {
  try {
    return chartSchema.parse(JSON.parse(json));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : toMessage(error);
    throw new OpenSpaceError('invalid', `The chart block can't be read: ${why}`, {
      hint: 'Form: {"type":"column","title":"…","labels":["a","b"],"series":[{"name":"…","values":[1,2]}]}',
    });
  }
}
