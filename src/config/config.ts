// Loads all settings: flags, environment, files and host agents in one order, each value with its origin.
import { isAbsolute, join, resolve } from 'node:path';
import { type HostSettings, readNanobot, readOpenclaw } from '../hosts/index.ts';
import { isPresent, OpenSpaceError } from '../lib/index.ts';
import {
  checkValue,
  cleanValue,
  dotEnvLayer,
  type Environment,
  environmentLayer,
  fileLayer,
  type Layer,
  objectLayer,
  readJsonFile,
  type Sourced,
  withoutGuarded,
} from './layers.ts';
import { IGNORED_VARIABLES, putModelOptions, translateOriginal } from './original-keys.ts';
import { dataHome, expandPath } from './paths.ts';
import { SETTINGS, type SettingKey, type SettingValue } from './settings.ts';
import { isTrusted } from './trust.ts';

export interface ConfigSources {
  /** Values from the command line or from a caller of the library, by setting. */
  readonly flags?: Readonly<Partial<Record<SettingKey, unknown>>>;
  /** A settings file named on the command line; the original's form is understood. */
  readonly configFile?: string | undefined;
  /** The process environment. */
  readonly env: Environment;
  readonly cwd: string;
  /** The user's home folder. */
  readonly userHome: string;
}

/** All settings, frozen. */
export interface Config {
  /** The data home. */
  readonly home: string;
  readonly cwd: string;
  readonly userHome: string;
  readonly layers: readonly Layer[];
  /** What people should know about their settings: ignored keys, untrusted folders, unreadable files. */
  readonly notices: readonly string[];
  /** A folder with project settings or a `.env` that the user has not trusted yet. */
  readonly untrustedFolder: string | undefined;
  /** Environment for programs that we start. */
  readonly env: Environment;
  get<K extends SettingKey>(key: K): SettingValue<K> | undefined;
  /** Where the value comes from; `default` if nowhere. */
  originOf(key: SettingKey): string;
  /** The first value of a provider's variable, in the order of the layers. */
  variable(name: string): Sourced | undefined;
}

/** Reads everything. Throws `config` with the place of the first fault. */
export function loadConfig(sources: ConfigSources): Config {
  const { env, cwd, userHome } = sources;
  const home = dataHome(env, userHome, cwd);
  const notices: string[] = [];
  const report = (notice: string) => void notices.push(notice);
  const flags = flagLayer(sources);
  const project = findProject(cwd, userHome, home);
  const places = { variable: (name: string) => cleanValue(env[name]), userHome, report };
  const trustedProject = project !== undefined && isTrusted(home, project.folder);
  const trustedCwd = isTrusted(home, cwd);
  const dotEnv = dotEnvLayer(join(cwd, '.env'), trustedCwd);
  const projectFile = project && fileLayer(project.file, trustedProject, report);
  const layers = [
    flags,
    namedFileLayer(sources, report),
    ...environmentLayers(env, sources, report),
    dotEnv && withoutGuarded(dotEnv, () => undefined), // its keys count, see routes.ts
    projectFile && withoutGuarded(projectFile, report),
    fileLayer(join(home, 'config.json'), true, report),
    hostLayer(readNanobot(places), report),
    hostLayer(readOpenclaw(places), report),
  ].filter((layer): layer is Layer => layer !== undefined);
  for (const [name, why] of Object.entries(IGNORED_VARIABLES))
    if (cleanValue(env[name])) report(`${name} has no effect here: ${why}.`);
  const untrustedFolder =
    projectFile && !trustedProject ? project.folder : dotEnv && !trustedCwd ? cwd : undefined;
  return makeConfig({ home, cwd, userHome, layers, notices, untrustedFolder, env });
}

function makeConfig(facts: Omit<Config, 'get' | 'originOf' | 'variable'>): Config {
  const found = (key: SettingKey) => {
    for (const layer of facts.layers) {
      const sourced = layer.values.get(key);
      if (sourced !== undefined) return sourced;
    }
    return undefined;
  };
  const get = <K extends SettingKey>(key: K) => {
    const setting = SETTINGS[key];
    return (found(key)?.value ?? ('default' in setting ? setting.default : undefined)) as
      | SettingValue<K>
      | undefined;
  };
  const variable = (name: string): Sourced | undefined => {
    const layer = facts.layers.find((item) => item.variables.has(name));
    return layer && { value: layer.variables.get(name), origin: `${name} (${layer.name})` };
  };
  return Object.freeze({
    ...facts,
    get,
    originOf: (key: SettingKey) => found(key)?.origin ?? 'default',
    variable,
  });
}

