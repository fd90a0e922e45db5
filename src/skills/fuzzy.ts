// Finding a quoted passage in a text although the quote is not exact: a ladder of ever more tolerant comparisons.
import { trimText, WHITE } from './skill-text.ts';

export type FuzzyLevel = 'exact' | 'trimmed-lines' | 'block-ends' | 'white-space' | 'trimmed';

/** A place in the text, in UTF-16 units. */
export interface FuzzyMatch {
  readonly start: number;
  readonly end: number;
}

export interface FuzzyResult {
  readonly level: FuzzyLevel;
  /** All places at the first level that has any, in order. `block-ends` gives its best one only. */
  readonly matches: readonly FuzzyMatch[];
}

/** A text cut into lines once, for all levels. */
interface Lines {
  readonly text: string;
  readonly raw: readonly string[];
  readonly trimmed: readonly string[];
  /** Offset of each line; one more for the end of the text. */
  readonly starts: readonly number[];
}

function cutLines(text: string): Lines {
  const raw = text.split('\n');
  const starts: number[] = [];
  let at = 0;
  for (const line of raw) {
    starts.push(at);
    at += line.length + 1;
  }
  return { text, raw, trimmed: raw.map(trimText), starts };
}

/** From the start of line `first` to the end of line `last`, its line break left out. */
function span(lines: Lines, first: number, last: number): FuzzyMatch {
  const start = lines.starts[first] ?? 0;
  const end = (lines.starts[last] ?? 0) + (lines.raw[last]?.length ?? 0);
  return { start, end: lines.text[end - 1] === '\r' && end - 1 >= start ? end - 1 : end };
}

/** More places than anybody wants to read about. */
const MAX_MATCHES = 100;

function exact(content: string, wanted: string): FuzzyMatch[] {
  const matches: FuzzyMatch[] = [];
  for (let at = content.indexOf(wanted); at !== -1 && matches.length < MAX_MATCHES; ) {
    matches.push({ start: at, end: at + wanted.length });
    at = at < content.length ? content.indexOf(wanted, at + 1) : -1;
  }
  return matches;
}

/** Lines of the quote; one empty line at its end is no line. */
function quotedLines(wanted: string): string[] {
  const lines = wanted.split('\n');
  if (lines.length > 1 && lines.at(-1) === '') lines.pop();
  return lines.map(trimText);
}

/** The line around an offset, as its start and end (before its line feed). */
function lineAround(content: string, at: number): [number, number] {
  const end = content.indexOf('\n', at);
  return [at === 0 ? 0 : content.lastIndexOf('\n', at - 1) + 1, end === -1 ? content.length : end];
}

/** As many lines, each equal but for white space around it. Looks only where the longest of them stands. */
function trimmedLines(content: string, wanted: string): FuzzyMatch[] {
  const quoted = quotedLines(wanted);
  const longest = quoted.reduce(
    (best, line, index) => (line.length > (quoted[best]?.length ?? 0) ? index : best),
    0,
  );
  const sign = quoted[longest] ?? '';
  const matches: FuzzyMatch[] = [];
  for (let at = content.indexOf(sign); at !== -1 && matches.length < MAX_MATCHES; ) {
    let [start, end] = lineAround(content, at);
    at = content.indexOf(sign, end);
    let fits = trimText(content.slice(start, end)) === sign;
    for (let index = longest + 1; fits && index < quoted.length; index += 1) {
      if (end >= content.length) fits = false;
      else {
        const [from, to] = lineAround(content, end + 1);
        fits = trimText(content.slice(from, to)) === quoted[index];
        end = to;
      }
    }
    for (let index = longest - 1; fits && index >= 0; index -= 1) {
      if (start === 0) fits = false;
      else {
        const [from, to] = lineAround(content, start - 1);
        fits = trimText(content.slice(from, to)) === quoted[index];
        start = from;
      }
    }
    if (fits) matches.push({ start, end: content[end - 1] === '\r' && end > start ? end - 1 : end });
  }
  return matches;
}

