// Which folder a task works in, checked before anything starts.
import { accessSync, constants, mkdirSync, realpathSync, statSync } from 'node:fs';
import { type Config, expandPath } from '../config/index.ts';
import { isAbsent, OpenSpaceError, toMessage } from '../lib/index.ts';

/** The real path of the folder. Throws `config` if it is not there, no folder, or not writable. */
export function resolveWorkspace(config: Config, asked: string | undefined): string {
  const set = asked ?? config.get('workspace');
  const path = set === undefined ? config.cwd : expandPath(set, config.userHome, config.cwd);
  const origin = asked === undefined && set !== undefined ? ` (${config.originOf('workspace')})` : '';
  const refuse = (why: string, hint: string, cause?: unknown) =>
    new OpenSpaceError('config', `The workspace ${path}${origin} ${why}.`, { hint, cause });
  try {
    if (!statSync(path).isDirectory()) throw refuse('is not a folder', 'Name a folder with --workspace.');
  } catch (error) {
    if (isAbsent(error))
      throw refuse(
        'does not exist',
        `Make it first (mkdir -p ${JSON.stringify(path)}) or name another with --workspace.`,
        error,
      );
    throw error;
  }
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw refuse(
      `is not writable: ${toMessage(error)}`,
      'Change its permissions, or name another folder with --workspace.',
      error,
    );
  }
  return realpathSync(path);
}

/** A fresh workspace inside a run's own folder. */
export function makeRunWorkspace(runFolder: string): string {
  const path = `${runFolder}/workspace`;
  mkdirSync(path, { recursive: true });
  return realpathSync(path);
}
