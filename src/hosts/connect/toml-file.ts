// Puts a table into a TOML file, or takes it out; everything else keeps its bytes.
import { type AST, getStaticTOMLValue, ParseError, parseTOML } from 'toml-eslint-parser';
import { OpenSpaceError } from '../../lib/index.ts';
import { type Change, isTable, lineEndOf, type SettingsFormat, valueAt } from './settings-format.ts';

export const tomlFormat: SettingsFormat = {
  name: 'TOML',
  parse: (text) => getStaticTOMLValue(parseToml(text)),
  put,
  remove: (text, { path }) => [cut(text, tablesAt(text, path))],
};

function parseToml(text: string): AST.TOMLProgram {
  try {
    return parseTOML(text);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    // The parser's message may quote the text, which may be a key.
    throw new OpenSpaceError(
      'foreign-data',
      `it is not valid TOML (line ${error.lineNumber}, column ${error.column + 1})`,
      { cause: error },
    );
  }
}

/** The `[tables]` of an entry and those below it. */
function tablesAt(text: string, path: readonly string[]): readonly AST.TOMLTable[] {
  return parseToml(text).body[0].body.filter(
    (node): node is AST.TOMLTable =>
      node.type === 'TOMLTable' && path.every((name, index) => node.resolvedKey[index] === name),
  );
}

function put(text: string, { path, value }: Change): readonly string[] {
  const endLine = lineEndOf(text);
  const block = render(path, value).join(endLine) + endLine;
  const [first, ...others] = tablesAt(text, path);
  if (first !== undefined) {
    const rest = cut(text, others);
    const { start, end } = linesOf(text, first.range);
    return [rest.slice(0, start) + block + rest.slice(end)];
  }
  if (valueAt(getStaticTOMLValue(parseToml(text)), path) !== undefined)
    throw new OpenSpaceError('foreign-data', `its "${path.join('.')}" is not written as a table`);
  // A table may stand last in any file: its header is absolute.
  const gap = text === '' ? '' : text.endsWith('\n') ? endLine : endLine + endLine;
  return [text + gap + block];
}

function cut(text: string, tables: readonly AST.TOMLTable[]): string {
  return tables.toReversed().reduce((left, table) => {
    const { start, end } = linesOf(text, table.range);
    return left.slice(0, start) + left.slice(end);
  }, text);
}

/** Whole lines, with the comment behind the last value and the line's end. */
function linesOf(text: string, [from, to]: readonly [number, number]): { start: number; end: number } {
  const start = text.lastIndexOf('\n', from - 1) + 1;
  const next = text.indexOf('\n', Math.max(from, to - 1));
  return { start, end: next < 0 ? text.length : next + 1 };
}

function render(path: readonly string[], value: unknown): readonly string[] {
  const lines = Object.entries(isTable(value) ? value : {}).map(
    ([name, item]) => `${keyText(name)} = ${valueText(item)}`,
  );
  return [`[${path.map(keyText).join('.')}]`, ...lines];
}

const keyText = (name: string) => (/^[A-Za-z0-9_-]+$/.test(name) ? name : JSON.stringify(name));

function valueText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(valueText).join(', ')}]`;
  if (isTable(value)) {
    const items = Object.entries(value).map(([name, item]) => `${keyText(name)} = ${valueText(item)}`);
    return items.length === 0 ? '{}' : `{ ${items.join(', ')} }`;
  }
  // Texts, whole numbers and truth values are written as in JSON; TOML alone forbids a bare DEL.
  return JSON.stringify(value).replaceAll('\x7f', '\\u007f');
}
