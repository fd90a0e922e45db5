// Starts `openspace learn --drain` in the background after a run; it ends by itself, and only one works at a time.
import { type Config, SETTINGS, type SettingKey } from '../config/index.ts';
import { startDetached } from '../lib/index.ts';
import type { CliContext } from './context.ts';

/** What `openOpenSpace` calls after a run that left something to learn. */
export function learningWorker(
  config: Config,
  context: Pick<CliContext, 'env'>,
  configFile: string | undefined,
): () => void {
  const [, program = ''] = process.argv;
  return () => {
    startDetached({
      command: process.execPath,
      args: [program, 'learn', '--drain', ...(configFile === undefined ? [] : ['--config', configFile])],
      cwd: config.cwd,
      env: { ...definedOf(context.env), ...flagsAsVariables(config) },
    });
  };
}

const definedOf = (env: CliContext['env']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );

/** Settings of the command line reach the worker as variables: a key must not stand in a process list. */
function flagsAsVariables(config: Config): Record<string, string> {
  const layer = config.layers.find(({ name }) => name === 'command line');
  const variables: Record<string, string> = {};
  for (const [key, { value }] of layer?.values ?? []) {
    const [name] = variablesOf(key);
    if (name !== undefined && (typeof value === 'string' || typeof value === 'number'))
      variables[name] = String(value);
  }
  return variables;
}

function variablesOf(key: SettingKey): readonly string[] {
  const setting = SETTINGS[key];
  return 'env' in setting ? (setting.env ?? []) : [];
}
