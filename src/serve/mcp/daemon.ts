// The one server of a data home that others attach to: who it is, whether it runs, and that there is only one.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Config, resolveModel, SETTINGS, type SettingKey, secretsOf } from '../../config/index.ts';
import {
  type HeldLock,
  isPresent,
  makeFolder,
  OpenSpaceError,
  parseJson,
  readTextIfPresent,
  sha256,
  tryHoldLock,
  writeFileAtomic,
} from '../../lib/index.ts';

const DaemonFile = z.object({
  pid: z.number().int().positive(),
  /** `http://127.0.0.1:<port>` */
  url: z.url(),
  version: z.string(),
  started_at: z.string(),
  /** Of the settings that it works with: who has others must not use it. */
  settings: z.string(),
});
export type DaemonFile = z.infer<typeof DaemonFile>;

const lockPath = (home: string): string => join(home, 'locks', 'daemon.lock');
export const daemonFile = (home: string): string => join(home, 'mcp', 'daemon.json');
export const daemonLog = (home: string): string => join(home, 'mcp', 'daemon.log');

/** Takes the place of the daemon; the system frees it if this process dies. Throws `busy` if it is taken. */
export function takeDaemonPlace(home: string): HeldLock {
  const lock = tryHoldLock(lockPath(home));
  if (lock === undefined)
    throw new OpenSpaceError('busy', 'A daemon of this data home runs already.', {
      hint: 'openspace daemon status',
    });
  rmSync(daemonFile(home), { force: true }); // left behind by one that was killed
  return lock;
}

export function announceDaemon(config: Config, url: string, version: string): void {
  makeFolder(join(config.home, 'mcp'), 0o700);
  const file: DaemonFile = {
    ...{ pid: process.pid, url, version, started_at: new Date().toISOString() },
    settings: settingsDigest(config),
  };
  writeFileAtomic(daemonFile(config.home), `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
}

/** The daemon that runs, if one does. A file that a killed one left behind counts for nothing. */
export function findDaemon(home: string): DaemonFile | undefined {
  const text = readTextIfPresent(daemonFile(home));
  if (text === undefined || !isPresent(lockPath(home))) return undefined;
  const lock = tryHoldLock(lockPath(home));
  if (lock !== undefined) {
    lock.release();
    return undefined;
  }
  const parsed = DaemonFile.safeParse(parseJson(text));
  return parsed.success ? parsed.data : undefined;
}

/** The daemon, if it works with the same settings as these: keys and folders of a host's own are never mixed up. */
export function findDaemonFor(config: Config): DaemonFile | undefined {
  const daemon = findDaemon(config.home);
  return daemon?.settings === settingsDigest(config) ? daemon : undefined;
}

/** Everything that decides how a task is done; where a server listens does not. */
export function settingsDigest(config: Config): string {
  const keys = Object.keys(SETTINGS).filter((key): key is SettingKey => !key.startsWith('mcp.'));
  const values = keys.sort().map((key) => [key, config.get(key) ?? null]);
  const model = resolveModel(config)?.id ?? null;
  return sha256(JSON.stringify([config.home, values, model, [...secretsOf(config)].sort()]));
}
