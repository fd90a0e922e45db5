// The skills that teach a host to call OpenSpace: what has to be copied, and what may be removed again.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTextIfPresent, sha256 } from '../../lib/index.ts';
import type { SkillRecord } from './receipt.ts';

export interface PlannedSkillFile {
  readonly file: string;
  /** `kept`: somebody else's, or changed since we wrote it; it stays as it is. */
  readonly action: 'write' | 'none' | 'kept' | 'remove';
  readonly content: string;
}

/** What connect does with each file of the skills in `source`, for a host that keeps its skills in `folder`. */
export function planSkills(
  source: string,
  folder: string,
  earlier: readonly SkillRecord[],
): readonly PlannedSkillFile[] {
  return listFiles(source).map((name) => {
    const content = readFileSync(join(source, name), 'utf8');
    const file = join(folder, name);
    const found = readTextIfPresent(file);
    if (found === content) return { file, action: 'none', content };
    const isOurs = earlier.some((record) => record.file === file && record.sha256 === hashOf(found));
    return { file, action: found === undefined || isOurs ? 'write' : 'kept', content };
  });
}

/** What disconnect does with the files that connect wrote. */
export function planSkillRemoval(records: readonly SkillRecord[]): readonly PlannedSkillFile[] {
  return records.map(({ file, sha256: hash }) => {
    const found = readTextIfPresent(file);
    const action = found === undefined ? 'none' : hashOf(found) === hash ? 'remove' : 'kept';
    return { file, action, content: found ?? '' };
  });
}

/** The records of what is ours after connecting. */
export function skillRecords(
  planned: readonly PlannedSkillFile[],
  earlier: readonly SkillRecord[],
): SkillRecord[] {
  return planned.flatMap(({ file, action, content }) => {
    if (action === 'write') return [{ file, sha256: sha256(content) }];
    return earlier.filter((record) => record.file === file);
  });
}

const hashOf = (content: string | undefined) => (content === undefined ? undefined : sha256(content));

/** Files of skills, as paths below the folder; what lies beside the skills' folders is no part of them. */
function listFiles(source: string): readonly string[] {
  return readdirSync(source, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.parentPath !== source)
    .map((entry) => join(entry.parentPath, entry.name).slice(source.length + 1))
    .sort();
}
