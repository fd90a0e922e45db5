// Figures of use for faces that show many skills and runs at once: by skill, by version, by day, and pages of runs.
import type { Database } from '../lib/index.ts';
import type { RunHeader, RunStatus } from '../recording/index.ts';
import { type Share, shareOf } from './intervals.ts';

/** How a skill or version was used. Replays and runs that go on are left out. */
export interface UseFigures {
  /** Runs that considered it, had it or not. */
  readonly offered: number;
  /** Runs that had it; a success is a task done by the attempt that had it. */
  readonly had: Share;
  readonly applied: number;
  readonly lastUsedAt: string | null;
}

interface UseRow {
  readonly runId: string;
  readonly attempt: number;
  readonly versionId: string;
  readonly skillId: string;
  readonly had: number;
}

interface RunRow {
  readonly runId: string;
  readonly startedAt: string;
  readonly done: number;
  readonly attempts: number | null;
}

/** By skill; a skill that no run considered is not in it. */
export function figuresOfUses(db: Database): ReadonlyMap<string, UseFigures> {
  return figuresOf(db, 'true', [], ({ skillId }) => skillId);
}

/** By version, of the named ones. */
export function versionFigures(db: Database, versionIds: readonly string[]): ReadonlyMap<string, UseFigures> {
  const named = 'version_id IN (SELECT value FROM json_each(?))';
  return figuresOf(db, named, [JSON.stringify(versionIds)], ({ versionId }) => versionId);
}

/** Three plain queries, put together here: joined in SQL they take several times as long. */
function figuresOf(
  db: Database,
  where: string,
  values: readonly string[],
  keyOf: (use: UseRow) => string,
): ReadonlyMap<string, UseFigures> {
  const uses = db.all<{ [Key in keyof UseRow]: UseRow[Key] }>(
    `SELECT run_id AS runId, attempt, version_id AS versionId, skill_id AS skillId, how <> 'offered' AS had
     FROM learn_uses WHERE ${where}`,
    ...values,
  );
  const applied = new Set(
    db
      .all<{ runId: string; versionId: string }>(
        `SELECT run_id AS runId, version_id AS versionId FROM learn_judgments WHERE applied = 1 AND ${where}`,
        ...values,
      )
      .map(({ runId, versionId }) => `${runId}\n${versionId}`),
  );
  const runs = countedRuns(db, uses);
  const sums = new Map<string, Map<string, RunOfSkill>>();
  for (const use of uses) {
    const run = runs.get(use.runId);
    const key = keyOf(use);
    if (run === undefined || key === '') continue;
    const ofKey = sums.get(key) ?? new Map<string, RunOfSkill>();
    sums.set(key, ofKey);
    const entry = ofKey.get(use.runId) ?? { run, lastAttempt: 0, applied: false };
    ofKey.set(use.runId, entry);
    if (use.had === 1) entry.lastAttempt = Math.max(entry.lastAttempt, use.attempt);
    if (applied.has(`${use.runId}\n${use.versionId}`)) entry.applied = true;
  }
  return new Map([...sums].map(([key, ofKey]) => [key, toFigures([...ofKey.values()])]));
}

/** What one run did with one skill. `lastAttempt` is 0 if it did not have it. */
interface RunOfSkill {
  readonly run: RunRow;
  lastAttempt: number;
  applied: boolean;
}

/** What a second attempt does without it is not its success. */
function toFigures(runs: readonly RunOfSkill[]): UseFigures {
  const had = runs.filter(({ lastAttempt }) => lastAttempt > 0);
  const successes = had.filter(
    ({ run, lastAttempt }) => run.done === 1 && lastAttempt >= (run.attempts ?? 1),
  );
  const times = had.map(({ run }) => run.startedAt).sort();
  return {
    ...{ offered: runs.length, had: shareOf(successes.length, had.length) },
    ...{
      applied: runs.filter((one) => one.applied).length,
      lastUsedAt: times.at(-1) ?? null,
    },
  };
}

