// Starts `openspace learn --drain` in the background after a run; it ends by itself, and only one works at a time.
import { fileURLToPath } from 'node:url';
import { type Config, SETTINGS, type SettingKey } from '../config/index.ts';
import { startDetached } from '../lib/index.ts';

/** The command line beside this code, built or unbuilt. */
const PROGRAM = fileURLToPath(new URL('../../bin/openspace.js', import.meta.url));

/** What `openOpenSpace` calls after a run that left something to learn. `configFile`: the one of `--config`. */
export function learningWorker(config: Config, configFile: string | undefined): () => void {
  return () => {
    startDetached({
      command: process.execPath,
      args: [PROGRAM, 'learn', '--drain', ...(configFile === undefined ? [] : ['--config', configFile])],
      cwd: config.cwd,
      env: { ...definedOf(config.env), ...flagsAsVariables(config) },
    });
  };
}

const definedOf = (env: Config['env']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );

/** Settings of the command line reach the worker as variables: a key must not stand in a process list. */
function flagsAsVariables(config: Config): Record<string, string> {
  const layer = config.layers.find(({ name }) => name === 'command line');
  const variables: Record<string, string> = {};
  for (const [key, { value }] of layer?.values ?? []) {
    const [name] = variablesOf(key);
    if (name === undefined) continue;
    if (typeof value === 'string' || typeof value === 'number') variables[name] = String(value);
    if (isTexts(value)) variables[name] = value.join(',');
  }
  return variables;
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');

function variablesOf(key: SettingKey): readonly string[] {
  const setting = SETTINGS[key];
  return 'env' in setting ? (setting.env ?? []) : [];
}
