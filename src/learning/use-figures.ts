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

interface FigureRow {
  readonly id: string;
  readonly offered: number;
  readonly had: number;
  readonly successes: number;
  readonly applied: number;
  readonly lastUsedAt: string | null;
}

/** One row for each run and skill (or version). What a second attempt does without it is not its success. */
const perRun = (column: 'skill_id' | 'version_id', where: string) => `
  SELECT u.${column} AS id, r.started_at AS startedAt, max(u.how <> 'offered') AS had,
    coalesce(max(j.applied), 0) AS applied,
    coalesce(a.completed, r.status = 'done') AND max(CASE WHEN u.how <> 'offered' THEN u.attempt ELSE 0 END)
      >= coalesce((SELECT max(attempt) FROM learn_attempts WHERE run_id = u.run_id), 1) AS success
  FROM learn_uses u
  JOIN learn_runs r ON r.run_id = u.run_id AND r.purpose <> 'replay' AND r.status <> 'running'
  LEFT JOIN learn_analyses a ON a.run_id = u.run_id
  LEFT JOIN learn_judgments j ON j.run_id = u.run_id AND j.version_id = u.version_id
  WHERE ${where} GROUP BY u.${column}, u.run_id`;

const summed = (rows: string) => `
  SELECT id, count(*) AS offered, sum(had) AS had, sum(had AND success) AS successes, sum(applied) AS applied,
    max(CASE WHEN had THEN startedAt END) AS lastUsedAt FROM (${rows}) GROUP BY id`;

const toFigures = (rows: readonly FigureRow[]): ReadonlyMap<string, UseFigures> =>
  new Map(
    rows.map(({ id, offered, had, successes, applied, lastUsedAt }) => [
      id,
      { offered, applied, lastUsedAt, had: shareOf(successes, had) },
    ]),
  );

/** By skill; a skill that no run considered is not in it. */
export function useFigures(db: Database): ReadonlyMap<string, UseFigures> {
  return toFigures(db.all<FigureRow>(summed(perRun('skill_id', "u.skill_id <> ''"))));
}

/** By version, of the named ones. */
export function versionFigures(db: Database, versionIds: readonly string[]): ReadonlyMap<string, UseFigures> {
  const named = 'u.version_id IN (SELECT value FROM json_each(?))';
  return toFigures(db.all<FigureRow>(summed(perRun('version_id', named)), JSON.stringify(versionIds)));
}

/** What nobody has used yet. */
export const NO_USE: UseFigures = { offered: 0, had: shareOf(0, 0), applied: 0, lastUsedAt: null };

/** Counted runs of a span: all, those that had a skill, and those that had none. */
export interface RunSpan {
  readonly all: Share;
  readonly withSkills: Share;
  readonly withoutSkills: Share;
  readonly tokens: number;
  /** Runs whose tokens are known. */
  readonly measured: number;
}

const COUNTED = `
  SELECT r.run_id, r.started_at, coalesce(a.completed, r.status = 'done') AS done,
    EXISTS (SELECT 1 FROM learn_uses u WHERE u.run_id = r.run_id AND u.how <> 'offered') AS skilled,
    (SELECT sum(tokens) FROM learn_attempts t WHERE t.run_id = r.run_id) AS tokens
  FROM learn_runs r LEFT JOIN learn_analyses a ON a.run_id = r.run_id
  WHERE r.purpose <> 'replay' AND r.status <> 'running' AND r.started_at >= ? AND r.started_at < ?`;

/** Runs that began at `from` or later and before `to` (UTC ISO times). */
export function runSpan(db: Database, from = '', to = '9999'): RunSpan {
  const row = db.get<Record<'runs' | 'done' | 'skilled' | 'skilledDone' | 'tokens' | 'measured', number>>(
    `SELECT count(*) AS runs, coalesce(sum(done), 0) AS done, coalesce(sum(skilled), 0) AS skilled,
       coalesce(sum(skilled AND done), 0) AS skilledDone, coalesce(sum(tokens), 0) AS tokens,
       count(tokens) AS measured FROM (${COUNTED})`,
    ...[from, to],
  );
  const { runs = 0, done = 0, skilled = 0, skilledDone = 0, tokens = 0, measured = 0 } = row ?? {};
  return {
    all: shareOf(done, runs),
    withSkills: shareOf(skilledDone, skilled),
    withoutSkills: shareOf(done - skilledDone, runs - skilled),
    ...{ tokens, measured },
  };
}

/** What happened on one UTC day. */
export interface RunDay {
  readonly day: string;
  readonly runs: number;
  readonly done: number;
  readonly withSkills: number;
  readonly withSkillsDone: number;
  readonly tokens: number;
}

/** Days with runs since a UTC ISO time, oldest first. */
export function runDays(db: Database, since: string): readonly RunDay[] {
  return db.all<{ [Key in keyof RunDay]: RunDay[Key] }>(
    `SELECT substr(started_at, 1, 10) AS day, count(*) AS runs, sum(done) AS done, sum(skilled) AS withSkills,
       sum(skilled AND done) AS withSkillsDone, coalesce(sum(tokens), 0) AS tokens
     FROM (${COUNTED}) GROUP BY day ORDER BY day`,
    ...[since, '9999'],
  );
}

/** What learning spent by UTC day since a time. */
export function spendingByDay(
  db: Database,
  since: Date,
): ReadonlyMap<string, { readonly tokens: number; readonly costUsd: number | null }> {
  const rows = db.all<{ day: string; tokens: number; costUsd: number | null }>(
    `SELECT strftime('%Y-%m-%d', at / 1000, 'unixepoch') AS day, sum(tokens) AS tokens, sum(cost_usd) AS costUsd
     FROM learn_spending WHERE at >= ? GROUP BY day`,
    since.getTime(),
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
