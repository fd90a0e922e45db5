// The lock file: what was installed from where, with hashes, so that another machine gets the very same files.
import { join } from 'node:path';
import { z } from 'zod';
import { OpenSpaceError, parseJson, readTextIfPresent, writeFileAtomic } from '../lib/index.ts';
import { Sha256 } from './protocol.ts';

/** Lies in the folder whose skills it speaks of. */
export const LOCK_FILE = 'openspace-lock.json';

const Pinned = z.object({
  /** Record id of a hub, or path inside a repository, folder or listing. */
  id: z.string(),
  /** Commit of a repository, or version number of a hub. */
  revision: z.string().nullable(),
  files_hash: Sha256,
});
export const LockEntry = Pinned.extend({
  /** Source as `openspace hub add` takes it: `hub:https://…`, `git:…`, `folder:…`, `web:https://…`. */
  source: z.string(),
  /** Key that signed what is installed. Once there, other keys and unsigned versions are refused. */
  publisher_key: z.string().nullable(),
  installed_at: z.string(),
  /** What was installed before, for going back. */
  previous: Pinned.nullable(),
});
export type LockEntry = z.infer<typeof LockEntry>;

const LockFile = z.object({ version: z.literal(1), skills: z.record(z.string(), LockEntry) });
export type Lock = Readonly<Record<string, LockEntry>>;

/** Reads the lock of a folder; empty if there is none. Throws `corrupt` or `newer-data`. */
export function readLock(folder: string): Lock {
  const path = join(folder, LOCK_FILE);
  const text = readTextIfPresent(path);
  if (text === undefined) return {};
  const parsed = LockFile.safeParse(parseJson(text));
  if (parsed.success) return parsed.data.skills;
  throw new OpenSpaceError('corrupt', `${path} can't be read as a lock file.`, {
    hint: 'Take it from version control again, or delete it and install anew.',
    cause: parsed.error,
  });
}

/** Sets or removes one entry, atomically. Names are kept in order, so that diffs of the file stay small. */
export function writeLockEntry(folder: string, name: string, entry: LockEntry | undefined): void {
  const skills: Record<string, LockEntry> = { ...readLock(folder) };
  if (entry === undefined) delete skills[name];
  else skills[name] = entry;
  const sorted = Object.fromEntries(Object.entries(skills).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileAtomic(join(folder, LOCK_FILE), `${JSON.stringify({ version: 1, skills: sorted }, null, 2)}\n`);
}
