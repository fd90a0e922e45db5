// The ledger of uses: which run was offered, chose, retrieved and applied which version, and with what outcome.
import type { Database } from '../lib/index.ts';
import type { RunHeader, RunStatus } from '../recording/index.ts';
import type { SkillId, VersionId } from '../skills/index.ts';
import { LEDGER_MIGRATIONS } from './ledger-schema.ts';

export interface LedgerRun {
  readonly runId: string;
  /** `openspace`, or the fingerprint of the library that the run was imported from. */
  readonly source: string;
  /** Runs of purpose `replay` are kept and never counted. */
  readonly purpose: RunHeader['purpose'];
  readonly task: string;
  readonly model: string | null;
  readonly status: RunStatus;
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** Where the recording of an imported run lies. Ours are found by their id. */
  readonly folder?: string | null;
  readonly attempts: readonly LedgerAttempt[];
}

export interface LedgerAttempt {
  /** From 1. */
  readonly attempt: number;
  readonly outcome: string;
  readonly tokens: number | null;
  readonly tookMs: number | null;
}

export interface Use {
  readonly attempt: number;
  readonly versionId: VersionId;
  readonly skillId: SkillId;
  /** `offered`: considered only; `chosen`: given to the attempt; `retrieved`: fetched by it while it ran. */
  readonly how: 'offered' | 'chosen' | 'retrieved';
}

export interface Judgment {
  readonly versionId: VersionId;
  readonly applied: boolean;
  readonly note: string;
}

export interface AnalysisEntry {
  readonly runId: string;
  readonly completed: boolean;
  readonly note: string;
  readonly toolIssues: readonly string[];
  readonly suggestions: readonly unknown[];
  readonly analyzedBy: string;
  readonly analyzedAt: string;
  readonly judgments: readonly Judgment[];
}

/** A use with what is known of its run. `applied` is null until the run was analysed. */
export interface UseReport extends Use {
  readonly runId: string;
  readonly task: string;
  readonly status: RunStatus;
  readonly outcome: string | null;
  readonly tokens: number | null;
  readonly tookMs: number | null;
  readonly applied: boolean | null;
  readonly note: string | null;
  readonly startedAt: string;
}

/** How often a version was used, and how that went. The original's four counters, as queries over uses. */
export interface Rates {
  readonly offered: number;
  /** Runs that had it: chosen or retrieved. */
  readonly selections: number;
  readonly applied: number;
  /** Applied, and the task was completed. */
  readonly completions: number;
  /** Not applied, and the task was not completed. */
  readonly fallbacks: number;
}

export interface Ledger {
  /** Adds a run with its attempts, or brings it up to date. */
  recordRun(run: LedgerRun): void;
  /** Adds uses of a run; the strongest `how` of a version stays. */
  recordUses(runId: string, uses: readonly Use[]): void;
  /** Adds an analysis with its judgments. False if the run has one already: then nothing changes. */
  recordAnalysis(analysis: AnalysisEntry): boolean;
  findRun(runId: string): LedgerRun | undefined;
  findAnalysis(runId: string): AnalysisEntry | undefined;
  /** Newest first. */
  usesOf(of: { skillId: string } | { versionId: string }, limit?: number): readonly UseReport[];
  ratesOf(of: { skillId: string } | { versionId: string }): Rates;
  /** Rates of many versions in one query; versions that were never used are not in it. */
  ratesOfVersions(versionIds: readonly string[]): ReadonlyMap<string, Rates>;
}

/** Opens the ledger on an open database and makes its tables where needed. */
export function openLedger(db: Database): Ledger {
  db.migrate(LEDGER_MIGRATIONS);
  return new SqliteLedger(db);
}

const USE_RANK = "CASE how WHEN 'offered' THEN 0 WHEN 'retrieved' THEN 1 ELSE 2 END";

/** One row for each run and version: what the run did with it, whatever the attempt. */
const PER_RUN = `
  SELECT u.version_id, u.skill_id, u.run_id,
    max(u.how <> 'offered') AS selected,
    coalesce(max(j.applied), 0) AS applied,
    max(j.applied IS NOT NULL) AS judged,
    coalesce(max(a.completed), max(r.status = 'done')) AS completed
  FROM learn_uses u
  JOIN learn_runs r ON r.run_id = u.run_id AND r.purpose <> 'replay' AND r.status <> 'running'
  LEFT JOIN learn_analyses a ON a.run_id = u.run_id
  LEFT JOIN learn_judgments j ON j.run_id = u.run_id AND j.version_id = u.version_id`;

const RATES = `count(*) AS offered, coalesce(sum(selected), 0) AS selections, coalesce(sum(applied), 0) AS applied,
  coalesce(sum(applied AND completed), 0) AS completions,
  coalesce(sum(judged AND NOT applied AND NOT completed), 0) AS fallbacks`;

