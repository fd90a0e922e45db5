// The skill folder that a client named: checked before anything is done with it.
import { isAbsolute, join } from 'node:path';
import { isPresent, OpenSpaceError } from '../../lib/index.ts';

/** Throws `usage` for a path that is not absolute, `not-found` for a folder without SKILL.md. */
export function requireSkillFolder(folder: string): string {
  if (!isAbsolute(folder))
    throw new OpenSpaceError('usage', `"${folder}" is not an absolute path.`, {
      hint: 'search_skills and execute_task answer with whole paths.',
    });
  if (isPresent(join(folder, 'SKILL.md'))) return folder;
  throw new OpenSpaceError('not-found', `SKILL.md not found in ${folder}.`, {
    hint: 'skill_dir is the folder that holds the SKILL.md.',
  });
}
