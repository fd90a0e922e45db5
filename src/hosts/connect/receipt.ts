// What connect wrote for a host, remembered in the data home, so that disconnect can take back exactly that.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isAbsent, OpenSpaceError, readTextIfPresent, writeFileAtomic } from '../../lib/index.ts';

const fileRecord = z.object({
  file: z.string(),
  format: z.enum(['json', 'toml', 'yaml']),
  change: z.object({
    kind: z.enum(['entry', 'element']),
    path: z.array(z.string()).min(1),
    value: z.unknown(),
  }),
  splice: z.object({ offset: z.int().min(0), removed: z.string(), inserted: z.string() }),
  /** The file was not there before. */
  created: z.boolean(),
  /** The entry that stood in its place. */
  previous: z.unknown().optional(),
});
const skillRecord = z.object({ file: z.string(), sha256: z.string() });
const receiptSchema = z.object({
  version: z.literal(1),
  host: z.string(),
  files: z.array(fileRecord),
  skills: z.array(skillRecord),
  /** Folders that were made, outermost first. */
  folders: z.array(z.string()),
});

export type FileRecord = z.infer<typeof fileRecord>;
export type SkillRecord = z.infer<typeof skillRecord>;
export type Receipt = z.infer<typeof receiptSchema>;

/** Only its owner may read it: an entry can hold keys. */
const PRIVATE = 0o600;

const placeOf = (home: string, host: string) => join(home, 'hosts', `${host}.json`);

/** What was written for a host, if it was. Throws `corrupt` if the receipt can't be read. */
export function readReceipt(home: string, host: string): Receipt | undefined {
  const path = placeOf(home, host);
  const content = readTextIfPresent(path);
  if (content === undefined) return undefined;
  const parsed = z
    .string()
    .transform((text, issues): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        issues.addIssue('not JSON'); // the parser's message would quote the text, which may hold a key
        return z.NEVER;
      }
    })
    .pipe(receiptSchema)
    .safeParse(content);
  if (parsed.success) return parsed.data;
  throw new OpenSpaceError(
    'corrupt',
    `${path} can't be read, so what was written for ${host} is not known.`,
    {
      hint: 'Remove that file and the entry in the host’s settings by hand, then connect anew.',
    },
  );
}

export function writeReceipt(home: string, receipt: Receipt): void {
  const text = `${JSON.stringify(receipt, null, 2)}\n`;
  writeFileAtomic(placeOf(home, receipt.host), text, { mode: PRIVATE });
}

export function removeReceipt(home: string, host: string): void {
  rmSync(placeOf(home, host), { force: true });
}

/** Keeps a copy of a host's file as it was. Returns its path. Of each file the newest few are kept. */
export function backUp(home: string, host: string, name: string, content: string, now: Date): string {
  const folder = join(home, 'hosts', 'backups');
  const stamp = now.toISOString().replaceAll(/[:.]/g, '-');
  const path = join(folder, `${host}-${name}.${stamp}`);
  writeFileAtomic(path, content, { mode: PRIVATE });
  const older = listFolder(folder).filter((item) => item.startsWith(`${host}-${name}.`));
  for (const item of older.sort().slice(0, -KEPT_BACKUPS)) rmSync(join(folder, item), { force: true });
  return path;
}

const KEPT_BACKUPS = 10;

function listFolder(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}
