// Glob patterns, matched in time bounded by pattern length times path length.
import { OpenSpaceError } from '../../lib/index.ts';

const MAX_ALTERNATIVES = 256;
const MAX_PATTERN = 1_000;

/**
 * Compiles a glob: `*`, `?`, `[a-z]`, `[!a]`, `{a,b}`, and `**` over folders. A pattern without `/` is tried on the name alone.
 * No regular expressions are made from it: `*a*a*a*a*b` on a long name would take for ever. Throws `invalid`.
 */
export function compileGlob(pattern: string): (path: string) => boolean {
  if (pattern.length > MAX_PATTERN) throw new OpenSpaceError('invalid', 'The glob pattern is too long.');
  const alternatives = expandBraces(pattern.replace(/^\.\//, '').replace(/^\//, '')).map((alternative) => {
    const parts = alternative.split('/').map((part) => (part === '**' ? part : compilePart(part)));
    return alternative.includes('/') ? parts : ['**' as const, ...parts];
  });
  return (path) => {
    const names = path.split('/');
    return alternatives.some((parts) => matchParts(parts, names));
  };
}

/** `a{b,c}d` → `abd`, `acd`; nested ones too. */
function expandBraces(pattern: string): string[] {
  const done: string[] = [];
  const open = [pattern];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const group = findBraces(next);
    if (group === undefined) done.push(next);
    else open.push(...group);
    if (done.length + open.length > MAX_ALTERNATIVES) {
      throw new OpenSpaceError('invalid', `The glob pattern has more than ${MAX_ALTERNATIVES} alternatives.`);
    }
  }
  return done.reverse();
}

/** The first group with a comma, replaced by each of its alternatives. */
function findBraces(pattern: string): string[] | undefined {
  for (let start = pattern.indexOf('{'); start !== -1; start = pattern.indexOf('{', start + 1)) {
    const commas: number[] = [];
    let depth = 0;
    for (let at = start; at < pattern.length; at += 1) {
      const character = pattern[at];
      if (character === '{') depth += 1;
      else if (character === ',' && depth === 1) commas.push(at);
      else if (character === '}') depth -= 1;
      if (depth > 0) continue;
      if (commas.length === 0) break;
      const edges = [start, ...commas, at];
      return edges.slice(1).map((edge, index) => {
        const middle = pattern.slice((edges[index] ?? 0) + 1, edge);
        return pattern.slice(0, start) + middle + pattern.slice(at + 1);
      });
    }
  }
  return undefined;
}

type Token = '*' | ((character: string) => boolean);
type Part = '**' | readonly Token[];

function compilePart(part: string): readonly Token[] {
  const characters = Array.from(part);
  const tokens: Token[] = [];
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? '';
    const close = character === '[' ? characters.indexOf(']', at + 2) : -1;
    if (character === '*') {
      if (tokens.at(-1) !== '*') tokens.push('*');
    } else if (character === '?') {
      tokens.push(() => true);
    } else if (close !== -1) {
      tokens.push(compileClass(characters.slice(at + 1, close)));
      at = close;
    } else {
      const escaped = character === '\\' ? characters[at + 1] : undefined;
      if (escaped !== undefined) at += 1;
      const wanted = escaped ?? character;
      tokens.push((found) => found === wanted);
    }
  }
  return tokens;
}

function compileClass(content: readonly string[]): (character: string) => boolean {
  const negated = content[0] === '!' || content[0] === '^';
  const body = negated ? content.slice(1) : content;
  const ranges: [string, string][] = [];
  for (let at = 0; at < body.length; at += 1) {
    const first = body[at] ?? '';
    const last = body[at + 1] === '-' ? body[at + 2] : undefined;
    ranges.push([first, last ?? first]);
    if (last !== undefined) at += 2;
  }
  return (character) => ranges.some(([first, last]) => first <= character && character <= last) !== negated;
}

/** Two pointers with one place to go back to: the last star. */
function matchName(tokens: readonly Token[], name: string): boolean {
  return matchWithStars(
    tokens,
    Array.from(name),
    '*',
    (token, character) => token !== '*' && token(character),
  );
}

function matchParts(parts: readonly Part[], names: readonly string[]): boolean {
  return matchWithStars(parts, names, '**', (part, name) => part !== '**' && matchName(part, name));
}

function matchWithStars<Pattern, Item>(
  patterns: readonly Pattern[],
  items: readonly Item[],
  star: Pattern,
  matches: (pattern: Pattern, item: Item) => boolean,
): boolean {
  let pattern = 0;
  let item = 0;
  let afterStar = -1;
  let starItem = 0;
  while (item < items.length) {
    const current = patterns[pattern];
    const candidate = items[item];
    if (current === star) {
      pattern += 1;
      afterStar = pattern;
      starItem = item;
    } else if (current !== undefined && candidate !== undefined && matches(current, candidate)) {
      pattern += 1;
      item += 1;
    } else if (afterStar !== -1) {
      starItem += 1;
      item = starItem;
      pattern = afterStar;
    } else {
      return false;
    }
  }
  while (pattern < patterns.length && patterns[pattern] === star) pattern += 1;
  return pattern === patterns.length;
}