/** Runs that count, of these uses: no replays, none that goes on. */
function countedRuns(db: Database, uses: readonly UseRow[]): ReadonlyMap<string, RunRow> {
  const ids = new Set(uses.map(({ runId }) => runId));
  if (ids.size === 0) return new Map();
  const rows = db.all<{ [Key in keyof RunRow]: RunRow[Key] }>(
    `SELECT r.run_id AS runId, r.started_at AS startedAt, coalesce(a.completed, r.status = 'done') AS done,
       (SELECT max(attempt) FROM learn_attempts t WHERE t.run_id = r.run_id) AS attempts
     FROM learn_runs r LEFT JOIN learn_analyses a ON a.run_id = r.run_id
     WHERE r.purpose <> 'replay' AND r.status <> 'running' AND r.run_id IN (SELECT value FROM json_each(?))`,
    JSON.stringify([...ids]),
  );
  return new Map(rows.map((row) => [row.runId, row]));
}

/** What nobody has used yet. */
export const NO_USE: UseFigures = { offered: 0, had: shareOf(0, 0), applied: 0, lastUsedAt: null };

/** What happened on one UTC day. Replays and runs that go on are left out. */
export interface RunDay {
  readonly day: string;
  readonly runs: number;
  readonly done: number;
  readonly withSkills: number;
  readonly withSkillsDone: number;
  readonly tokens: number;
  /** Runs whose tokens are known. */
  readonly measured: number;
}

/** All days with runs, oldest first. */
export function runDays(db: Database): readonly RunDay[] {
  return db.all<{ [Key in keyof RunDay]: RunDay[Key] }>(
    `SELECT substr(started_at, 1, 10) AS day, count(*) AS runs, sum(done) AS done, sum(skilled) AS withSkills,
       sum(skilled AND done) AS withSkillsDone, coalesce(sum(tokens), 0) AS tokens, count(tokens) AS measured
     FROM (
       SELECT r.started_at, coalesce(a.completed, r.status = 'done') AS done,
         EXISTS (SELECT 1 FROM learn_uses u WHERE u.run_id = r.run_id AND u.how <> 'offered') AS skilled,
         (SELECT sum(tokens) FROM learn_attempts t WHERE t.run_id = r.run_id) AS tokens
       FROM learn_runs r LEFT JOIN learn_analyses a ON a.run_id = r.run_id
       WHERE r.purpose <> 'replay' AND r.status <> 'running')
     GROUP BY day ORDER BY day`,
  );
}

/** Runs of a span of days: all, those that had a skill, and those that had none. */
export interface RunSpan {
  readonly all: Share;
  readonly withSkills: Share;
  readonly withoutSkills: Share;
  readonly tokens: number;
  readonly measured: number;
}

/** From one UTC date to before another. */
export function runSpan(days: readonly RunDay[], from = '', to = '9999'): RunSpan {
  const span = days.filter(({ day }) => day >= from && day < to);
  const sum = (key: Exclude<keyof RunDay, 'day'>) => span.reduce((total, day) => total + day[key], 0);
  return {
    all: shareOf(sum('done'), sum('runs')),
    withSkills: shareOf(sum('withSkillsDone'), sum('withSkills')),
    withoutSkills: shareOf(sum('done') - sum('withSkillsDone'), sum('runs') - sum('withSkills')),
    ...{ tokens: sum('tokens'), measured: sum('measured') },
  };
}

/** What learning spent by UTC day. */
export function spendingByDay(
  db: Database,
): ReadonlyMap<string, { readonly tokens: number; readonly costUsd: number | null }> {
  const rows = db.all<{ day: string; tokens: number; costUsd: number | null }>(
    `SELECT strftime('%Y-%m-%d', at / 1000, 'unixepoch') AS day, sum(tokens) AS tokens, sum(cost_usd) AS costUsd
     FROM learn_spending GROUP BY day`,
  );
  return new Map(rows.map(({ day, tokens, costUsd }) => [day, { tokens, costUsd }]));
}

/** A run that was imported: only the ledger knows it. */
export interface ImportedRun {
  readonly runId: string;
  readonly task: string;
  readonly model: string | null;
  readonly status: RunStatus;
  readonly purpose: RunHeader['purpose'];
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly tookMs: number | null;
  /** Where its recording lay when it was imported. */
  readonly folder: string | null;
}

export interface ImportedFilter {
  /** Only runs before this one, in the order of the list. */
  readonly before?: { readonly startedAt: string; readonly runId: string } | undefined;
  readonly text?: string | undefined;
  readonly status?: RunStatus | undefined;
  readonly skillId?: string | undefined;
  readonly limit: number;
}

const IMPORTED_COLUMNS = `r.run_id AS runId, r.task, r.model, r.status, r.purpose, r.started_at AS startedAt,
  r.ended_at AS endedAt, r.folder, (SELECT sum(took_ms) FROM learn_attempts t WHERE t.run_id = r.run_id) AS tookMs`;

