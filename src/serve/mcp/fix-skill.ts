// fix_skill: the request checked and given out as a task, since writing a skill can outlast a host's patience.
import { OpenSpaceError, oneLine } from '../../lib/index.ts';
import { requireSkillFolder } from './skill-folder.ts';
import type { TaskOrder } from './task-desk.ts';

/** Throws `usage` and `not-found`. */
export function orderOfFix(args: {
  readonly skill_dir: string;
  readonly direction: string;
}): Pick<TaskOrder, 'task' | 'fix'> {
  const direction = args.direction.trim();
  if (direction === '')
    throw new OpenSpaceError('usage', 'direction is required: say what is wrong and what should be changed.');
  const folder = requireSkillFolder(args.skill_dir);
  return {
    task: `Repair the skill ${folder}: ${oneLine(direction, 200)}`,
    fix: { skill_dir: folder, direction },
  };
}
