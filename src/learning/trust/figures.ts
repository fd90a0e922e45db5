// Figures of skills for the triggers: health of the version in use, beside that of the one before.
import { estimateTokens } from '../../lib/index.ts';
import { decodeText, SKILL_FILE, type Skill } from '../../skills/index.ts';
import type { LearningDeps } from '../deps.ts';
import type { BrokenTool, SkillFigures } from '../suggest/triggers.ts';
import { skillHealth, toolHealth, versionsUsingTool } from './health.ts';

type Needed = Pick<LearningDeps, 'db' | 'library'>;

/** Figures of a skill's version in use; undefined if it has none. */
export function figuresOf({ db, library }: Needed, skill: Skill): SkillFigures | undefined {
  const versionId = skill.head ?? skill.trial;
  if (versionId === undefined) return undefined;
  const bytes = library.readFile(versionId, SKILL_FILE);
  const parent = library.getVersion(versionId).parents[0];
  const now = sumUp(db, versionId);
  return {
    ...{ skillId: skill.skillId, versionId, name: skill.name, isPinned: skill.pinned, ...now },
    before: parent === undefined ? undefined : sumUp(db, parent),
    textTokens: bytes === undefined ? 0 : estimateTokens(decodeText(bytes) ?? ''),
  };
}

function sumUp(db: LearningDeps['db'], versionId: string) {
  const sum = { uses: 0, applied: 0, successes: 0, failures: 0, harmed: 0 };
  for (const row of skillHealth(db, { versionId })) {
    sum.uses += row.uses;
    sum.applied += row.applied;
    sum.successes += row.successes;
    sum.failures += row.failures;
    sum.harmed += row.harmed;
  }
  return sum;
}

/** Tools that fail, with the skills in use that need them. */
export function brokenTools({ db, library }: Needed): readonly BrokenTool[] {
  return toolHealth(db)
    .filter(({ isBroken }) => isBroken)
    .flatMap(({ toolKey, calls, recentRate, lastError }) => {
      const versionIds = new Set<string>();
      for (const { skillId } of versionsUsingTool(db, toolKey)) {
        const skill = library.findSkill(skillId);
        const current = skill?.head ?? skill?.trial;
        if (skill !== undefined && current !== undefined && !skill.archived) versionIds.add(current);
      }
      return versionIds.size === 0
        ? []
        : [{ toolKey, calls, recentRate, lastError, versionIds: [...versionIds] }];
    });
}
