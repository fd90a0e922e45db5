// Which project folders the user trusts. Kept in the data home, never in the project.
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isPresent, OpenSpaceError, readTextIfPresent, writeFileAtomic } from '../lib/index.ts';

const Trusted = z.object({
  folders: z.array(z.object({ path: z.string(), trusted: z.boolean(), at: z.string() })),
});

const trustFile = (home: string) => join(home, 'trust.json');

function readTrust(home: string): z.infer<typeof Trusted> {
  const content = readTextIfPresent(trustFile(home));
  if (content === undefined) return { folders: [] };
  const parsed = Trusted.safeParse(safeJson(content));
  if (parsed.success) return parsed.data;
  throw new OpenSpaceError('config', `${trustFile(home)} can't be read.`, {
    hint: 'Move it aside; folders then have to be trusted again.',
  });
}

function safeJson(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined; // fails the schema
  }
}

/** Folders that the user trusts. */
export function trustedFolders(home: string): readonly string[] {
  return readTrust(home)
    .folders.filter((folder) => folder.trusted)
    .map((folder) => folder.path);
}

/** True if the user has said whether to trust this folder: they are asked once. */
export function isDecided(home: string, folder: string): boolean {
  const path = realpathSync(folder);
  return readTrust(home).folders.some((entry) => entry.path === path);
}

/** True if this very folder is trusted. Folders below it are not: a clone inside is somebody else's. */
export function isTrusted(home: string, folder: string): boolean {
  return trustedFolders(home).includes(realpathSync(folder));
}

/** Remembers whether the user trusts a folder. */
export function setTrust(home: string, folder: string, trusted: boolean, now: Date): void {
  if (!isPresent(folder))
    throw new OpenSpaceError('usage', `${folder} does not exist.`, { hint: 'Name the folder of a project.' });
  const path = realpathSync(folder);
  const folders = readTrust(home).folders.filter((entry) => entry.path !== path);
  folders.push({ path, trusted, at: now.toISOString() });
  writeFileAtomic(trustFile(home), `${JSON.stringify({ folders }, null, 2)}\n`, { mode: 0o600 });
}