const codePoints = (text: string) => Uint32Array.from(text, (character) => character.codePointAt(0) ?? 0);

/** Number of single letters to change, add or remove to make one text of the other. One row of memory. */
export function levenshtein(first: string, second: string): number {
  let a = codePoints(first);
  let b = codePoints(second);
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < Math.min(a.length, b.length) - head && a[a.length - 1 - tail] === b[b.length - 1 - tail])
    tail += 1;
  a = a.subarray(head, a.length - tail);
  b = b.subarray(head, b.length - tail);
  const row = Uint32Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const letter = a[i - 1];
    let diagonal = i - 1;
    let left = i;
    row[0] = i;
    for (let j = 1; j <= b.length; j += 1) {
      const above = row[j] ?? 0;
      const changed = letter === b[j - 1] ? diagonal : diagonal + 1;
      left = Math.min(changed, above + 1, left + 1);
      row[j] = left;
      diagonal = above;
    }
  }
  return row[b.length] ?? 0;
}

/** Cells of comparison tables that one search may fill: keeps hostile or huge texts from taking long. */
const WORK_LIMIT = 20_000_000;
/** How alike the lines between the ends must be: where several places compete, and where there is only one. */
const LIKENESS_AMONG_SEVERAL = 0.3;
const LIKENESS_OF_ONE = 0.5;
/** A place may have this many times the lines of the quote. */
const LENGTH_FACTOR = 2;

interface Work {
  left: number;
}

/** Mean likeness (0 to 1) of the lines between the ends, in order. */
function likeness(lines: Lines, from: number, to: number, quoted: readonly string[], work: Work): number {
  const count = Math.min(quoted.length - 2, to - from - 1);
  if (count <= 0) return 1;
  let sum = 0;
  for (let index = 1; index <= count; index += 1) {
    const line = lines.trimmed[from + index] ?? '';
    const other = quoted[index] ?? '';
    const longest = Math.max(line.length, other.length);
    work.left -= line.length * other.length;
    if (line === other) sum += 1;
    else if (longest > 0 && work.left > 0) {
      const length = Math.max(Array.from(line).length, Array.from(other).length);
      sum += 1 - levenshtein(line, other) / length;
    }
  }
  return sum / count;
}

/** First and last line are equal, and the lines between them are alike. */
function blockEnds(lines: Lines, wanted: string): FuzzyMatch[] {
  const quoted = quotedLines(wanted);
  if (quoted.length < 3) return [];
  const first = quoted[0] ?? '';
  const last = quoted.at(-1) ?? '';
  const candidates: { from: number; to: number }[] = [];
  let next = -1;
  let afterNext = -1;
  let third = -1;
  // Backwards, so that the nearest end at least two lines below is always known.
  for (let at = lines.raw.length - 1; at >= 0; at -= 1) {
    third = afterNext;
    afterNext = next;
    if (lines.trimmed[at] === last) next = at;
    const to = next >= at + 2 ? next : afterNext >= at + 2 ? afterNext : third;
    if (lines.trimmed[at] === first && to >= at + 2) candidates.push({ from: at, to });
  }
  candidates.reverse();
  const work: Work = { left: WORK_LIMIT };
  const needed = candidates.length === 1 ? LIKENESS_OF_ONE : LIKENESS_AMONG_SEVERAL;
  let best: { from: number; to: number; score: number } | undefined;
  for (const { from, to } of candidates) {
    if (work.left <= 0) return [];
    if (to - from + 1 > quoted.length * LENGTH_FACTOR) continue;
    const score = likeness(lines, from, to, quoted, work);
    if (score >= needed && (best === undefined || score > best.score)) best = { from, to, score };
  }
  return best === undefined ? [] : [span(lines, best.from, best.to)];
}

const SPACES = new RegExp(`[${WHITE}]+`, 'g');
const UNEVEN_SPACE = new RegExp(`[${WHITE}]{2}|(?! )[${WHITE}]`);
const escapePattern = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
const oneBlank = (text: string) => trimText(UNEVEN_SPACE.test(text) ? text.replace(SPACES, ' ') : text);

