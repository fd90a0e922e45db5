// The YAML block at the top of SKILL.md: where it is and what it says, tolerant of how models and people write it.
import { isMap, isNode, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml';
import type { Finding } from './skill.ts';
import { lineAt, trimText } from './skill-text.ts';

/** Offsets into the text of SKILL.md: the YAML is `text.slice(start, end)`, the body begins at `body`. */
export interface FrontMatterPlace {
  readonly start: number;
  readonly end: number;
  readonly body: number;
}

const OPENING = /^\uFEFF?---[ \t]*(?:\r\n|\n|\r|$)/;
const CLOSING = /(?<=[\n\r])---[ \t]*(?:\r\n|\n|\r|$)/g;

/** Finds the front matter; `unclosed` if it is opened and never ends. A BOM and blanks behind `---` are tolerated. */
export function locateFrontMatter(text: string): FrontMatterPlace | 'unclosed' | undefined {
  const opening = OPENING.exec(text);
  if (opening === null) return undefined;
  const start = opening[0].length;
  CLOSING.lastIndex = start;
  const closing = CLOSING.exec(text);
  return closing === null
    ? 'unclosed'
    : { start, end: closing.index, body: closing.index + closing[0].length };
}

/** What a front matter says. Scalars are the text that was written: `version: 1.10` stays "1.10". */
export interface FrontMatter {
  readonly fields: ReadonlyMap<string, unknown>;
  readonly problems: readonly Finding[];
}

// A line on which YAML can't disagree with us: plain key, plain one-line value. Most skills have only such lines,
// and reading them so is many times faster than a YAML parser.
const PLAIN_LINE =
  /^([A-Za-z_][\w-]*): +([A-Za-z](?:[^\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff:#]|:(?! |$)|(?<! )#)*)$/;

function readPlainLines(yaml: string): Map<string, unknown> | undefined {
  const fields = new Map<string, unknown>();
  for (const line of yaml.split(/\r\n|\n|\r/)) {
    if (line === '') continue;
    const match = PLAIN_LINE.exec(line);
    const key = match?.[1];
    if (key === undefined || fields.has(key)) return undefined;
    fields.set(key, trimText(match?.[2] ?? ''));
  }
  return fields;
}

export function parseYaml(yaml: string) {
  return parseDocument(yaml, {
    schema: 'failsafe', // strings, lists and maps only
    uniqueKeys: false,
    logLevel: 'silent',
    prettyErrors: false,
  });
}

export function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value ?? '') : String(pair.key);
}

/** The map that a YAML text holds, or `undefined` if it is broken or something else. */
export function topLevelMap(yaml: string): YAMLMap | undefined {
  const document = parseYaml(yaml);
  return document.errors.length === 0 && isMap(document.contents) ? document.contents : undefined;
}

function readYaml(yaml: string): Map<string, unknown> | undefined {
  const document = parseYaml(yaml);
  if (document.errors.length > 0) return undefined;
  if (document.contents === null) return new Map();
  if (!isMap(document.contents)) return undefined;
  const fields = new Map<string, unknown>();
  try {
    for (const pair of document.contents.items) {
      const key = trimText(keyOf(pair));
      const node = pair.value;
      const value: unknown = isNode(node) ? (node.toJS(document) ?? '') : '';
      const isPlain = isScalar(node) && node.type === 'PLAIN' && typeof value === 'string';
      if (key !== '') fields.set(key, isPlain ? trimText(value) : value);
    }
  } catch {
    return undefined; // more aliases than any honest file has: read line by line instead
  }
  return fields;
}

/** One top-level key with all lines that belong to it; offsets into the YAML text. */
export interface Entry {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  /** Where the value begins on the key's line, and where that line ends (before its line break). */
  readonly valueStart: number;
  readonly lineEnd: number;
}

/** Cuts YAML, broken or not, into its top-level keys by indentation. */
export function entriesOf(yaml: string): Entry[] {
  const entries: Entry[] = [];
  let open: Entry | undefined;
  for (let start = 0; start < yaml.length; ) {
    const rest = /\r\n|\n|\r|$/g;
    rest.lastIndex = start;
    const lineBreak = rest.exec(yaml);
    const lineEnd = lineBreak?.index ?? yaml.length;
    const end = lineEnd + (lineBreak?.[0].length ?? 0);
    const line = yaml.slice(start, lineEnd);
    const colon = line.indexOf(':');
    const key = trimText(line.slice(0, Math.max(0, colon)));
    const isContinuation = open !== undefined && /^(?:[ \t]|- |-$|$)/.test(line);
    if (!isContinuation && colon !== -1 && key !== '' && !line.startsWith('#')) {
      if (open !== undefined) entries.push(open);
      open = { key, start, end, valueStart: start + colon + 1, lineEnd };
    } else if (open !== undefined) {
      open = { ...open, end };
    }
    start = end;
  }
  if (open !== undefined) entries.push(open);
  return entries;
}

/** The value of a key whose YAML is broken: what stands on its line, outer quotes removed. */
export function looseValue(yaml: string, entry: Entry): string {
  const value = trimText(yaml.slice(entry.valueStart, entry.lineEnd));
  const inner = value.slice(1, -1);
  if (value.length >= 2 && value.startsWith('"') && value.endsWith('"'))
    return inner.replaceAll('\\"', '"').replaceAll('\\\\', '\\');
  if (value.length >= 2 && value.startsWith("'") && value.endsWith("'")) return inner.replaceAll("''", "'");
  return value;
}

/** Reads the YAML of a front matter. Never throws: a key whose YAML is broken is read as plain text and reported. */
export function readFrontMatter(yaml: string, firstLine = 2): FrontMatter {
  const whole = readPlainLines(yaml) ?? readYaml(yaml);
  if (whole !== undefined) return { fields: whole, problems: [] };
  const fields = new Map<string, unknown>();
  const problems: Finding[] = [];
  const report = (message: string, offset: number) =>
    problems.push({
      rule: 'lint/yaml',
      severity: 'warn',
      message,
      file: 'SKILL.md',
      line: firstLine + lineAt(yaml, offset) - 1,
      hint: '`openspace skills lint --fix` quotes it.',
    });
  for (const entry of entriesOf(yaml)) {
    const alone = readYaml(yaml.slice(entry.start, entry.end));
    if (alone === undefined || alone.size !== 1) {
      fields.set(entry.key, looseValue(yaml, entry));
      report(`The value of "${entry.key}" is not valid YAML; strict hosts refuse the skill.`, entry.start);
    } else {
      for (const [key, value] of alone) fields.set(key, value);
    }
  }
  if (problems.length === 0) report('The front matter is not valid YAML.', 0);
  return { fields, problems };
}
