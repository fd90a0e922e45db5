// The original's libraries as entries of the search index.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { sha256 } from '../../src/lib/index.ts';
import type { SearchEntry } from '../../src/skills/search-index.ts';
import type { SkillId, VersionId } from '../../src/skills/skill.ts';

export const skillId = (id: string) => id as SkillId;
export const versionId = (id: string) => id as VersionId;

export interface SkillText {
  readonly name: string;
  readonly description: string;
  readonly body: string;
}

/** Name, description and body of a SKILL.md; a file without front matter is all body. */
export function readSkillText(text: string, fallbackName: string): SkillText {
  const match = /^---\r?\n([\s\S]*?)\r?\n---\r?\n?([\s\S]*)$/.exec(text);
  const field = (name: string) =>
    new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(match?.[1] ?? '')?.[1]?.replace(/^(['"])(.*)\1$/, '$2') ??
    '';
  return { name: field('name') || fallbackName, description: field('description'), body: match?.[2] ?? text };
}

export function headingsOf(body: string): string {
  return (body.match(/^#{1,6} .*$/gm) ?? []).join('\n');
}

/** Every folder with a SKILL.md below a folder; the folder's name is the skill's id and name. */
export function loadSkillFolders(root: string): SearchEntry[] {
  return readdirSync(root)
    .map((folder) => join(root, folder))
    .filter((folder) => existsSync(join(folder, 'SKILL.md')))
    .map((folder) => {
      const id = basename(folder);
      const text = readFileSync(join(folder, 'SKILL.md'), 'utf8');
      const { description, body } = readSkillText(text, id);
      return {
        skillId: skillId(id),
        versionId: versionId(id),
        name: id,
        description,
        tags: [],
        headings: headingsOf(body),
        body,
        lineageKey: id,
        filesHash: sha256(text),
      };
    });
}
