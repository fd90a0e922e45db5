// What each skill is worth: how often it was offered, chosen and applied, what runs did with and without it, what it saves.
import type { Database } from '../lib/index.ts';
import type { SkillId } from '../skills/index.ts';
import { type Saving, type Share, savingOf, shareOf } from './intervals.ts';

export interface SkillStats {
  readonly skillId: SkillId;
  /** Runs that considered it, had it or not. */
  readonly offered: number;
  /** Runs that had it: chosen at the start or looked up on the way. */
  readonly chosen: number;
  /** Runs that had it and were analysed. */
  readonly judged: number;
  /** Runs of which the analysis says that it was followed. */
  readonly applied: number;
  /** Runs that had it; a success is a task done by the attempt that had it. */
  readonly withIt: Share;
  /** Runs that were offered it and did not have it: the like to compare with. */
  readonly without: Share;
  /** Tokens of a run; positive: runs with it used less. Undefined: too few runs to tell. */
  readonly tokensSaved: Saving | undefined;
  readonly msSaved: Saving | undefined;
  /** What learning has spent on it so far. */
  readonly learningTokens: number;
  readonly lastUsedAt: string | undefined;
}

export interface StatsFilter {
  /** Only runs that began before this UTC ISO time. */
  readonly before?: string;
  /** Only this skill. */
  readonly skillId?: string;
}

interface RunRow {
  readonly skillId: SkillId;
  readonly startedAt: string;
  readonly had: number;
  readonly applied: number;
  readonly judged: number;
  readonly completed: number;
  readonly tokens: number | null;
  readonly tookMs: number | null;
}

/** One row for each run and skill. What a second attempt does without the skill is not the skill's success. */
const runsOf = (skill: string) => `
  SELECT u.skill_id AS skillId, r.started_at AS startedAt, max(u.how <> 'offered') AS had,
    coalesce(max(j.applied), 0) AS applied, max(j.applied IS NOT NULL) AS judged,
    coalesce(a.completed, r.status = 'done') AND (max(u.how <> 'offered') = 0
      OR coalesce(t.attempts, 1) <= max(CASE WHEN u.how <> 'offered' THEN u.attempt END)) AS completed,
    t.tokens, t.took_ms AS tookMs
  FROM learn_uses u
  JOIN learn_runs r ON r.run_id = u.run_id AND r.purpose <> 'replay' AND r.status <> 'running'
  LEFT JOIN learn_analyses a ON a.run_id = u.run_id
  LEFT JOIN learn_judgments j ON j.run_id = u.run_id AND j.version_id = u.version_id
  LEFT JOIN (SELECT run_id, max(attempt) AS attempts, sum(tokens) AS tokens, sum(took_ms) AS took_ms
             FROM learn_attempts GROUP BY run_id) t ON t.run_id = u.run_id
  WHERE ${skill} AND r.started_at < coalesce(?, '9999')
  GROUP BY u.skill_id, u.run_id ORDER BY u.skill_id, r.started_at`;

/** By skill; a skill that no run considered is not in it. Replays are left out. */
export function skillStats(db: Database, filter: StatsFilter = {}): ReadonlyMap<SkillId, SkillStats> {
  const byId = new Map<SkillId, RunRow[]>();
  const sql = runsOf(filter.skillId === undefined ? "u.skill_id <> ''" : 'u.skill_id = ?');
  const skill = filter.skillId === undefined ? [] : [filter.skillId];
  for (const row of db.all<{ [Key in keyof RunRow]: RunRow[Key] }>(sql, ...skill, filter.before ?? null)) {
    const rows = byId.get(row.skillId);
    if (rows === undefined) byId.set(row.skillId, [row]);
    else rows.push(row);
  }
  const spent = learningTokens(db);
  return new Map(
    [...byId].map(([skillId, rows]) => [skillId, toStats(skillId, rows, spent.get(skillId) ?? 0)]),
  );
}

/** What `skillStats` says of a skill that no run considered. */
export function noStats(skillId: SkillId): SkillStats {
  return toStats(skillId, [], 0);
}

function toStats(skillId: SkillId, rows: readonly RunRow[], spent: number): SkillStats {
  const had = rows.filter((row) => row.had === 1);
  const without = rows.filter((row) => row.had === 0);
  const count = (list: readonly RunRow[], key: 'applied' | 'judged' | 'completed') =>
    list.reduce((sum, row) => sum + row[key], 0);
  const known = (list: readonly RunRow[], key: 'tokens' | 'tookMs') =>
    list.map((row) => row[key]).filter((value) => value !== null);
  return {
    ...{ skillId, offered: rows.length, chosen: had.length },
    ...{ judged: count(had, 'judged'), applied: count(had, 'applied') },
    withIt: shareOf(count(had, 'completed'), had.length),
    without: shareOf(count(without, 'completed'), without.length),
    tokensSaved: savingOf(known(had, 'tokens'), known(without, 'tokens')),
    msSaved: savingOf(known(had, 'tookMs'), known(without, 'tookMs')),
    learningTokens: spent,
    lastUsedAt: had.at(-1)?.startedAt,
  };
}

/** The table is made by the first learning in this home: before that nothing was spent. */
function learningTokens(db: Database): ReadonlyMap<string, number> {
  if (!hasTable(db, 'learn_spending')) return new Map();
  const rows = db.all<{ skillId: string; tokens: number }>(
    'SELECT skill_id AS skillId, sum(tokens) AS tokens FROM learn_spending WHERE skill_id IS NOT NULL GROUP BY skill_id',
  );
  return new Map(rows.map(({ skillId, tokens }) => [skillId, tokens]));
}

export function hasTable(db: Database, name: string): boolean {
  return db.get("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", name) !== undefined;
}

/** Counted runs, and how many of them did their task. */
export interface RunTotals {
  /** Start times, oldest first. */
  readonly startedAt: readonly string[];
  readonly done: Share;
}

export function runTotals(db: Database, filter: StatsFilter = {}): RunTotals {
  const rows = db.all<{ startedAt: string; completed: number }>(
    `SELECT r.started_at AS startedAt, coalesce(a.completed, r.status = 'done') AS completed
     FROM learn_runs r LEFT JOIN learn_analyses a ON a.run_id = r.run_id
     WHERE r.purpose <> 'replay' AND r.status <> 'running' AND r.started_at < coalesce(?, '9999')
     ORDER BY r.started_at`,
    filter.before ?? null,
  );
  return {
    startedAt: rows.map((row) => row.startedAt),
    done: shareOf(
      rows.reduce((sum, row) => sum + row.completed, 0),
      rows.length,
    ),
  };
}
