// Repairs a skill in the process of a task: finds it in the library by its folder and lets learning mend it.
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { type OpenSpace, openOpenSpace } from '../../engine/index.ts';
import { OpenSpaceError } from '../../lib/index.ts';
import { allSkills, type Library, type Skill } from '../../skills/index.ts';
import { describeChange } from './evolved-skills.ts';
import { configFor, configWithRoot } from './task-config.ts';
import type { TaskEnd, TaskRequest } from './task-files.ts';

type Fix = NonNullable<TaskRequest['fix']>;

/** Throws `not-found` for a folder that holds no usable skill, and what learning throws. */
export async function fixSkillTask(
  request: TaskRequest,
  { skill_dir: folder, direction }: Fix,
  signal: AbortSignal,
): Promise<TaskEnd> {
  const started = performance.now();
  await using openSpace = await openWith(request, folder);
  openSpace.checkModel();
  const skill = await findByFolder(openSpace.library(), folder);
  if (skill === undefined)
    throw new OpenSpaceError('not-found', `${folder} holds no skill that is in use.`, {
      hint: 'Its SKILL.md needs a name and a description, and no other skill of that name may come first.',
    });
  const change = await openSpace.learning().fix({ skill: skill.skillId, direction }, signal);
  const made = describeChange(change, openSpace.library());
  const common = {
    ...{ answer: '', turns: 0, skills: [skill.name], workspace: '', learning: 'off' as const },
    took_ms: Math.round(performance.now() - started),
  };
  if (made === undefined)
    return {
      ...common,
      status: 'error',
      error: {
        code: 'invalid',
        message: `The skill was not changed: ${change.reason || 'the model saw nothing to change'}.`,
        hint: 'Say in direction what is wrong and how it should be, with an example.',
      },
    };
  return { ...common, status: 'done', new_skill: { ...made, skill_dir: made.skill_dir ?? folder } };
}

/** Opens the engine such that it knows the folder; one outside of all skill folders is taken in as the host's. */
async function openWith(request: TaskRequest, folder: string): Promise<OpenSpace> {
  const openSpace = await openOpenSpace({ config: configFor(request) });
  if ((await findByFolder(openSpace.library(), folder)) !== undefined) return openSpace;
  await openSpace.close();
  return openOpenSpace({ config: configWithRoot(request, dirname(folder)) });
}

async function findByFolder(library: Library, folder: string): Promise<Skill | undefined> {
  await library.sync();
  const wanted = realpathSync(folder);
  for (const skill of allSkills(library))
    if (skill.folder !== undefined && realpathSync(skill.folder) === wanted) return skill;
  return undefined;
}