function flagLayer({ flags = {} }: ConfigSources): Layer {
  const given = Object.entries(flags).filter(([, value]) => value !== undefined) as [SettingKey, unknown][];
  const values = new Map(given.map(([key, value]) => [key, checkValue(key, value, `${key} (command line)`)]));
  return { name: 'command line', trusted: true, values, variables: new Map() };
}

/** `--config FILE`, and the original's grounding file that it may name. */
function namedFileLayer(
  { configFile, cwd, userHome }: ConfigSources,
  report: (notice: string) => void,
): Layer | undefined {
  if (configFile === undefined) return undefined;
  const path = expandPath(configFile, userHome, cwd);
  const { grounding_config_path: grounding, ...data } = requireFile(path, '--config');
  const own = translateOriginal(data, path, report);
  if (typeof grounding !== 'string') return objectLayer(own, path, true, report);
  const groundingPath = isAbsolute(grounding) ? grounding : resolve(path, '..', grounding);
  return objectLayer(
    { ...translateOriginal(requireFile(groundingPath, path), groundingPath, report), ...own },
    path,
    true,
    report,
  );
}

function requireFile(path: string, namedBy: string): Readonly<Record<string, unknown>> {
  const data = readJsonFile(path);
  if (data !== undefined) return data;
  throw new OpenSpaceError('config', `${path} is not there (named by ${namedBy}).`, {
    hint: 'Check the path.',
  });
}

/** The process environment: `OPENSPACE_LLM_CONFIG` over the single variables over the original's whole-file variables. */
function environmentLayers(
  env: Environment,
  { cwd, userHome }: ConfigSources,
  report: (notice: string) => void,
): (Layer | undefined)[] {
  const name = 'process environment';
  const json = (variable: string): Readonly<Record<string, unknown>> | undefined => {
    const raw = cleanValue(env[variable]);
    if (raw === undefined) return undefined;
    const data = parseObject(raw);
    if (data !== undefined) return data;
    throw new OpenSpaceError('config', `${variable} (${name}) is not a JSON object.`, {
      hint: `Correct it, or unset ${variable}.`,
    });
  };
  const modelOptions: Record<string, unknown> = {};
  putModelOptions(
    json('OPENSPACE_LLM_CONFIG') ?? {},
    `OPENSPACE_LLM_CONFIG (${name})`,
    report,
    (key, value) => {
      modelOptions[key] = value;
    },
  );
  const inline = json('OPENSPACE_CONFIG_JSON');
  const path = cleanValue(env.OPENSPACE_CONFIG_PATH);
  const file = path === undefined ? undefined : expandPath(path, userHome, cwd);
  return [
    objectLayer(modelOptions, `OPENSPACE_LLM_CONFIG (${name})`, true, report),
    environmentLayer(env, name),
    inline &&
      objectLayer(
        translateOriginal(inline, 'OPENSPACE_CONFIG_JSON', report),
        'OPENSPACE_CONFIG_JSON',
        true,
        report,
      ),
    file === undefined
      ? undefined
      : objectLayer(
          translateOriginal(requireFile(file, 'OPENSPACE_CONFIG_PATH'), file, report),
          file,
          true,
          report,
        ),
  ];
}

function parseObject(raw: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const data: unknown = JSON.parse(raw);
    return typeof data === 'object' && data !== null && !Array.isArray(data)
      ? (data as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined; // the caller names the variable; the text may hold a secret
  }
}

/** The nearest folder at or above `cwd` with `.openspace/config.json`, below the user's home. */
function findProject(
  cwd: string,
  userHome: string,
  home: string,
): { folder: string; file: string } | undefined {
  for (let folder = resolve(cwd); ; folder = resolve(folder, '..')) {
    const file = join(folder, '.openspace', 'config.json');
    if (folder === userHome || file === join(home, 'config.json')) return undefined;
    if (isPresent(file)) return { folder, file };
    if (folder === resolve(folder, '..')) return undefined;
  }
}

function hostLayer(settings: HostSettings | undefined, report: (notice: string) => void): Layer | undefined {
  if (settings === undefined) return undefined;
  const data = { ...(settings.model && { model: settings.model }), providers: settings.providers };
  const files = objectLayer(data, settings.file, true, report);
  const variables = environmentLayer(settings.variables, settings.file);
  return { ...variables, values: new Map([...files.values, ...variables.values]) };
}
