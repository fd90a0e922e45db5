// Edits in the SEARCH/REPLACE format: a quoted passage and what takes its place.
import { type FuzzyLevel, type FuzzyMatch, fuzzyFindOne } from '../fuzzy.ts';
import { describeNearest } from './nearest-lines.ts';

export interface SearchBlock {
  readonly search: string;
  /** `undefined` takes the passage away with its line. */
  readonly replace: string | undefined;
}

const START = /<{7}\s*SEARCH\s*$/;
const MIDDLE = /^\s*={7}\s*$/;
const STOP = /^\s*>{7}\s*REPLACE/;

function withoutOuterBlankLines(lines: readonly string[]): string[] {
  const first = lines.findIndex((line) => line.trim() !== '');
  const last = lines.findLastIndex((line) => line.trim() !== '');
  return first === -1 ? [] : lines.slice(first, last + 1);
}

/** All complete blocks of a text, in order, and how many were begun but never completed. */
export function parseSearchBlocks(text: string): { blocks: SearchBlock[]; incomplete: number } {
  const blocks: SearchBlock[] = [];
  let incomplete = 0;
  let search: string[] | undefined;
  let replace: string[] | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (START.test(line)) {
      if (search !== undefined) incomplete += 1;
      search = [];
      replace = undefined;
    } else if (search === undefined) continue;
    else if (replace === undefined && MIDDLE.test(line)) replace = [];
    else if (replace !== undefined && STOP.test(line)) {
      blocks.push({
        search: withoutOuterBlankLines(search).join('\n'),
        replace: replace.length === 0 ? undefined : withoutOuterBlankLines(replace).join('\n'),
      });
      search = undefined;
      replace = undefined;
    } else (replace ?? search).push(line);
  }
  return { blocks, incomplete: incomplete + (search === undefined ? 0 : 1) };
}

export interface SearchReplaceResult {
  readonly text: string;
  readonly applied: number;
  readonly error: string | undefined;
}

const indentOf = (line: string) => /^[ \t]*/.exec(line)?.[0] ?? '';

/** Moves a replacement to the right where the passage stands deeper in the file than in the quote. */
function reindent(replace: string, search: string, found: string, level: FuzzyLevel): string {
  if (level === 'exact') return replace;
  const deeper = indentOf(found);
  const quoted = indentOf(search);
  if (deeper.length <= quoted.length || !deeper.endsWith(quoted)) return replace;
  const more = deeper.slice(0, deeper.length - quoted.length);
  return replace
    .split('\n')
    .map((line) => (line.trim() === '' ? line : more + line))
    .join('\n');
}

function put(text: string, match: FuzzyMatch, block: SearchBlock, level: FuzzyLevel): string {
  const before = text.slice(0, match.start);
  const after = text.slice(match.end);
  if (block.replace === undefined) {
    const isWholeLines = /(?:^|\n)[ \t]*$/.test(before) && /^[ \t]*\n/.test(after);
    return isWholeLines ? before.replace(/[ \t]*$/, '') + after.replace(/^[ \t]*\n/, '') : before + after;
  }
  return before + reindent(block.replace, block.search, text.slice(match.start, match.end), level) + after;
}

function lineNumbers(text: string, matches: readonly FuzzyMatch[]): string {
  return matches
    .slice(0, 5)
    .map((match) => text.slice(0, match.start).split('\n').length)
    .join(', ');
}

function applyToLines(original: string, blocks: readonly SearchBlock[], file: string): SearchReplaceResult {
  let text = original;
  let applied = 0;
  const fail = (message: string): SearchReplaceResult => ({ text, applied, error: message });
  for (const [index, block] of blocks.entries()) {
    const name = `Block ${index + 1} of ${blocks.length}`;
    const quote = block.search.split('\n')[0] ?? '';
    if (block.search === '') {
      const addition = block.replace ?? '';
      text += `${text === '' || text.endsWith('\n') ? '' : '\n'}${addition}${addition === '' ? '' : '\n'}`;
      applied += 1;
      continue;
    }
    const found = fuzzyFindOne(text, block.search);
    if (found === undefined)
      return fail(
        `${name}: the text to replace is not in ${file}. It begins: ${quote.trim()}${describeNearest(text, quote)}`,
      );
    if ('ambiguous' in found) {
      // As many equal blocks as places: each takes the next place.
      const left = blocks.slice(index).filter((other) => other.search === block.search).length;
      const [next] = found.ambiguous;
      if (left !== found.ambiguous.length || next === undefined)
        return fail(
          `${name}: the text to replace is in ${file} ${found.ambiguous.length} times (lines ${lineNumbers(text, found.ambiguous)}): quote more lines around it. It begins: ${quote.trim()}`,
        );
      text = put(text, next, block, 'exact');
    } else {
      text = put(text, found.match, block, found.level);
    }
    applied += 1;
  }
  return { text, applied, error: undefined };
}

/**
 * The usual case at once: every passage stands exactly once in the text, none touches another, and no block puts in
 * what a later one looks for. `undefined` if it is not so; then the blocks are applied one after the other.
 */
function applyAtOnce(original: string, blocks: readonly SearchBlock[]): string | undefined {
  const places: { match: FuzzyMatch; block: SearchBlock }[] = [];
  for (const [index, block] of blocks.entries()) {
    const start = block.search === '' ? -1 : original.indexOf(block.search);
    if (block.replace === undefined || start === -1 || original.includes(block.search, start + 1))
      return undefined;
    if (blocks.slice(0, index).some((earlier) => earlier.replace?.includes(block.search))) return undefined;
    places.push({ match: { start, end: start + block.search.length }, block });
  }
  const parts: string[] = [];
  let done = 0;
  for (const { match, block } of places.toSorted((a, b) => a.match.start - b.match.start)) {
    if (match.start < done) return undefined;
    parts.push(original.slice(done, match.start), block.replace ?? '');
    done = match.end;
  }
  parts.push(original.slice(done));
  return parts.join('');
}

/** Applies blocks one after the other; stops at the first that can't be placed. CRLF files stay CRLF. */
export function applySearchBlocks(
  original: string,
  blocks: readonly SearchBlock[],
  file: string,
): SearchReplaceResult {
  const isCrlf = original.includes('\r\n') && !/(?<!\r)\n/.test(original);
  if (!isCrlf) {
    const text = applyAtOnce(original, blocks);
    return text === undefined
      ? applyToLines(original, blocks, file)
      : { text, applied: blocks.length, error: undefined };
  }
  const result = applyToLines(original.replaceAll('\r\n', '\n'), blocks, file);
  return { ...result, text: result.text.replaceAll('\n', '\r\n') };
}
