// Where settings come from: each source becomes a layer of checked values, and the first layer that has a value wins.
import { parseEnv } from 'node:util';
import { type ParseError, parse as parseJsonc, printParseErrorCode } from 'jsonc-parser';
import { OpenSpaceError, readTextIfPresent, toDiskError } from '../lib/index.ts';
import { isSettingKey, SETTING_KEYS, SETTINGS, type SettingKey } from './settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** One value with the place it came from, for people: `OPENSPACE_MODEL (process environment)`. */
export interface Sourced {
  readonly value: unknown;
  readonly origin: string;
}

/** The values of one source. */
export interface Layer {
  readonly name: string;
  /** False for a project folder that the user has not trusted. */
  readonly trusted: boolean;
  readonly values: ReadonlyMap<SettingKey, Sourced>;
  /** Variables of an environment layer, cleaned; empty for files. Provider keys are looked up here. */
  readonly variables: ReadonlyMap<string, string>;
}

/** A variable's text without surrounding space, line ends and one pair of quotes; undefined if nothing is left. */
export function cleanValue(raw: string | undefined): string | undefined {
  let value = (raw ?? '').replace(/^\uFEFF/, '').trim();
  const quote = value[0];
  if (value.length >= 2 && (quote === '"' || quote === "'") && value.endsWith(quote))
    value = value.slice(1, -1).trim();
  return value === '' ? undefined : value;
}

/** Checks one value. Throws `config` with the setting's place and what was expected, never the value of a secret. */
export function checkValue(key: SettingKey, value: unknown, origin: string): Sourced {
  const { kind, secret, env } = SETTINGS[key] as (typeof SETTINGS)[SettingKey] & {
    secret?: true;
    env?: readonly string[];
  };
  const checked = kind.schema.safeParse(value);
  if (checked.success) return { value: checked.data, origin };
  const shown =
    secret || typeof value === 'object' || value === undefined ? '' : ` (it is ${JSON.stringify(value)})`;
  const issue = checked.error.issues[0];
  const where = issue && issue.path.length > 0 ? ` at ${issue.path.map(String).join('.')}` : '';
  throw new OpenSpaceError('config', `${origin}: expected ${kind.expected}${where}${shown}.`, {
    hint: `${key}: ${SETTINGS[key].doc}${env ? ` Variables: ${env.join(', ')}.` : ''}`,
  });
}

/** A layer from environment variables. */
export function environmentLayer(variables: Environment, name: string, trusted = true): Layer {
  const cleaned = new Map<string, string>();
  for (const [variable, raw] of Object.entries(variables)) {
    const value = cleanValue(raw);
    if (value !== undefined) cleaned.set(variable, value);
  }
  const values = new Map<SettingKey, Sourced>();
  for (const key of SETTING_KEYS) {
    const setting = SETTINGS[key];
    const variable = 'env' in setting ? setting.env.find((item) => cleaned.has(item)) : undefined;
    if (variable === undefined) continue;
    values.set(
      key,
      checkValue(key, setting.kind.fromText(cleaned.get(variable) ?? ''), `${variable} (${name})`),
    );
  }
  return { name, trusted, values, variables: cleaned };
}

/** A layer from a `.env` file, or undefined if there is none. */
export function dotEnvLayer(path: string, trusted: boolean): Layer | undefined {
  const content = readFile(path);
  if (content === undefined) return undefined;
  return environmentLayer(parseEnv(content.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n')), path, trusted);
}

/** A layer from a settings file (JSON with comments), or undefined if there is none. Unknown names are reported. */
export function fileLayer(
  path: string,
  trusted: boolean,
  report: (notice: string) => void,
): Layer | undefined {
  const data = readJsonFile(path);
  return data === undefined ? undefined : objectLayer(data, path, trusted, report);
}

/** Reads a JSON-with-comments file that must hold an object. Throws `config` with line and column. */
export function readJsonFile(path: string): Readonly<Record<string, unknown>> | undefined {
  const content = readFile(path);
  if (content === undefined) return undefined;
  const errors: ParseError[] = [];
  const data: unknown = parseJsonc(content.replace(/^\uFEFF/, ''), errors, { allowTrailingComma: true });
  const first = errors[0];
  if (first !== undefined) {
    const before = content.slice(0, first.offset).split('\n');
    const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
    throw new OpenSpaceError(
      'config',
      `${path} is not valid JSON: ${printParseErrorCode(first.error)} at ${place}.`,
      {
        hint: 'Fix that place, or move the file aside.',
      },
    );
  }
  if (data === null || typeof data !== 'object' || Array.isArray(data)) {
    throw new OpenSpaceError('config', `${path} must hold a JSON object.`, {
      hint: 'Example: { "model": "openrouter/anthropic/claude-sonnet-4.5" }',
    });
  }
  return data as Readonly<Record<string, unknown>>;
}

/** A layer from an object whose nesting follows the settings' names. */
export function objectLayer(
  data: Readonly<Record<string, unknown>>,
  name: string,
  trusted: boolean,
  report: (notice: string) => void,
): Layer {
  const values = new Map<SettingKey, Sourced>();
  const walk = (node: Readonly<Record<string, unknown>>, prefix: string) => {
    for (const [part, value] of Object.entries(node)) {
      const key = prefix + part;
      if (isSettingKey(key)) {
        if (value !== null) values.set(key, checkValue(key, value, `${key} (${name})`));
      } else if (
        value !== null &&
        typeof value === 'object' &&
        SETTING_KEYS.some((item) => item.startsWith(`${key}.`))
      ) {
        walk(value as Readonly<Record<string, unknown>>, `${key}.`);
      } else if (key !== '$schema') {
        report(`${name}: unknown setting "${key}" is ignored.`);
      }
    }
  };
  walk(data, '');
  return { name, trusted, values, variables: new Map() };
}

function readFile(path: string): string | undefined {
  try {
    return readTextIfPresent(path);
  } catch (error) {
    throw new OpenSpaceError('config', `Could not read ${path}.`, {
      hint: 'Check that it is a file and that you may read it.',
      cause: toDiskError(error, path),
    });
  }
}

/** Drops what an untrusted folder may not set; the notices say what was dropped. */
export function withoutGuarded(layer: Layer, report: (notice: string) => void): Layer {
  if (layer.trusted) return layer;
  const values = new Map(layer.values);
  for (const key of layer.values.keys()) {
    if (!('guarded' in SETTINGS[key])) continue;
    values.delete(key);
    report(
      `${layer.name}: "${key}" is ignored, because you have not trusted this folder (openspace config trust).`,
    );
  }
  return { ...layer, values };
}
