// upload_skill: a reviewed skill folder to the hub, with what the engine noted beside it.
import { basename, join } from 'node:path';
import { z } from 'zod';
import {
  CLOUD_ORIGINS,
  parentsProblem,
  publishSkill,
  requirePublishable,
  reviewFolder,
  VISIBILITIES,
} from '../../hub/index.ts';
import { OpenSpaceError, parseJson, readTextIfPresent } from '../../lib/index.ts';
import { hubClientWithKey } from '../hub-access.ts';
import type { ArgumentsOf, CallContext, ToolWorld } from './call-tool.ts';
import { requireSkillFolder } from './skill-folder.ts';
import { answer, type ToolAnswer } from './tool-result.ts';

/** `.upload_meta.json` beside a skill that was learnt; explicit arguments win, each for itself. */
const Noted = z.object({
  origin: z.enum(CLOUD_ORIGINS).optional(),
  parent_skill_ids: z.array(z.string()).optional(),
  change_summary: z.string().optional(),
  created_by: z.string().optional(),
  tags: z.array(z.string()).optional(),
});

export async function uploadSkill(
  args: ArgumentsOf<'upload_skill'>,
  world: ToolWorld,
  { signal }: CallContext,
): Promise<ToolAnswer> {
  const folder = requireSkillFolder(args.skill_dir);
  const visibility = oneOf(VISIBILITIES, args.visibility ?? 'public', 'visibility');
  const review = reviewFolder(folder);
  requirePublishable(review);
  const saved = Noted.safeParse(parseJson(readTextIfPresent(join(folder, '.upload_meta.json')) ?? '{}'));
  const noted = saved.success ? saved.data : {};
  const origin = oneOf(CLOUD_ORIGINS, args.origin ?? noted.origin ?? 'imported', 'origin');
  const parents = args.parent_skill_ids ?? noted.parent_skill_ids ?? [];
  const problem = parentsProblem(origin, parents.length);
  if (problem !== undefined)
    throw new OpenSpaceError('usage', `${problem}.`, { hint: 'See origin and parent_skill_ids.' });
  const result = await publishSkill(hubClientWithKey(world.config(), signal), {
    files: review.files,
    fallbackName: basename(folder),
    visibility,
    origin,
    parents,
    tags: args.tags ?? noted.tags ?? [],
    createdBy: args.created_by ?? noted.created_by,
    changeSummary: args.change_summary ?? noted.change_summary,
  });
  return answer({ ...result, record: undefined }); // what the original answers, without the whole record
}

function oneOf<T extends string>(allowed: readonly T[], given: string, name: string): T {
  const found = allowed.find((value) => value === given);
  if (found !== undefined) return found;
  throw new OpenSpaceError('usage', `${name} is one of ${allowed.join(', ')}, not "${given}".`);
}
