// Puts an entry into a JSON file with comments, or takes it out; everything else keeps its bytes.
import {
  applyEdits,
  createScanner,
  findNodeAtLocation,
  modify,
  type Node,
  type ParseError,
  parse,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';
import { OpenSpaceError } from '../../lib/index.ts';
import { type Change, lineEndOf, type SettingsFormat } from './settings-format.ts';

export const jsonFormat: SettingsFormat = {
  name: 'JSON',
  parse: (text) => {
    if (text.trim() === '') return {};
    parseJson(text);
    return parse(text, [], { allowTrailingComma: true });
  },
  put,
  remove: (text, change) => {
    const path = pathToRemove(parseJson(text), change);
    return path === undefined ? [text] : [applyEdits(text, modify(text, path, undefined, {}))];
  },
};

function parseJson(text: string): Node {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: true });
  const first = errors[0];
  if (tree !== undefined && first === undefined) return tree;
  const before = text.slice(0, first?.offset ?? 0).split('\n');
  throw new OpenSpaceError(
    'foreign-data',
    `it is not valid JSON (${first === undefined ? 'empty' : printParseErrorCode(first.error)} at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`,
  );
}

function pathToRemove(root: Node, { kind, path, value }: Change): (string | number)[] | undefined {
  const node = findNodeAtLocation(root, [...path]);
  if (node === undefined) return undefined;
  if (kind === 'entry') return [...path];
  const index = (node.children ?? []).findIndex((item) => item.value === value);
  return index < 0 ? undefined : [...path, index];
}

function put(text: string, { kind, path, value }: Change): readonly string[] {
  const endLine = lineEndOf(text);
  if (text.trim() === '') {
    const whole = JSON.stringify(wrap(path, kind === 'element' ? [value] : value), null, 2);
    return [`${whole.replaceAll('\n', endLine)}${endLine}`];
  }
  let node = parseJson(text);
  for (const [depth, name] of path.entries()) {
    const next = childOf(node, name);
    if (next === undefined) {
      const added = wrap(path.slice(depth + 1), kind === 'element' ? [value] : value);
      return [insertFirst(text, node, (layout) => `${JSON.stringify(name)}: ${layout(added)}`)];
    }
    node = next;
  }
  if (kind === 'element') return [insertFirst(text, node, (layout) => layout(value))];
  const layout = layoutFor(text, indentOfLine(text, node.offset), endLine);
  return [text.slice(0, node.offset) + layout(value) + text.slice(node.offset + node.length)];
}

const wrap = (path: readonly string[], value: unknown): unknown =>
  path.reduceRight((inner: unknown, name) => ({ [name]: inner }), value);

/** The value of a name. A name that stands twice is refused: readers disagree on which one counts. */
function childOf(node: Node, name: string): Node | undefined {
  if (node.type !== 'object') throw new OpenSpaceError('foreign-data', `"${name}" has no object to stand in`);
  const found = (node.children ?? []).filter((property) => property.children?.[0]?.value === name);
  if (found.length > 1) throw new OpenSpaceError('foreign-data', `"${name}" stands in it twice`);
  return found[0]?.children?.[1];
}

type Layout = (value: unknown) => string;

/** Inserts right behind the opening bracket: there no comma or comment of a neighbour is in the way. */
function insertFirst(text: string, container: Node, item: (layout: Layout) => string): string {
  const open = container.offset + 1;
  const first = container.children?.[0];
  const endLine = lineEndOf(text);
  const base = indentOfLine(text, container.offset);
  const at = first === undefined ? open : endOfOpeningLine(text, open, first.offset);
  if (first !== undefined && at === undefined) {
    const gap = /^[ \t]*/.exec(text.slice(open))?.[0] ?? '';
    const inline = item((value) => JSON.stringify(value));
    return `${text.slice(0, open)}${gap}${inline},${gap === '' ? ' ' : ''}${text.slice(open)}`;
  }
  const offset = at ?? open;
  const indent = first === undefined ? base + unitOf(text) : indentOfLine(text, first.offset);
  const block = item(layoutFor(text, indent, endLine));
  const isBare = first === undefined && container.length === 2;
  const tail = first === undefined ? (isBare ? endLine + base : '') : ',';
  return `${text.slice(0, offset)}${endLine}${indent}${block}${tail}${text.slice(offset)}`;
}

const TRIVIA = { lineComment: 12, blockComment: 13, lineBreak: 14, space: 15 };

/** Where the line of the opening bracket ends, if nothing but a comment follows on it. */
function endOfOpeningLine(text: string, open: number, limit: number): number | undefined {
  const scanner = createScanner(text, false);
  scanner.setPosition(open);
  for (;;) {
    const token = Number(scanner.scan());
    if (token === TRIVIA.lineBreak) return scanner.getTokenOffset();
    if (token < TRIVIA.lineComment || token > TRIVIA.space || scanner.getTokenOffset() >= limit)
      return undefined;
  }
}

function indentOfLine(text: string, offset: number): string {
  const start = Math.max(text.lastIndexOf('\n', offset - 1), text.lastIndexOf('\r', offset - 1)) + 1;
  return /^[ \t]*/.exec(text.slice(start, offset))?.[0] ?? '';
}

/** One step of indentation, as the file does it. */
const unitOf = (text: string) => /^(\t|[ ]{1,8})\S/m.exec(text)?.[1] ?? '  ';

function layoutFor(text: string, indent: string, endLine: string): Layout {
  return (value) => JSON.stringify(value, null, unitOf(text)).replaceAll('\n', endLine + indent);
}
