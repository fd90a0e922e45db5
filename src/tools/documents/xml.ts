// The XML of office files: read into a small tree, and escaped for writing. No DTDs, so no entity bombs.
import { Parser } from 'htmlparser2';
import { OpenSpaceError } from '../../lib/index.ts';

export interface XmlNode {
  /** Without prefix: `p` for `w:p`. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: (XmlNode | string)[];
}

/** Deeper nesting is no document but an attack on the stack. */
const MAX_DEPTH = 400;

const localName = (name: string) => name.slice(name.indexOf(':') + 1);

/** The root element. Throws `invalid`. */
export function parseXml(text: string): XmlNode {
  const root: XmlNode = { name: '', attributes: {}, children: [] };
  const stack: XmlNode[] = [root];
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        const node: XmlNode = { name: localName(name), attributes, children: [] };
        stack.at(-1)?.children.push(node);
        stack.push(node);
        if (stack.length > MAX_DEPTH) throw new OpenSpaceError('invalid', 'The XML is nested too deeply.');
      },
      ontext(data) {
        stack.at(-1)?.children.push(data);
      },
      onclosetag() {
        if (stack.length > 1) stack.pop();
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  parser.end(text);
  return elements(root)[0] ?? root;
}

export const elements = (node: XmlNode | undefined) =>
  (node?.children ?? []).filter((child): child is XmlNode => typeof child !== 'string');

/** The first child element of that name, step by step down a path. */
export function child(node: XmlNode | undefined, ...path: readonly string[]): XmlNode | undefined {
  let current = node;
  for (const name of path) current = elements(current).find((element) => element.name === name);
  return current;
}

/** All elements of that name below the node, in order of the document. */
export function descendants(node: XmlNode | undefined, name: string): XmlNode[] {
  return elements(node).flatMap((element) => [
    ...(element.name === name ? [element] : []),
    ...descendants(element, name),
  ]);
}

/** An attribute whatever its prefix; an exact name wins (`r:id` and `id` are different). */
export function attribute(node: XmlNode | undefined, name: string): string | undefined {
  if (node === undefined) return undefined;
  if (Object.hasOwn(node.attributes, name)) return node.attributes[name];
  return Object.entries(node.attributes).find(([key]) => localName(key) === name)?.[1];
}

export function textOf(node: XmlNode | string | undefined): string {
  if (node === undefined) return '';
  return typeof node === 'string' ? node : node.children.map(textOf).join('');
}

/** Relations of a part: id → target as a name in the package, or an address outside. */
export function parseRelations(
  xml: string | undefined,
  folder: string,
): Map<string, { target: string; type: string }> {
  const relations = new Map<string, { target: string; type: string }>();
  if (xml === undefined) return relations;
  for (const relation of elements(parseXml(xml))) {
    const { Id = '', Target = '', TargetMode, Type = '' } = relation.attributes;
    const target = TargetMode === 'External' ? Target : resolvePart(folder, Target);
    relations.set(Id, { target, type: Type.slice(Type.lastIndexOf('/') + 1) });
  }
  return relations;
}

function resolvePart(folder: string, target: string): string {
  return new URL(target, `http://package/${folder}`).pathname.slice(1).replace(/%20/g, ' ');
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text for element content and attributes; what XML 1.0 can't hold is left out. */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character);
}

export const XML_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