class SqliteLedger implements Ledger {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  recordRun(run: LedgerRun): void {
    this.#db.transaction(() => {
      this.#db.run(
        `INSERT INTO learn_runs (run_id, source, purpose, task, model, status, started_at, ended_at, folder)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (run_id) DO UPDATE SET status = excluded.status, ended_at = excluded.ended_at,
           model = coalesce(excluded.model, model), task = excluded.task, folder = coalesce(excluded.folder, folder)`,
        ...[run.runId, run.source, run.purpose, run.task, run.model, run.status, run.startedAt, run.endedAt],
        run.folder ?? null,
      );
      for (const { attempt, outcome, tokens, tookMs } of run.attempts)
        this.#db.run(
          `INSERT INTO learn_attempts VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (run_id, attempt) DO UPDATE SET outcome = excluded.outcome, tokens = excluded.tokens,
             took_ms = excluded.took_ms`,
          ...[run.runId, attempt, outcome, tokens, tookMs],
        );
    });
  }

  recordUses(runId: string, uses: readonly Use[]): void {
    this.#db.transaction(() => {
      for (const { attempt, versionId, skillId, how } of uses)
        this.#db.run(
          `INSERT INTO learn_uses (run_id, attempt, version_id, skill_id, how) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (run_id, attempt, version_id) DO UPDATE SET how = excluded.how
             WHERE ${USE_RANK} < ${USE_RANK.replace('how', 'excluded.how')}`,
          ...[runId, attempt, versionId, skillId, how],
        );
    });
  }

  recordAnalysis(analysis: AnalysisEntry): boolean {
    return this.#db.transaction(() => {
      const added = this.#db.run(
        `INSERT INTO learn_analyses (run_id, completed, note, tool_issues, suggestions, analyzed_by, analyzed_at)
         VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
        ...[analysis.runId, Number(analysis.completed), analysis.note, JSON.stringify(analysis.toolIssues)],
        ...[JSON.stringify(analysis.suggestions), analysis.analyzedBy, analysis.analyzedAt],
      );
      if (added.changes === 0) return false;
      // A model may judge one skill twice: the first judgment counts.
      for (const { versionId, applied, note } of analysis.judgments)
        this.#db.run(
          'INSERT INTO learn_judgments VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
          ...[analysis.runId, versionId, Number(applied), note],
        );
      return true;
    });
  }

  findRun(runId: string): LedgerRun | undefined {
    const row = this.#db.get<Omit<LedgerRun, 'attempts'>>(
      `SELECT run_id AS runId, source, purpose, task, model, status, started_at AS startedAt, ended_at AS endedAt, folder
       FROM learn_runs WHERE run_id = ?`,
      runId,
    );
    if (row === undefined) return undefined;
    const attempts = this.#db.all<LedgerAttempt>(
      `SELECT attempt, outcome, tokens, took_ms AS tookMs FROM learn_attempts WHERE run_id = ? ORDER BY attempt`,
      runId,
    );
    return { ...row, attempts };
  }

  findAnalysis(runId: string): AnalysisEntry | undefined {
    const row = this.#db.get<AnalysisRow>('SELECT * FROM learn_analyses WHERE run_id = ?', runId);
    if (row === undefined) return undefined;
    const judgments = this.#db
      .all<{ version_id: VersionId; applied: number; note: string }>(
        'SELECT version_id, applied, note FROM learn_judgments WHERE run_id = ? ORDER BY version_id',
        runId,
      )
      .map((each) => ({ versionId: each.version_id, applied: each.applied === 1, note: each.note }));
    return {
      ...{ runId, completed: row.completed === 1, note: row.note, judgments },
      toolIssues: listOf(row.tool_issues).filter((issue) => typeof issue === 'string'),
      suggestions: listOf(row.suggestions),
      ...{ analyzedBy: row.analyzed_by, analyzedAt: row.analyzed_at },
    };
  }

  usesOf(of: { skillId: string } | { versionId: string }, limit = 100): readonly UseReport[] {
    const [column, value] = 'skillId' in of ? ['skill_id', of.skillId] : ['version_id', of.versionId];
    return this.#db
      .all<Omit<UseReport, 'applied'> & { applied: number | null }>(
        `SELECT u.run_id AS runId, u.attempt, u.version_id AS versionId, u.skill_id AS skillId, u.how,
           r.task, r.status, r.started_at AS startedAt, t.outcome, t.tokens, t.took_ms AS tookMs, j.applied, j.note
         FROM learn_uses u JOIN learn_runs r ON r.run_id = u.run_id
         LEFT JOIN learn_attempts t ON t.run_id = u.run_id AND t.attempt = u.attempt
         LEFT JOIN learn_judgments j ON j.run_id = u.run_id AND j.version_id = u.version_id
         WHERE u.${column} = ? ORDER BY r.started_at DESC, u.run_id, u.attempt LIMIT ?`,
        value,
        limit,
      )
      .map((row) => ({ ...row, applied: row.applied === null ? null : row.applied === 1 }));
  }

  ratesOf(of: { skillId: string } | { versionId: string }): Rates {
    const [column, value] = 'skillId' in of ? ['skill_id', of.skillId] : ['version_id', of.versionId];
    const row = this.#db.get<Rates>(
      `SELECT ${RATES} FROM (${PER_RUN} WHERE u.${column} = ? GROUP BY u.run_id)`,
      value,
    );
    return row ?? { offered: 0, selections: 0, applied: 0, completions: 0, fallbacks: 0 };
  }

  ratesOfVersions(versionIds: readonly string[]): ReadonlyMap<string, Rates> {
    const rows = this.#db.all<Rates & { versionId: string }>(
      `SELECT version_id AS versionId, ${RATES} FROM (
         ${PER_RUN} WHERE u.version_id IN (SELECT value FROM json_each(?)) GROUP BY u.version_id, u.run_id
       ) GROUP BY version_id`,
      JSON.stringify(versionIds),
    );
    return new Map(rows.map(({ versionId, ...rates }) => [versionId, rates]));
  }
}

interface AnalysisRow {
  readonly completed: number;
  readonly note: string;
  readonly tool_issues: string;
  readonly suggestions: string;
  readonly analyzed_by: string;
  readonly analyzed_at: string;
}

/** The schema guarantees a JSON array. */
function listOf(text: string): unknown[] {
  const value: unknown = JSON.parse(text);
  return Array.isArray(value) ? value : [];
}
