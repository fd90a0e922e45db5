// What a skill's files are on the way to and from others: their hash, and the text that names their version.
import { sha256 } from '../lib/index.ts';
import { parseSkillMd, SIDECARS, SKILL_FILE, type SkillFiles } from '../skills/index.ts';

/** The files without our own sidecars. */
export function withoutSidecars(files: SkillFiles): SkillFiles {
  return new Map([...files].filter(([path]) => !SIDECARS.has(path)));
}

/** sha256 over `hash  path` lines sorted by path: the library's hash of a version. Sidecars do not count. */
export function hashOfFiles(files: SkillFiles): string {
  const lines = [...withoutSidecars(files)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, data]) => `${sha256(data)}  ${path}\n`);
  return sha256(lines.join(''));
}

/** Name, description and tags as SKILL.md states them; undefined without a SKILL.md. */
export function describeSkill(files: SkillFiles, fallbackName: string) {
  const bytes = files.get(SKILL_FILE);
  if (bytes === undefined) return undefined;
  const parsed = parseSkillMd(new TextDecoder().decode(bytes));
  return {
    name: parsed.name ?? fallbackName,
    description: parsed.description ?? '',
    tags: parsed.tags,
    body: parsed.body,
  };
}
