// Puts an entry into a YAML file, or takes it out; everything else keeps its bytes.
import {
  isMap,
  isScalar,
  type Pair,
  parseAllDocuments,
  parseDocument,
  stringify,
  type YAMLMap,
  type Document as YamlDocument,
} from 'yaml';
import { OpenSpaceError } from '../../lib/index.ts';
import { type Change, lineEndOf, type SettingsFormat } from './settings-format.ts';

export const yamlFormat: SettingsFormat = {
  name: 'YAML',
  parse: (text) => parseYaml(text).toJS() ?? {},
  put,
  remove,
};

function parseYaml(text: string): YamlDocument {
  const documents = parseAllDocuments(text, { version: '1.2', prettyErrors: true });
  const [document, ...others] = 'empty' in documents ? [] : documents;
  const fault = document?.errors[0];
  if (fault !== undefined) {
    const place = fault.linePos?.[0];
    // The parser's message quotes the text around the fault, which may be a key.
    throw new OpenSpaceError(
      'foreign-data',
      `it is not valid YAML (${fault.code}${place === undefined ? '' : ` at line ${place.line}, column ${place.col}`})`,
      { cause: fault },
    );
  }
  if (others.length > 0) throw new OpenSpaceError('foreign-data', 'it holds several YAML documents');
  return document ?? parseDocument('');
}

function put(text: string, { path, value }: Change): readonly string[] {
  const root = parseYaml(text).contents;
  if (!isMap(root) || root.items.length === 0) {
    const isBare = root === null || (isScalar(root) && root.value === null);
    return isBare ? [atEnd(text, 0, path, value)] : flowTexts(text, root, path, value);
  }
  let map: YAMLMap = root;
  for (const [depth, name] of path.entries()) {
    const rest = path.slice(depth);
    const pair = pairOf(map, name);
    if (pair === undefined) return intoMap(text, map, rest, value, depth === 0);
    if (depth === path.length - 1) return replaceValue(text, map, pair, rest, value);
    if (!isMap(pair.value)) return isEmpty(pair) ? [underKey(text, pair, rest.slice(1), value)] : [];
    map = pair.value;
  }
  return [];
}

const pairOf = (map: YAMLMap, name: string): Pair | undefined =>
  map.items.find((pair) => isScalar(pair.key) && pair.key.value === name);

const isEmpty = (pair: Pair) => pair.value === null || (isScalar(pair.value) && pair.value.value === null);

const wrap = (path: readonly string[], value: unknown): unknown =>
  path.reduceRight((inner: unknown, name) => ({ [name]: inner }), value);

/** The entry as lines of their own, indented by `indent`. */
function blockText(text: string, indent: number, path: readonly string[], value: unknown): string {
  const endLine = lineEndOf(text);
  const lines = stringify(wrap(path, value), {
    lineWidth: 0,
    defaultStringType: 'QUOTE_DOUBLE',
    defaultKeyType: 'PLAIN',
  });
  return lines
    .trimEnd()
    .split('\n')
    .map((line) => ' '.repeat(indent) + line + endLine)
    .join('');
}

const flowText = (path: readonly string[], value: unknown) => JSON.stringify(wrap(path, value)).slice(1, -1);

function rangeOf(node: unknown): readonly [number, number] {
  const range = isMap(node) || isScalar(node) ? node.range : undefined;
  if (!range) throw new OpenSpaceError('foreign-data', 'a key in it has no place of its own');
  return [range[0], range[1]];
}

const columnOf = (text: string, offset: number) => offset - (text.lastIndexOf('\n', offset - 1) + 1);
const lineStart = (text: string, offset: number) => text.lastIndexOf('\n', offset - 1) + 1;

function atEnd(text: string, indent: number, path: readonly string[], value: unknown): string {
  const gap = text === '' || text.endsWith('\n') ? '' : lineEndOf(text);
  return text + gap + blockText(text, indent, path, value);
}

/** Into a map that has entries: at the end of the file, else before its first entry. */
function intoMap(
  text: string,
  map: YAMLMap,
  path: readonly string[],
  value: unknown,
  isRoot: boolean,
): readonly string[] {
  if (map.flow === true) return flowTexts(text, map, path, value);
  const [first] = rangeOf(map.items[0]?.key);
  const indent = columnOf(text, first);
  const start = lineStart(text, first);
  const before = text.slice(0, start) + blockText(text, indent, path, value) + text.slice(start);
  return isRoot ? [atEnd(text, indent, path, value), before] : [before];
}

function flowTexts(text: string, node: unknown, path: readonly string[], value: unknown): readonly string[] {
  if (!isMap(node)) return [];
  const open = rangeOf(node)[0] + 1;
  const comma = node.items.length === 0 ? '' : ', ';
  return [text.slice(0, open) + flowText(path, value) + comma + text.slice(open)];
}

/** Below a key that has no value yet. */
function underKey(text: string, pair: Pair, path: readonly string[], value: unknown): string {
  const [start, end] = rangeOf(pair.key);
  const newLine = text.indexOf('\n', end);
  const at = newLine < 0 ? text.length : newLine + 1;
  const gap = newLine < 0 ? lineEndOf(text) : '';
  return text.slice(0, at) + gap + blockText(text, columnOf(text, start) + 2, path, value) + text.slice(at);
}

function replaceValue(
  text: string,
  map: YAMLMap,
  pair: Pair,
  path: readonly string[],
  value: unknown,
): readonly string[] {
  const [keyStart, keyEnd] = rangeOf(pair.key);
  if (map.flow === true)
    return [text.slice(0, keyStart) + flowText(path, value) + text.slice(valueEnd(pair.value, keyEnd))];
  const [start, end] = pairRange(text, pair);
  const indent = columnOf(text, rangeOf(pair.key)[0]);
  return [text.slice(0, start) + blockText(text, indent, path, value) + text.slice(end)];
}

/** A pair's lines, from its key to the end of its value's last line. */
function pairRange(text: string, pair: Pair): readonly [number, number] {
  const [keyStart, keyEnd] = rangeOf(pair.key);
  const value = pair.value === null ? keyEnd : Math.max(keyEnd, valueEnd(pair.value, keyEnd));
  const last = text.slice(0, value).trimEnd().length;
  const newLine = text.indexOf('\n', last);
  return [lineStart(text, keyStart), newLine < 0 ? text.length : newLine + 1];
}

function valueEnd(node: unknown, other: number): number {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
    ? Number(node.range[1])
    : other;
}

function remove(text: string, { path }: Change): readonly string[] {
  let node: unknown = parseYaml(text).contents;
  for (const [depth, name] of path.entries()) {
    if (!isMap(node)) return [text];
    const pair = pairOf(node, name);
    if (pair === undefined) return [text];
    if (depth === path.length - 1) {
      if (node.flow === true) return [];
      const [start, end] = pairRange(text, pair);
      const without = text.slice(0, start) + text.slice(end);
      if (node.items.length > 1) return [without];
      const indent = ' '.repeat(columnOf(text, rangeOf(pair.key)[0]));
      return [`${text.slice(0, start)}${indent}{}${lineEndOf(text)}${text.slice(end)}`, without];
    }
    node = pair.value;
  }
  return [text];
}
