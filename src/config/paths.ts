// Where OpenSpace keeps its data.
import { isAbsolute, join, resolve } from 'node:path';
import { cleanValue, type Environment } from './layers.ts';

/** The data home: `OPENSPACE_HOME`, else `~/.openspace`. */
export function dataHome(env: Environment, userHome: string, cwd: string): string {
  const set = cleanValue(env.OPENSPACE_HOME);
  return set === undefined ? join(userHome, '.openspace') : expandPath(set, userHome, cwd);
}

/** A path from a setting: `~` is the user's home, relative ones start at `base`. */
export function expandPath(path: string, userHome: string, base: string): string {
  if (path === '~' || path.startsWith('~/')) return join(userHome, path.slice(1));
  return isAbsolute(path) ? path : resolve(base, path);
}
