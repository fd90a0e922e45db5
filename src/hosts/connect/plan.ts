// What connecting or disconnecting a host would change, worked out before anything is written.
import { isDeepStrictEqual } from 'node:util';
import { OpenSpaceError } from '../../lib/index.ts';
import type { ConnectPlaces, FileChange, HostAdapter, ServerEntry } from './adapters.ts';
import { about, missingFolders, readHostFile } from './host-file.ts';
import { type PlannedSkillFile, planSkillRemoval, planSkills, skillRecords } from './host-skills.ts';
import { jsonFormat } from './json-file.ts';
import { type FileRecord, type Receipt, readReceipt } from './receipt.ts';
import {
  type Change,
  type Data,
  holdsChange,
  isTable,
  meansUndone,
  parseSettings,
  putChange,
  removeChange,
  type SettingsFormat,
  valueAt,
} from './settings-format.ts';
import { spliceBetween, undoneTexts } from './splice.ts';
import { tomlFormat } from './toml-file.ts';
import { yamlFormat } from './yaml-file.ts';

/** A file with its content before and after; undefined where it is not there. */
export interface PlannedFile {
  readonly file: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export interface Plan {
  readonly host: HostAdapter;
  readonly kind: 'connect' | 'disconnect';
  readonly files: readonly PlannedFile[];
  readonly skills: readonly PlannedSkillFile[];
  /** What will be remembered; undefined after disconnecting. */
  readonly receipt: Receipt | undefined;
  /** Folders that disconnecting may remove if they are empty, innermost first. */
  readonly emptyFolders: readonly string[];
  /** The program as the host will start it. */
  readonly server: ServerEntry | undefined;
  /** Values of variables in the entry: they may be keys and are not for showing. */
  readonly hidden: readonly string[];
}

export interface ConnectOptions {
  readonly host: HostAdapter;
  readonly places: ConnectPlaces;
  /** The data home. */
  readonly home: string;
  readonly server: ServerEntry;
  /** Let the host call without asking, where its settings can say so. */
  readonly approve: boolean;
  /** Folder of the host skills, or undefined to leave skills alone. */
  readonly skills: string | undefined;
}

const FORMATS: Readonly<Record<FileChange['format'], SettingsFormat>> = {
  json: jsonFormat,
  toml: tomlFormat,
  yaml: yamlFormat,
};

/** Throws `foreign-data` if one of the host's files can't be read or edited safely; nothing is written then. */
export function planConnect(options: ConnectOptions): Plan {
  const { host, places, home, approve } = options;
  const earlier = readReceipt(home, host.id);
  const server = { ...options.server, env: { ...presentEnv(options), ...options.server.env } };
  const changes = [
    host.entry(places, server, { approve }),
    ...(approve ? (host.approvals?.(places) ?? []) : []),
  ];
  const planned = changes.map((change) => about(change.file, () => planPut(change, earlier)));
  const dropped = (earlier?.files ?? []).filter(({ file }) => changes.every((item) => item.file !== file));
  const skills =
    options.skills === undefined
      ? []
      : planSkills(options.skills, host.skillFolder(places), earlier?.skills ?? []);
  const written = [...planned.map(({ file }) => file.file), ...skills.map(({ file }) => file)];
  const made = written.flatMap((file) => missingFolders(file));
  return {
    host,
    kind: 'connect',
    files: [...planned.map(({ file }) => file), ...dropped.map(planUndo)],
    skills,
    receipt: {
      version: 1,
      host: host.id,
      files: planned.flatMap(({ record }) => (record === undefined ? [] : [record])),
      skills:
        options.skills === undefined ? (earlier?.skills ?? []) : skillRecords(skills, earlier?.skills ?? []),
      folders: [...new Set([...(earlier?.folders ?? []), ...made])],
    },
    emptyFolders: [],
    server,
    hidden: [
      ...envValues(server),
      ...(earlier?.files ?? []).flatMap(({ change }) => envValues(change.value)),
    ],
  };
}

/** Throws `not-found` if connect did not write anything for this host. */
export function planDisconnect(options: { readonly host: HostAdapter; readonly home: string }): Plan {
  const { host, home } = options;
  const receipt = readReceipt(home, host.id);
  if (receipt === undefined) {
    throw new OpenSpaceError(
      'not-found',
      `${host.title} was not connected from here: nothing to take back.`,
      {
        hint: 'An entry that somebody else wrote stays. Remove it in the host’s own settings.',
      },
    );
  }
  return {
    host,
    kind: 'disconnect',
    files: receipt.files.map(planUndo),
    skills: planSkillRemoval(receipt.skills),
    receipt: undefined,
    emptyFolders: receipt.folders.toReversed(),
    server: undefined,
    hidden: receipt.files.flatMap(({ change, previous }) => [change.value, previous].flatMap(envValues)),
  };
}

function planPut(
  { file, format: name, change }: FileChange,
  earlier: Receipt | undefined,
): { file: PlannedFile; record: FileRecord | undefined } {
  const format = FORMATS[name];
  const before = readHostFile(file);
  const known = earlier?.files.find((record) => record.file === file && samePlace(record.change, change));
  // What was written before is taken back first, so that disconnect always leads back to the very beginning.
  const base = known === undefined ? (before ?? '') : undoText(format, before ?? '', known);
  const data = parseSettings(format, base);
  if (holdsChange(data, change)) return { file: { file, before, after: before }, record: undefined };
  const after = putChange(format, base, change);
  const previous = change.kind === 'entry' ? valueAt(data, change.path) : undefined;
  const record: FileRecord = {
    file,
    format: name,
    change: { ...change, path: [...change.path] },
    splice: spliceBetween(base, after),
    created: known?.created ?? before === undefined,
    ...(previous === undefined ? {} : { previous }),
  };
  return { file: { file, before, after }, record };
}

const samePlace = (a: Change, b: Change) => a.kind === b.kind && isDeepStrictEqual(a.path, b.path);

function planUndo(record: FileRecord): PlannedFile {
  return about(record.file, () => {
    const before = readHostFile(record.file);
    if (before === undefined) return { file: record.file, before, after: before };
    const after = undoText(FORMATS[record.format], before, record);
    return { file: record.file, before, after: record.created && after.trim() === '' ? undefined : after };
  });
}

/** The text without what the record says was written; entries that stood there before come back. */
function undoText(format: SettingsFormat, text: string, record: FileRecord): string {
  const { change, previous, splice } = record;
  const data = parseSettings(format, text);
  const found = change.kind === 'entry' ? valueAt(data, change.path) : undefined;
  // The user took it back already, or it was never written.
  const isUndone = change.kind === 'entry' ? isDeepStrictEqual(found, previous) : !holdsChange(data, change);
  if (isUndone || (change.kind === 'entry' && found === undefined)) return text;
  const exact = undoneTexts(text, splice).find((candidate) =>
    meansUndone(format, { text, candidate, change, previous }),
  );
  if (exact !== undefined) return exact;
  return previous === undefined
    ? removeChange(format, text, change)
    : putChange(format, text, { ...change, value: previous });
}

/** Variables in the entry that is there now: the user's keys, which must not get lost. */
function presentEnv({ host, places, server, approve }: ConnectOptions): Readonly<Record<string, string>> {
  const { file, format, change } = host.entry(places, server, { approve });
  return envOf(about(file, () => valueAt(readData(file, format), change.path)));
}

/** The variables of an entry, under the name that its host has for them. */
function envOf(entry: unknown): Readonly<Record<string, string>> {
  const env = isTable(entry) ? (entry.env ?? entry.environment) : undefined;
  if (!isTable(env)) return {};
  return Object.fromEntries(
    Object.entries(env).filter((item): item is [string, string] => typeof item[1] === 'string'),
  );
}

/** Where our data is, is no secret. */
const envValues = (entry: unknown) =>
  Object.entries(envOf(entry)).flatMap(([name, value]) => (name === 'OPENSPACE_HOME' ? [] : [value]));

/** A host file's settings; `{}` if it is not there. */
export function readData(file: string, format: FileChange['format']): Data {
  return parseSettings(FORMATS[format], readHostFile(file) ?? '');
}
