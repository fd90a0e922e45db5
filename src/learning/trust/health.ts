// How skills and tools do, and what learning costs and saves: rates as queries over uses, nothing counted twice.
import type { Database } from '../../lib/index.ts';

export interface HealthFilter {
  readonly skillId?: string;
  readonly versionId?: string;
  /** Only runs that began at or after this UTC ISO time. */
  readonly since?: string;
}

/** One version under one model in one phase (1: with the chosen skills, 2: the second attempt). */
export interface SkillHealth {
  readonly skillId: string;
  readonly versionId: string;
  readonly model: string | null;
  readonly phase: number;
  /** Runs whose attempt had it. */
  readonly uses: number;
  /** Uses whose run was analysed; only of these it is known whether they were applied. */
  readonly judged: number;
  readonly applied: number;
  /** Applied, and that attempt did the task. */
  readonly successes: number;
  /** Applied, and that attempt did not do the task, for no fault of the environment. */
  readonly failures: number;
  readonly harmed: number;
  readonly meanTokens: number | null;
  readonly lastUsedAt: string;
}

/** By version, model and phase; most used first. Replays are left out. */
export function skillHealth(db: Database, filter: HealthFilter = {}): readonly SkillHealth[] {
  const wanted = Object.entries({
    'u.skill_id = ?': filter.skillId,
    'u.version_id = ?': filter.versionId,
    'r.started_at >= ?': filter.since,
  }).flatMap(([condition, value]) => (value === undefined ? [] : [{ condition, value }]));
  return db.all<{ [Key in keyof SkillHealth]: SkillHealth[Key] }>(
    `SELECT u.skill_id AS skillId, u.version_id AS versionId, r.model, u.attempt AS phase, count(*) AS uses,
       sum(j.applied IS NOT NULL) AS judged,
       sum(coalesce(j.applied, 0)) AS applied,
       sum(coalesce(j.applied, 0) AND ${SUCCEEDED} AND coalesce(e.effect, 'none') <> 'harmed') AS successes,
       sum(coalesce(j.applied, 0) AND NOT ${SUCCEEDED} AND coalesce(e.cause, 'none') <> 'environment') AS failures,
       sum(coalesce(e.effect = 'harmed', 0)) AS harmed, avg(t.tokens) AS meanTokens, max(r.started_at) AS lastUsedAt
     FROM learn_uses u
     JOIN learn_runs r ON r.run_id = u.run_id AND r.purpose <> 'replay' AND r.status <> 'running'
     LEFT JOIN learn_attempts t ON t.run_id = u.run_id AND t.attempt = u.attempt
     LEFT JOIN learn_analyses a ON a.run_id = u.run_id
     LEFT JOIN learn_judgments j ON j.run_id = u.run_id AND j.version_id = u.version_id
     LEFT JOIN learn_effects e ON e.run_id = u.run_id AND e.version_id = u.version_id
     WHERE u.how <> 'offered' ${wanted.map(({ condition }) => `AND ${condition}`).join(' ')}
     GROUP BY u.skill_id, u.version_id, r.model, u.attempt ORDER BY uses DESC, u.version_id, phase`,
    ...wanted.map(({ value }) => value),
  );
}

/** The task was done, and by this attempt: what a second attempt without the skill does is not the skill's. */
const SUCCEEDED = `(coalesce(a.completed, r.status = 'done') AND NOT EXISTS (
  SELECT 1 FROM learn_attempts later WHERE later.run_id = u.run_id AND later.attempt > u.attempt))`;

export interface ToolHealth {
  readonly toolKey: string;
  readonly calls: number;
  /** Share of the last 100 calls that went well. */
  readonly recentRate: number;
  readonly failuresInARow: number;
  /** 1 for a sound tool, down to 0.2. */
  readonly quality: number;
  /** The original's threshold: at least 5 calls, less than half of the last 100 went well. */
  readonly isBroken: boolean;
  readonly lastError: string | null;
}

const WINDOW = 100;
const BROKEN_CALLS = 5;
const BROKEN_RATE = 0.5;

/** The original's penalty: nothing under 3 calls or from 40 % on; below that by rate and by failures in a row. */
export function toolQuality(calls: number, recentRate: number, failuresInARow: number): number {
  if (calls < 3 || recentRate >= 0.4) return 1;
  const penalty = 0.3 + (recentRate / 0.4) * 0.7;
  const streak = failuresInARow >= 3 ? Math.min(0.3, (failuresInARow - 2) * 0.1) : 0;
  return Math.min(1, Math.max(0.2, penalty - streak));
}

