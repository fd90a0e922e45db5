// Which project folders the user trusts. Kept in the data home, never in the project.
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { OpenSpaceError, readTextIfPresent, writeFileAtomic } from '../lib/index.ts';

const Trusted = z.object({ folders: z.array(z.object({ path: z.string(), at: z.string() })) });

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
  return readTrust(home).folders.map((folder) => folder.path);
}

/** True if this very folder is trusted. Folders below it are not: a clone inside is somebody else's. */
export function isTrusted(home: string, folder: string): boolean {
  return trustedFolders(home).includes(realpathSync(folder));
}

/** Adds a folder to the trusted ones, or takes it out. */
export function setTrust(home: string, folder: string, trusted: boolean, now: Date): void {
  const path = realpathSync(folder);
  const folders = readTrust(home).folders.filter((entry) => entry.path !== path);
  if (trusted) folders.push({ path, at: now.toISOString() });
  writeFileAtomic(trustFile(home), `${JSON.stringify({ folders }, null, 2)}\n`, { mode: 0o600 });
}
