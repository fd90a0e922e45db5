// SKILL.md: reading it tolerantly and changing one front-matter field without touching any other byte.
import { isMap, isNode, type YAMLMap } from 'yaml';
import { OpenSpaceError } from '../lib/index.ts';
import {
  type Entry,
  entriesOf,
  keyOf,
  locateFrontMatter,
  looseValue,
  readFrontMatter,
  topLevelMap,
} from './front-matter.ts';
import type { Finding } from './skill.ts';
import { lineEndOf } from './skill-text.ts';

export const SKILL_FILE = 'SKILL.md';
/** Files beside SKILL.md that are ours: never part of a version, never edited by a model. */
export const SIDECARS: ReadonlySet<string> = new Set(['.skill_id', '.upload_meta.json']);

export interface ParsedSkill {
  /** As written, trimmed; `undefined` if missing, empty or not a text. */
  readonly name: string | undefined;
  readonly description: string | undefined;
  /** From `tags` or `metadata.tags`: a list, or a text with commas. */
  readonly tags: readonly string[];
  /** Every field of the front matter. Scalars are texts as written. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Everything behind the front matter, unchanged; the whole text if there is none. */
  readonly body: string;
  readonly hasFrontMatter: boolean;
  readonly problems: readonly Finding[];
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

function readTags(fields: ReadonlyMap<string, unknown>): string[] {
  const metadata = fields.get('metadata');
  const nested =
    typeof metadata === 'object' && metadata !== null && 'tags' in metadata ? metadata.tags : undefined;
  const value = fields.get('tags') ?? nested;
  const list = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [];
  const tags = list.map(asText).filter((tag) => tag !== undefined);
  return [...new Set(tags)];
}

/** Reads SKILL.md. Never throws: BOM, CRLF, missing or broken front matter are read as far as they go and reported. */
export function parseSkillMd(text: string): ParsedSkill {
  const place = locateFrontMatter(text);
  if (place === undefined || place === 'unclosed') {
    const problem: Finding =
      place === 'unclosed'
        ? {
            rule: 'lint/front-matter-unclosed',
            severity: 'block',
            message: 'The front matter is opened with `---` and never closed.',
            file: SKILL_FILE,
            line: 1,
          }
        : {
            rule: 'lint/front-matter-missing',
            severity: 'block',
            message: 'SKILL.md has no front matter (a first line `---`, then `name:` and `description:`).',
            file: SKILL_FILE,
            line: 1,
          };
    return {
      name: undefined,
      description: undefined,
      tags: [],
      metadata: {},
      body: text,
      hasFrontMatter: false,
      problems: [problem],
    };
  }
  const { fields, problems } = readFrontMatter(text.slice(place.start, place.end));
  return {
    name: asText(fields.get('name')),
    description: asText(fields.get('description')),
    tags: readTags(fields),
    metadata: Object.fromEntries(fields),
    body: text.slice(place.body),
    hasFrontMatter: true,
    problems,
  };
}

export type FieldValue = string | number | boolean | readonly string[];

// What the original quotes, so that its line-based reader and every YAML parser agree on the value.
const SPECIAL = /[:#[\]{}&*!|>'"%@`\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ufeff]/;
const OTHER_TYPE =
  /^(?:$|[\s]|.*\s$|[-?](?:\s|$)|~$|[-+.]?\d|\.(?:inf|nan)|(?:true|false|null|yes|no|on|off)$)/is;

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
    const tail = /(?:\r\n|\n|\r)$/.exec(old)?.[0] ?? '';
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
    if (value === undefined) return [removePair(yaml, map, pair === map.items[0], keyEnd, valueEnd)];
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

function valueAt(text: string, path: readonly string[]): unknown {
  const place = locateFrontMatter(text);
  if (place === undefined || place === 'unclosed') return undefined;
  let value: unknown = Object.fromEntries(readFrontMatter(text.slice(place.start, place.end)).fields);
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
  const expected =
    value === undefined ? undefined : typeof value === 'object' ? JSON.stringify(value) : String(value);
  const now = valueAt(result, path);
  const actual = typeof now === 'object' ? JSON.stringify(now) : now;
  if (actual !== expected)
    throw new OpenSpaceError('invalid', `The front matter is too unusual to set "${path.join('.')}" in it`, {
      hint: 'Edit SKILL.md by hand.',
    });
  return result;
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
