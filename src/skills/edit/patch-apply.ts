// Putting the hunks of a patch into a text: finding their place and keeping every byte around them.
import { lineEndOf, trimText, WHITE } from '../skill-text.ts';
import { describeNearest } from './nearest-lines.ts';
import type { Hunk } from './patch.ts';
import { EditError } from './paths.ts';

const TRAILING_SPACE = new RegExp(`[${WHITE}]+$`);
const withoutReturn = (line: string) => (line.endsWith('\r') ? line.slice(0, -1) : line);

function withoutTrailingSpace(line: string): string {
  const last = line.charCodeAt(line.length - 1);
  return last > 0x20 && last < 0x7f ? line : line.replace(TRAILING_SPACE, '');
}

/** Typographic quotes, dashes and blanks as typed on a keyboard. */
function plainTypography(line: string): string {
  return trimText(line)
    .replace(/[\u2018\u2019\u201a\u201b]/g, "'")
    .replace(/[\u201c\u201d\u201e\u201f]/g, '"')
    .replace(/[\u2010-\u2015]/g, '-')
    .replace(/\u2026/g, '...')
    .replace(/\u00a0/g, ' ');
}

/** Ever more tolerant ways to compare two lines. */
const COMPARISONS: readonly ((line: string) => string)[] = [
  withoutReturn,
  withoutTrailingSpace,
  trimText,
  plainTypography,
];

/** Finds rows of lines in a text; each tolerant form of the text is made once, when first needed. */
class LineFinder {
  readonly #lines: readonly string[];
  readonly #forms = new Map<number, readonly string[]>();

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  #form(level: number): readonly string[] {
    const known = this.#forms.get(level);
    if (known !== undefined) return known;
    const made = this.#lines.map(COMPARISONS[level] ?? withoutReturn);
    this.#forms.set(level, made);
    return made;
  }

  /** First place at or behind `from`; places in `first` are tried before that. */
  find(wanted: readonly string[], from: number, first: readonly number[] = []): number | undefined {
    for (const [level, compare] of COMPARISONS.entries()) {
      const lines = this.#form(level);
      const target = wanted.map(compare);
      const fits = (at: number) => target.every((line, index) => lines[at + index] === line);
      const last = lines.length - target.length;
      for (const at of first) if (at >= from && at <= last && fits(at)) return at;
      for (let at = from; at <= last; at += 1) if (lines[at] === target[0] && fits(at)) return at;
    }
    return undefined;
  }
}

/** Old lines [start, end) become `lines`. */
interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly lines: readonly string[];
}

interface Place {
  readonly finder: LineFinder;
  readonly lines: readonly string[];
  readonly file: string;
  readonly text: string;
  /** `\r` for a CRLF file. */
  readonly lineTail: string;
}

/** The place of a hunk that only puts lines in. */
function insertion(hunk: Hunk, anchorAt: number | undefined, place: Place): Replacement {
  const lines = hunk.lines.map((line) => line.text + place.lineTail);
  const { length } = place.lines;
  if (anchorAt !== undefined && !hunk.isAtEnd) return { start: anchorAt + 1, end: anchorAt + 1, lines };
  if (hunk.lineHint !== undefined && hunk.lineHint < length)
    return { start: hunk.lineHint, end: hunk.lineHint, lines };
  // An empty last line is where a model means to go on writing.
  const isEmptyLine = length > 0 && withoutReturn(place.lines[length - 1] ?? '') === '';
  return { start: isEmptyLine ? length - 1 : length, end: length, lines };
}

function replacement(hunk: Hunk, from: number, place: Place, name: string): Replacement {
  let body = hunk.lines;
  const find = () => {
    const old = body.filter((line) => line.mark !== '+').map((line) => line.text);
    const first: number[] = [];
    if (hunk.isAtEnd) first.push(place.lines.length - old.length);
    if (hunk.lineHint !== undefined) first.push(hunk.lineHint - 1);
    return old.length === 0 ? undefined : place.finder.find(old, from, first);
  };
  let start = find();
  while (start === undefined && body.at(-1)?.mark === ' ' && body.at(-1)?.text.trim() === '') {
    body = body.slice(0, -1); // an empty context line too many at the end
    start = find();
  }
  if (start === undefined) {
    const old = hunk.lines.filter((line) => line.mark !== '+').map((line) => line.text);
    const where = from > 0 ? ` from line ${from + 1} on (hunks must be in the order of the file)` : '';
    const quote = old.find((line) => line.trim() !== '') ?? '';
    throw new EditError(
      `${name}: these lines are not in ${place.file}${where}:\n${old.map((line) => `  ${line}`).join('\n')}${describeNearest(place.text, quote)}`,
    );
  }
  const lines: string[] = [];
  let at = start;
  for (const line of body) {
    if (line.mark === '+') lines.push(line.text + place.lineTail);
    else {
      if (line.mark === ' ') lines.push(place.lines[at] ?? ''); // as the file has it, not as it was quoted
      at += 1;
    }
  }
  return { start, end: at, lines };
}

/**
 * The text with all hunks put in, in the order of the file. Lines around them keep their bytes and the file its line
 * ends; a last line that was changed or added ends in a line feed. Throws `EditError` naming the hunk.
 */
export function applyHunks(text: string, hunks: readonly Hunk[], file: string): string {
  const lines = text.split('\n');
  const endsWithLineFeed = lines.at(-1) === '';
  if (endsWithLineFeed) lines.pop();
  const lineTail = lineEndOf(text) === '\r\n' ? '\r' : '';
  const place: Place = { finder: new LineFinder(lines), lines, file, text, lineTail };
  const replacements: Replacement[] = [];
  let cursor = 0;
  for (const [index, hunk] of hunks.entries()) {
    const name = `Hunk ${index + 1} of ${hunks.length}`;
    let anchorAt: number | undefined;
    if (hunk.anchor !== undefined) {
      anchorAt = place.finder.find([hunk.anchor], cursor);
      if (anchorAt === undefined)
        throw new EditError(
          `${name}: no line of ${file} reads like its anchor: @@ ${hunk.anchor}${describeNearest(text, hunk.anchor)}`,
        );
      cursor = anchorAt;
    }
    if (hunk.lines.length === 0) continue;
    if (hunk.lines.every((line) => line.mark === '+')) replacements.push(insertion(hunk, anchorAt, place));
    else {
      const change = replacement(hunk, cursor, place, name);
      replacements.push(change);
      cursor = change.end;
    }
  }
  const result: string[] = [];
  let done = 0;
  for (const { start, end, lines: put } of replacements.toSorted((a, b) => a.start - b.start)) {
    for (; done < start; done += 1) result.push(lines[done] ?? '');
    for (const line of put) result.push(line);
    done = Math.max(done, end);
  }
  for (; done < lines.length; done += 1) result.push(lines[done] ?? '');
  const lastIsNew = replacements.some((change) => change.end === lines.length);
  if (result.length === 0) return '';
  return result.join('\n') + (endsWithLineFeed || lastIsNew ? '\n' : '');
}
