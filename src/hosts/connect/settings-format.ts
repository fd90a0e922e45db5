// What the editors of JSON, TOML and YAML files have in common: one change to one place, all else byte for byte.
import { isDeepStrictEqual } from 'node:util';
import { OpenSpaceError } from '../../lib/index.ts';

/** JSON-like data of a settings file. */
export type Data = Readonly<Record<string, unknown>>;

/** One change: a value under a name, or a value at the head of a list. */
export interface Change {
  readonly kind: 'entry' | 'element';
  /** Names from the top. For `entry` the last one is the entry's own, for `element` the list's. */
  readonly path: readonly string[];
  readonly value: unknown;
}

/** An editor for one kind of file. Texts are without a byte order mark. */
export interface SettingsFormat {
  readonly name: string;
  /** The data; `{}` for an empty text. Throws an error that says where the text is wrong. */
  parse(text: string): unknown;
  /** Possible texts with the change made, best first. Callers take the first that means what it should. */
  put(text: string, change: Change): readonly string[];
  /** Possible texts with the entry or element taken out. */
  remove(text: string, change: Change): readonly string[];
}

const BOM = '\uFEFF';

/** The text with the change made. Throws `foreign-data` if that can't be done without touching anything else. */
export function putChange(format: SettingsFormat, text: string, change: Change): string {
  const wanted = withChange(parseSettings(format, text), change);
  return firstSafe(
    format,
    text,
    (body) => format.put(body, change),
    (data) => isDeepStrictEqual(data, wanted),
  );
}

/** The text without the change. A container that is then empty may stay or go with it, as the format has it. */
export function removeChange(format: SettingsFormat, text: string, change: Change): string {
  const bare = (data: unknown) => (isTable(data) ? withoutEmpty(data, change.path) : data);
  const wanted = bare(withoutChange(parseSettings(format, text), change));
  return firstSafe(
    format,
    text,
    (body) => format.remove(body, change),
    (data) => isDeepStrictEqual(bare(data), wanted),
  );
}

/** The data of a settings file. Throws `foreign-data` if it can't be read or holds no table of settings. */
export function parseSettings(format: SettingsFormat, text: string): Data {
  const data = format.parse(withoutMark(text));
  if (isTable(data)) return data;
  throw new OpenSpaceError('foreign-data', `it does not hold ${format.name} settings by name`);
}

/** The one safeguard for all formats: what is written must mean exactly the old settings and the change. */
function firstSafe(
  format: SettingsFormat,
  text: string,
  makeTexts: (body: string) => readonly string[],
  isWanted: (data: unknown) => boolean,
): string {
  const mark = text.startsWith(BOM) ? BOM : '';
  for (const body of makeTexts(withoutMark(text))) {
    const data = parseOrNothing(format, body);
    if (data !== undefined && isWanted(data)) return mark + body;
  }
  throw new OpenSpaceError('foreign-data', 'it is written in a way that could not be edited safely');
}

function parseOrNothing(format: SettingsFormat, body: string): unknown {
  try {
    return format.parse(body);
  } catch (error) {
    if (error instanceof OpenSpaceError) return undefined; // this text is no candidate
    throw error;
  }
}

const withoutMark = (text: string) => (text.startsWith(BOM) ? text.slice(BOM.length) : text);

export function isTable(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** The value at a path, or undefined. */
export function valueAt(data: unknown, path: readonly string[]): unknown {
  let current = data;
  for (const name of path) {
    if (!isTable(current) || !Object.hasOwn(current, name)) return undefined;
    current = current[name];
  }
  return current;
}

/** True if the change is in the data as it is. */
export function holdsChange(data: Data, { kind, path, value }: Change): boolean {
  const found = valueAt(data, path);
  return kind === 'entry' ? isDeepStrictEqual(found, value) : Array.isArray(found) && found.includes(value);
}

function withChange(data: Data, { kind, path, value }: Change): Data {
  return replaceAt(data, path, (old) => (kind === 'entry' ? value : [value, ...listOf(old, path)]));
}

function withoutChange(data: Data, { kind, path, value }: Change): Data {
  return replaceAt(data, path, (old) =>
    kind === 'entry' ? undefined : listOf(old, path).filter((item) => item !== value),
  );
}

/** A copy in which the containers on the path are left out where they are empty. */
function withoutEmpty(data: Data, [name = '', ...rest]: readonly string[]): Data {
  const inner = data[name];
  const bare = isTable(inner) ? withoutEmpty(inner, rest) : inner;
  const isEmpty = isTable(bare) ? Object.keys(bare).length === 0 : Array.isArray(bare) && bare.length === 0;
  const copy: Record<string, unknown> = { ...data, [name]: bare };
  if (isEmpty || bare === undefined || bare === null) delete copy[name];
  return copy;
}

function listOf(value: unknown, path: readonly string[]): readonly unknown[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  throw new OpenSpaceError('foreign-data', `its "${path.join('.')}" is no list`);
}

/** A copy with another value at the path; undefined takes the name out. */
function replaceAt(data: Data, path: readonly string[], change: (old: unknown) => unknown): Data {
  const [name = '', ...rest] = path;
  const old = Object.hasOwn(data, name) ? data[name] : undefined;
  const copy = { ...data };
  if (rest.length === 0) {
    const value = change(old);
    if (value === undefined) delete copy[name];
    else copy[name] = value;
    return copy;
  }
  // An empty YAML value is null: the key is there and waits for its entries.
  if (old !== undefined && old !== null && !isTable(old))
    throw new OpenSpaceError('foreign-data', `its "${name}" does not hold entries by name`);
  copy[name] = replaceAt(old ?? {}, rest, change);
  return copy;
}

/** The line end that the text uses. */
export const lineEndOf = (text: string) => (text.includes('\r\n') ? '\r\n' : '\n');

/** True if `candidate` means `text` with the change taken back, and what stood there before in its place. */
export function meansUndone(
  format: SettingsFormat,
  facts: {
    readonly text: string;
    readonly candidate: string;
    readonly change: Change;
    readonly previous: unknown;
  },
): boolean {
  const { change, previous } = facts;
  const found = parseOrNothing(format, withoutMark(facts.candidate));
  if (!isTable(found)) return false;
  const data = parseSettings(format, facts.text);
  const wanted =
    previous === undefined
      ? withoutChange(data, change)
      : withChange(data, { ...change, kind: 'entry', value: previous });
  return isDeepStrictEqual(withoutEmpty(found, change.path), withoutEmpty(wanted, change.path));
}
