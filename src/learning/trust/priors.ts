// What is known of skills' past, for the choice of skills: asked by the engine, answered from the ledger.
import type { Database } from '../../lib/index.ts';
import type { Library, SkillId, SkillPrior } from '../../skills/index.ts';

const TASKS_PER_SKILL = 8;

/** The past of some skills. Skills that were never used are in it too, if their version is new. */
export function priorsOf(
  { db, library }: { readonly db: Database; readonly library: Library },
  skillIds: readonly SkillId[],
): readonly SkillPrior[] {
  const wanted = JSON.stringify(skillIds);
  const rows = db.all<{ skillId: string; uses: number; successes: number; lastUsedAt: string }>(
    `SELECT skill_id AS skillId, count(*) AS uses, sum(success) AS successes, max(started_at) AS lastUsedAt
     FROM (${RUNS}) GROUP BY skill_id`,
    wanted,
  );
  const helped = db.all<{ skillId: string; task: string }>(
    `SELECT skill_id AS skillId, task FROM (${RUNS}) WHERE success ORDER BY started_at DESC`,
    wanted,
  );
  return skillIds.map((skillId): SkillPrior => {
    const row = rows.find((each) => each.skillId === skillId);
    const skill = library.findSkill(skillId);
    const current = skill?.head ?? skill?.trial;
    const tasks = helped.filter((each) => each.skillId === skillId).slice(0, TASKS_PER_SKILL);
    return {
      ...{ skillId, uses: row?.uses ?? 0, successes: row?.successes ?? 0, lastUsedAt: row?.lastUsedAt },
      changedAt: current === undefined ? undefined : library.getVersion(current).createdAt,
      helpedTasks: tasks.map(({ task }) => task).reverse(),
    };
  });
}

/** One row for each run that had one of the skills, with whether it was followed and the task done by that attempt. */
const RUNS = `
  SELECT u.skill_id, u.run_id, r.task, r.started_at,
    max(coalesce(j.applied, 1) AND coalesce(a.completed, r.status = 'done') AND NOT EXISTS (
      SELECT 1 FROM learn_attempts later WHERE later.run_id = u.run_id AND later.attempt > u.attempt)) AS success
  FROM learn_uses u
  JOIN learn_runs r ON r.run_id = u.run_id AND r.purpose <> 'replay' AND r.status <> 'running'
  LEFT JOIN learn_analyses a ON a.run_id = u.run_id
  LEFT JOIN learn_judgments j ON j.run_id = u.run_id AND j.version_id = u.version_id
  WHERE u.how <> 'offered' AND u.skill_id IN (SELECT value FROM json_each(?))
  GROUP BY u.skill_id, u.run_id`;