/** All tools that runs have called, the worst first. Imported calls of the original count with those of this home. */
export function toolHealth(db: Database): readonly ToolHealth[] {
  const rows = db.all<{ tool_key: string; success: number; error: string | null }>(
    `SELECT tool_key, success, error FROM (
       SELECT tool_key, success, error, at FROM learn_tool_calls
       UNION ALL SELECT tool_key, success, error, at FROM learn_imported_calls) ORDER BY tool_key, at`,
  );
  const byTool = new Map<string, (typeof rows)[number][]>();
  for (const row of rows) byTool.set(row.tool_key, [...(byTool.get(row.tool_key) ?? []), row]);
  return [...byTool]
    .map(([toolKey, calls]): ToolHealth => {
      const recent = calls.slice(-WINDOW);
      const recentRate = recent.filter(({ success }) => success === 1).length / recent.length;
      const lastSuccess = recent.findLastIndex(({ success }) => success === 1);
      const failuresInARow = recent.length - 1 - lastSuccess;
      return {
        ...{ toolKey, calls: calls.length, recentRate, failuresInARow },
        quality: toolQuality(calls.length, recentRate, failuresInARow),
        isBroken: calls.length >= BROKEN_CALLS && recentRate < BROKEN_RATE,
        lastError: recent.findLast(({ error }) => error !== null)?.error ?? null,
      };
    })
    .sort((a, b) => a.quality - b.quality || a.recentRate - b.recentRate || b.calls - a.calls);
}

/** Which versions need a tool: those that were followed in a run that called it. Most often first. */
export function versionsUsingTool(
  db: Database,
  tool: string,
): readonly { readonly versionId: string; readonly skillId: string; readonly runs: number }[] {
  return db.all(
    `SELECT u.version_id AS versionId, u.skill_id AS skillId, count(DISTINCT u.run_id) AS runs
     FROM learn_uses u
     JOIN learn_judgments j ON j.run_id = u.run_id AND j.version_id = u.version_id AND j.applied
     JOIN learn_tool_calls c ON c.run_id = u.run_id AND c.attempt = u.attempt AND c.tool_key = ?
     GROUP BY u.version_id, u.skill_id ORDER BY runs DESC, u.version_id`,
    tool,
  );
}

/** What learning used up, and what the skills it made seem to save. */
export interface LearningMoney {
  readonly spentTokens: number;
  readonly spentUsd: number | null;
  readonly byRole: readonly {
    readonly role: string;
    readonly tokens: number;
    readonly costUsd: number | null;
  }[];
  /**
   * Tokens saved: for each version that learning made, its uses times the difference to runs of the same tasks without it.
   * Only tasks that were run both ways count; negative if the versions cost more than they save.
   */
  readonly savedTokens: number;
  readonly comparedUses: number;
}

export function learningMoney(db: Database): LearningMoney {
  const byRole = db.all<LearningMoney['byRole'][number]>(
    'SELECT role, sum(tokens) AS tokens, sum(cost_usd) AS costUsd FROM learn_spending GROUP BY role ORDER BY tokens DESC',
  );
  const saved = db.get<{ tokens: number | null; uses: number }>(
    `WITH totals AS (
       SELECT k.task_key, a.run_id, sum(a.tokens) AS tokens FROM learn_attempts a
       JOIN learn_tasks k ON k.run_id = a.run_id
       JOIN learn_runs r ON r.run_id = a.run_id AND r.purpose <> 'replay' GROUP BY a.run_id),
     learnt AS (
       SELECT DISTINCT u.run_id FROM learn_uses u
       JOIN learn_changes c ON c.version_id = u.version_id WHERE u.how <> 'offered'),
     without AS (
       SELECT task_key, avg(tokens) AS tokens FROM totals WHERE run_id NOT IN (SELECT run_id FROM learnt) GROUP BY task_key)
     SELECT sum(w.tokens - t.tokens) AS tokens, count(*) AS uses FROM totals t
     JOIN learnt l ON l.run_id = t.run_id JOIN without w ON w.task_key = t.task_key`,
  );
  const costs = byRole.flatMap(({ costUsd }) => (costUsd === null ? [] : [costUsd]));
  return {
    byRole,
    spentTokens: byRole.reduce((sum, { tokens }) => sum + tokens, 0),
    spentUsd: costs.length === 0 ? null : costs.reduce((sum, cost) => sum + cost, 0),
    savedTokens: Math.round(saved?.tokens ?? 0),
    comparedUses: saved?.uses ?? 0,
  };
}
