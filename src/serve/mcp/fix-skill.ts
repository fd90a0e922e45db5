// fix_skill: the direction checked; the change itself belongs to learning.
import { OpenSpaceError } from '../../lib/index.ts';
import type { ArgumentsOf, CallContext, ToolWorld } from './call-tool.ts';
import { requireSkillFolder } from './skill-folder.ts';
import type { ToolAnswer } from './tool-result.ts';

export async function fixSkill(
  args: ArgumentsOf<'fix_skill'>,
  _world: ToolWorld,
  _context: CallContext,
): Promise<ToolAnswer> {
  if (args.direction.trim() === '')
    throw new OpenSpaceError('usage', 'direction is required: say what is wrong and what should be changed.');
  requireSkillFolder(args.skill_dir);
  throw new OpenSpaceError('unsupported', 'This version of OpenSpace can’t rewrite a skill by itself.', {
    hint: 'Edit the SKILL.md by hand: the edit becomes a version of its own, and the old one is kept.',
  });
}
