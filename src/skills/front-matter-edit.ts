// Changing one field of a front matter; every byte outside of it stays.
import { isMap, isNode, type YAMLMap } from 'yaml';
import { OpenSpaceError } from '../lib/index.ts';
import {
  type Entry,
  entriesOf,
  type FrontMatter,
  keyOf,
  locateFrontMatter,
  looseValue,
  readFrontMatter,
  topLevelMap,
} from './front-matter.ts';
import { lineEndOf } from './skill-text.ts';

export type FieldValue = string | number | boolean | readonly string[];

// What the original quotes, so that its line-based reader and every YAML parser agree on the value.
const SPECIAL = /[:#[\]{}&*!|>'"%@`\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ufeff]/;
const OTHER_TYPE =
  /^(?:$|[\s,]|.*\s$|[-?](?:\s|$)|~$|[-+.]?\d|\.(?:inf|nan)|(?:true|false|null|yes|no|on|off)$)/is;

/** A text as a YAML scalar on one line, quoted where any parser could misread it. */
export function yamlScalar(value: string, insideList = false): string {
  const mustQuote =
    SPECIAL.test(value) ||
    OTHER_TYPE.test(value) ||
    value.startsWith('---') ||
    value.startsWith('...') ||
    (insideList && value.includes(','));
  if (!mustQuote) return value;
  return JSON.stringify(value).replace(
    /[\x7f-\x9f\u2028\u2029\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function render(value: FieldValue): string {
  if (typeof value === 'object') return `[${value.map((item) => yamlScalar(item, true)).join(', ')}]`;
  return typeof value === 'string' ? yamlScalar(value) : String(value);
}

/** `a: 1`, or nested lines for a longer path; without the last line break. */
function renderPath(path: readonly string[], value: FieldValue, indent: string, lineEnd: string): string {
  return path
    .map((key, depth) => {
      const last = depth === path.length - 1;
      return `${indent}${'  '.repeat(depth)}${yamlScalar(key)}:${last ? ` ${render(value)}` : ''}`;
    })
    .join(lineEnd);
}

interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Where the lines of a node end: behind its last line break, or at the end of the text. */
function endOfLines(yaml: string, end: number): number {
  if (end > 0 && /[\n\r]/.test(yaml[end - 1] ?? '')) return end;
  const rest = /\r\n|\n|\r|$/g;
  rest.lastIndex = end;
  const found = rest.exec(yaml);
  return found === null ? yaml.length : found.index + found[0].length;
}

function startOfLine(yaml: string, at: number): number {
  let start = at;
  while (start > 0 && !/[\n\r]/.test(yaml[start - 1] ?? '')) start -= 1;
  return start;
}

function rangeOf(node: unknown): readonly [number, number, number] | undefined {
  return isNode(node) ? (node.range ?? undefined) : undefined;
}

function setInMap(
  yaml: string,
  map: YAMLMap,
  path: readonly string[],
  value: FieldValue | undefined,
  lineEnd: string,
): Splice[] {
  const [key = '', ...rest] = path;
  const pairs = map.items.filter((pair) => keyOf(pair) === key);
  const last = pairs.at(-1);
  if (last === undefined) return value === undefined ? [] : [insertInMap(yaml, map, path, value, lineEnd)];
  if (rest.length > 0 && isMap(last.value)) return setInMap(yaml, last.value, rest, value, lineEnd);
  return pairs.flatMap((pair) => {
    const keyEnd = rangeOf(pair.key)?.[1] ?? 0;
    const afterColon = yaml.indexOf(':', keyEnd) + 1;
    const valueEnd = Math.max(afterColon, rangeOf(pair.value)?.[1] ?? afterColon);
    const old = yaml.slice(afterColon, valueEnd);
    const tail = /(?:\r\n|\n|\r)\s*$/.exec(old)?.[0] ?? ''; // blank lines behind a block are not its text
    if (rest.length > 0) {
      if (value === undefined) return [];
      if (old.trim() !== '')
        throw new OpenSpaceError('invalid', `The field "${key}" holds a value, not fields of its own`);
      const indent = yaml.slice(startOfLine(yaml, keyEnd), rangeOf(pair.key)?.[0] ?? keyEnd);
      const at = endOfLines(yaml, afterColon);
      const opening = /[\n\r]/.test(yaml[at - 1] ?? '') ? '' : lineEnd;
      return [
        {
          start: at,
          end: at,
          text: `${opening}${renderPath(rest, value, `${indent}  `, lineEnd)}${lineEnd}`,
        },
      ];
    }
    if (value === undefined) {
      const isFirst = pair === map.items[0];
      return [removePair(yaml, map, isFirst, keyEnd, valueEnd - tail.length)];
    }
    return [{ start: afterColon, end: valueEnd, text: ` ${render(value)}${tail}` }];
  });
}

function removePair(yaml: string, map: YAMLMap, isFirst: boolean, keyEnd: number, valueEnd: number): Splice {
  if (!map.flow) return { start: startOfLine(yaml, keyEnd), end: endOfLines(yaml, valueEnd), text: '' };
  const keyStart = map.items.map((pair) => rangeOf(pair.key)).find((range) => range?.[1] === keyEnd)?.[0];
  const start = keyStart ?? keyEnd;
  const comma = isFirst ? yaml.indexOf(',', valueEnd) : yaml.lastIndexOf(',', start);
  if (isFirst) return { start, end: comma === -1 || map.items.length === 1 ? valueEnd : comma + 1, text: '' };
  return { start: comma, end: valueEnd, text: '' };
}

function insertInMap(
  yaml: string,
  map: YAMLMap,
  path: readonly string[],
  value: FieldValue,
  lineEnd: string,
): Splice {
  const range = map.range ?? [0, yaml.length, yaml.length];
  if (map.flow) {
    const end = range[1] - 1;
    const flow = `${path.map((key) => `${yamlScalar(key, true)}: `).join('{')}${render(value)}${'}'.repeat(path.length - 1)}`;
    return { start: end, end, text: map.items.length === 0 ? flow : `, ${flow}` };
  }
  const first = rangeOf(map.items[0]?.key)?.[0] ?? 0;
  const indent = yaml.slice(startOfLine(yaml, first), first);
  const isTop =
    indent === '' && startOfLine(yaml, range[0]) <= first && topLevelMap(yaml)?.range?.[0] === range[0];
  const lastEnd = Math.max(
    ...map.items.map((pair) => rangeOf(pair.value)?.[1] ?? rangeOf(pair.key)?.[1] ?? 0),
  );
  const at = isTop ? yaml.length : endOfLines(yaml, lastEnd);
  const opening = at === 0 || /[\n\r]/.test(yaml[at - 1] ?? '') ? '' : lineEnd;
  return { start: at, end: at, text: `${opening}${renderPath(path, value, indent, lineEnd)}${lineEnd}` };
}

/** For YAML that no parser takes: works on the lines of the one top-level key. */
function setInBrokenYaml(
  yaml: string,
  path: readonly string[],
  value: FieldValue | undefined,
  lineEnd: string,
): Splice[] {
  const [key = ''] = path;
  const entries = entriesOf(yaml).filter((entry) => entry.key === key);
  const whole = (entry: Entry) => yaml.slice(entry.start, entry.end);
  if (path.length > 1 && entries.length > 0) {
    const entry = entries.at(-1);
    const map = entry === undefined ? undefined : topLevelMap(whole(entry));
    if (entry === undefined || map === undefined)
      throw new OpenSpaceError('invalid', `The field "${key}" is not valid YAML`);
    return setInMap(whole(entry), map, path, value, lineEnd).map((splice) => ({
      start: splice.start + entry.start,
      end: splice.end + entry.start,
      text: splice.text,
    }));
  }
  if (value === undefined) return entries.map(({ start, end }) => ({ start, end, text: '' }));
  const text = `${renderPath(path, value, '', lineEnd)}${lineEnd}`;
  if (entries.length === 0) return [{ start: yaml.length, end: yaml.length, text }];
  return entries.map(({ start, end }) => ({ start, end, text }));
}

function applySplices(text: string, splices: readonly Splice[]): string {
  let result = text;
  for (const { start, end, text: insert } of splices.toSorted((a, b) => b.start - a.start))
    result = result.slice(0, start) + insert + result.slice(end);
  return result;
}

function frontMatterOf(text: string): FrontMatter {
  const place = locateFrontMatter(text);
  if (place === undefined || place === 'unclosed') return { fields: new Map(), problems: [] };
  return readFrontMatter(text.slice(place.start, place.end));
}

function valueAt(text: string, path: readonly string[]): unknown {
  let value: unknown = Object.fromEntries(frontMatterOf(text).fields);
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Object.entries(value).find(([name]) => name === key)?.[1];
  }
  return value;
}

/**
 * Sets one field of the front matter (`['name']`, `['metadata', 'openspace', 'trust']`), or removes it with
 * `undefined`. Every byte outside that field stays. Without front matter one is put in front.
 * Throws `invalid` if the front matter is written in a way that can't be edited safely.
 */
export function setFrontMatterField(
  text: string,
  path: readonly string[],
  value: FieldValue | undefined,
): string {
  const place = locateFrontMatter(text);
  const lineEnd = lineEndOf(text);
  if (place === undefined || place === 'unclosed') {
    if (value === undefined) return text;
    const bom = text.startsWith('\uFEFF') ? '\uFEFF' : '';
    return `${bom}---${lineEnd}${renderPath(path, value, '', lineEnd)}${lineEnd}---${lineEnd}${text.slice(bom.length)}`;
  }
  const yaml = text.slice(place.start, place.end);
  const map = topLevelMap(yaml);
  const isBlank = yaml.replace(/^\s*#.*$/gm, '').trim() === '';
  const splices =
    map !== undefined
      ? setInMap(yaml, map, path, value, lineEnd)
      : isBlank && value !== undefined
        ? [{ start: yaml.length, end: yaml.length, text: renderPath(path, value, '', lineEnd) + lineEnd }]
        : setInBrokenYaml(yaml, path, value, lineEnd);
  const result = text.slice(0, place.start) + applySplices(yaml, splices) + text.slice(place.end);
  if (!isFaithful(text, result, path, value))
    throw new OpenSpaceError('invalid', `The front matter is too unusual to set "${path.join('.')}" in it`, {
      hint: 'Edit SKILL.md by hand.',
    });
  return result;
}

/** True if the field reads back as it was set, and all others read as before. */
function isFaithful(
  before: string,
  after: string,
  path: readonly string[],
  value: FieldValue | undefined,
): boolean {
  const expected = typeof value === 'object' ? JSON.stringify(value) : value?.toString();
  const stored = valueAt(after, path);
  if ((typeof stored === 'object' ? JSON.stringify(stored) : stored) !== expected) return false;
  const old = frontMatterOf(before);
  const now = frontMatterOf(after);
  const others = (fields: FrontMatter['fields']) =>
    JSON.stringify([...fields].filter(([key]) => key !== path[0]));
  return now.problems.length <= old.problems.length && others(old.fields) === others(now.fields);
}

/** Quotes the values that strict YAML parsers refuse (`Use when: x: y`); all other bytes stay. */
export function repairFrontMatter(text: string): string {
  const place = locateFrontMatter(text);
  if (place === undefined || place === 'unclosed') return text;
  const yaml = text.slice(place.start, place.end);
  if (readFrontMatter(yaml).problems.length === 0) return text;
  const lineEnd = lineEndOf(text);
  const splices = entriesOf(yaml)
    .filter((entry) => topLevelMap(yaml.slice(entry.start, entry.end)) === undefined)
    .map((entry) => ({
      start: entry.start,
      end: entry.end,
      text: `${yamlScalar(entry.key)}: ${yamlScalar(looseValue(yaml, entry))}${lineEnd}`,
    }));
  return text.slice(0, place.start) + applySplices(yaml, splices) + text.slice(place.end);
}
