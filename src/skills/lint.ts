// Temporary.
import { parseSkillMd, SKILL_FILE } from './format.ts';
import type { Finding, SkillFiles } from './skill.ts';
import { decodeText } from './skill-text.ts';
export function lintSkill(files: SkillFiles, _options: { folderName?: string } = {}): readonly Finding[] {
  const bytes = files.get(SKILL_FILE);
  if (bytes === undefined) return [{ rule: 'lint/no-skill-file', severity: 'block', message: 'no SKILL.md' }];
  return parseSkillMd(decodeText(bytes) ?? '').problems;
}