/** Runs of the original, newest first. */
export function importedRuns(db: Database, filter: ImportedFilter): readonly ImportedRun[] {
  const { before, text, status, skillId, limit } = filter;
  const conditions = ["r.source <> 'openspace'", '(r.started_at, r.run_id) < (?, ?)'];
  const values: (string | number)[] = [before?.startedAt ?? '9999', before?.runId ?? ''];
  const also = (condition: string, value: string | undefined) => {
    if (value === undefined) return;
    conditions.push(condition);
    values.push(value);
  };
  also('instr(lower(r.task), lower(?)) > 0', text);
  also('r.status = ?', status);
  also(
    "EXISTS (SELECT 1 FROM learn_uses u WHERE u.run_id = r.run_id AND u.skill_id = ? AND u.how <> 'offered')",
    skillId,
  );
  return db.all<{ [Key in keyof ImportedRun]: ImportedRun[Key] }>(
    `SELECT ${IMPORTED_COLUMNS} FROM learn_runs r WHERE ${conditions.join(' AND ')}
     ORDER BY r.started_at DESC, r.run_id DESC LIMIT ?`,
    ...values,
    limit,
  );
}

export function findImportedRun(db: Database, runId: string): ImportedRun | undefined {
  return db.get<{ [Key in keyof ImportedRun]: ImportedRun[Key] }>(
    `SELECT ${IMPORTED_COLUMNS} FROM learn_runs r WHERE r.run_id = ? AND r.source <> 'openspace'`,
    runId,
  );
}

/** What the ledger knows of a run. */
export interface RunKnowledge {
  /** Null until it was analysed. */
  readonly taskDone: boolean | null;
  /** Versions that it had, chosen at the start or looked up on the way. */
  readonly had: readonly { readonly skillId: string; readonly versionId: string }[];
}

/** Of the named runs; one that the ledger does not know is not in it. */
export function knowledgeOfRuns(db: Database, runIds: readonly string[]): ReadonlyMap<string, RunKnowledge> {
  const rows = db.all<{
    runId: string;
    completed: number | null;
    skillId: string | null;
    versionId: string | null;
  }>(
    `SELECT DISTINCT r.run_id AS runId, a.completed, u.skill_id AS skillId, u.version_id AS versionId
     FROM learn_runs r LEFT JOIN learn_analyses a ON a.run_id = r.run_id
     LEFT JOIN learn_uses u ON u.run_id = r.run_id AND u.how <> 'offered'
     WHERE r.run_id IN (SELECT value FROM json_each(?)) ORDER BY r.run_id, u.attempt`,
    JSON.stringify(runIds),
  );
  const known = new Map<
    string,
    { taskDone: boolean | null; had: { skillId: string; versionId: string }[] }
  >();
  for (const { runId, completed, skillId, versionId } of rows) {
    const entry = known.get(runId) ?? { taskDone: completed === null ? null : completed === 1, had: [] };
    if (skillId !== null && versionId !== null) entry.had.push({ skillId, versionId });
    known.set(runId, entry);
  }
  return known;
}

/** Analyses that there are, and those that suggest a change. */
export function analysisCounts(db: Database): { readonly total: number; readonly suggesting: number } {
  const row = db.get<{ total: number; suggesting: number }>(
    `SELECT count(*) AS total, coalesce(sum(json_array_length(suggestions) > 0), 0) AS suggesting FROM learn_analyses`,
  );
  return row ?? { total: 0, suggesting: 0 };
}

/** Versions that an analysis has judged. */
export function judgedVersions(db: Database): ReadonlySet<string> {
  const rows = db.all<{ id: string }>('SELECT DISTINCT version_id AS id FROM learn_judgments');
  return new Set(rows.map(({ id }) => id));
}

/** Runs whose analysis judged a version, the newest analysis first. */
export function runsThatJudged(db: Database, versionId: string, limit: number): readonly string[] {
  const rows = db.all<{ runId: string }>(
    `SELECT j.run_id AS runId FROM learn_judgments j JOIN learn_analyses a ON a.run_id = j.run_id
     WHERE j.version_id = ? ORDER BY a.analyzed_at DESC, j.run_id LIMIT ?`,
    ...[versionId, limit],
  );
  return rows.map(({ runId }) => runId);
}