/** Equal but for the amount and kind of white space: a line, a part of a line, or as many lines together. */
function* whiteSpace(lines: Lines, wanted: string): Generator<FuzzyMatch> {
  const target = oneBlank(wanted);
  if (target === '') return;
  const words = target.split(' ');
  const inLine = new RegExp(words.map(escapePattern).join(`[${WHITE}]+`), 'g');
  const flat = lines.raw.map(oneBlank);
  const firstWord = words[0] ?? '';
  for (const [at, line] of flat.entries()) {
    if (line === target) yield span(lines, at, at);
    else if (line.includes(firstWord) && line.includes(target)) {
      for (const match of (lines.raw[at] ?? '').matchAll(inLine)) {
        const start = (lines.starts[at] ?? 0) + match.index;
        yield { start, end: start + match[0].length };
      }
    }
  }
  const count = wanted.split('\n').length;
  if (count === 1) return;
  for (let at = 0; at + count <= flat.length; at += 1)
    if (startsWithLines(target, flat, at, count)) yield span(lines, at, at + count - 1);
}

/** True if `count` lines from `at`, joined by blanks, are exactly the target. Stops at the first difference. */
function startsWithLines(target: string, flat: readonly string[], at: number, count: number): boolean {
  let done = 0;
  for (let index = at; index < at + count; index += 1) {
    const line = flat[index] ?? '';
    if (line === '') continue;
    const expected = done === 0 ? line : ` ${line}`;
    if (!target.startsWith(expected, done)) return false;
    done += expected.length;
  }
  return done === target.length;
}

/** The ladder, level by level. Levels after the one that is taken are never computed. */
function* levels(content: string, wanted: string): Generator<FuzzyResult> {
  yield { level: 'exact', matches: exact(content, wanted) };
  const trimmed = trimText(wanted);
  if (trimmed === '') return;
  // Lines are cut only if the words of the quote are in the text at all: most misses end here.
  const quoted = quotedLines(wanted);
  const hasEnds = content.includes(quoted[0] ?? '') && content.includes(quoted.at(-1) ?? '');
  const hasWords = oneBlank(wanted)
    .split(' ')
    .every((word) => content.includes(word));
  if (hasEnds) yield { level: 'trimmed-lines', matches: trimmedLines(content, wanted) };
  if (hasEnds || hasWords) {
    const lines = cutLines(content);
    if (hasEnds) yield { level: 'block-ends', matches: blockEnds(lines, wanted) };
    if (hasWords) yield { level: 'white-space', matches: [...whiteSpace(lines, wanted)] };
  }
  if (trimmed !== wanted) yield { level: 'trimmed', matches: exact(content, trimmed) };
}

/** All places of the first level that finds any; `undefined` if none does. */
export function fuzzyFindAll(content: string, wanted: string): FuzzyResult | undefined {
  for (const result of levels(content, wanted)) if (result.matches.length > 0) return result;
  return undefined;
}

/** The first place that the ladder finds. */
export function fuzzyFind(content: string, wanted: string): FuzzyMatch | undefined {
  return fuzzyFindAll(content, wanted)?.matches[0];
}

/**
 * The one place that is meant. Where the quote stands exactly in several places, one that fills whole lines is meant;
 * otherwise `ambiguous` holds the places.
 */
export function fuzzyFindOne(
  content: string,
  wanted: string,
): { match: FuzzyMatch; level: FuzzyLevel } | { ambiguous: readonly FuzzyMatch[] } | undefined {
  let several: readonly FuzzyMatch[] | undefined;
  for (const { level, matches } of levels(content, wanted)) {
    if (several !== undefined && level !== 'trimmed-lines') break;
    const [match] = matches;
    if (match !== undefined && matches.length === 1) return { match, level };
    if (matches.length > 1) several ??= matches;
  }
  return several === undefined ? undefined : { ambiguous: several };
}
