// The queue of learning's jobs: leased by several processes, done once, within a daily budget.
import type { Database, World } from '../lib/index.ts';
import { realWorld } from '../lib/index.ts';
import { WORK_MIGRATIONS } from './work-schema.ts';

export interface NewJob {
  readonly kind: string;
  /** Of two jobs with one key only the first is ever done. */
  readonly key: string;
  /** Jobs of one lineage (a skill) are done one after another. */
  readonly lineage?: string | undefined;
  /** JSON. */
  readonly payload: object;
}

/** A job in somebody's hands until its lease ends. */
export interface Job extends Omit<NewJob, 'payload'> {
  readonly jobId: number;
  readonly payload: unknown;
  /** How often it was begun, this time included. */
  readonly attempts: number;
  readonly lease: string;
}

/** What learning may use up between two midnights (UTC). Undefined: no limit of that kind. */
export interface DailyBudget {
  readonly tokens?: number | undefined;
  readonly costUsd?: number | undefined;
}

export interface Spending {
  readonly tokens: number;
  /** Null if no cost was known. */
  readonly costUsd: number | null;
}

export type Claim =
  | { readonly status: 'job'; readonly job: Job }
  /** Everything that is left waits: for a time, another job of its lineage, or a lease to end. `inMs` says how long at most. */
  | { readonly status: 'wait'; readonly inMs: number }
  | { readonly status: 'budget'; readonly spent: Spending }
  | { readonly status: 'empty' };

export interface QueueStatus {
  readonly pending: number;
  readonly running: number;
  readonly done: number;
  readonly failed: number;
  readonly spentToday: Spending;
}

export interface QueueOptions {
  readonly world?: World;
  /** How long a job may go without a sign of life, in ms. */
  readonly leaseMs?: number;
  /** Begun this often without an end, a job has failed. */
  readonly maxAttempts?: number;
  /** First pause after a failure; doubles each time. */
  readonly backoffMs?: number;
  readonly budget?: DailyBudget;
}

/** A job may also be tried again: `retry` after something that may pass, `fail` for good. */
export interface Queue {
  /** False if a job of that key is there or was done already. Part of the caller's transaction, if there is one. */
  add(job: NewJob): boolean;
  claim(): Claim;
  /** Prolongs the lease. False: it was lost, and the work must stop. */
  renew(job: Job): boolean;
  /** Ends a job together with `effects`, all or nothing. False if the lease was lost: then nothing was done. */
  finish(job: Job, effects?: () => void): boolean;
  /** Gives a job back with a pause, or fails it after too many tries. `final`: at once. False if the lease was lost. */
  fail(job: Job, reason: string, options?: { readonly final?: boolean }): boolean;
  /** Lets a failed job be done again. */
  reopen(key: string): boolean;
  find(key: string): { status: string; attempts: number; reason: string | null } | undefined;
  recordSpending(entry: {
    job?: Job | undefined;
    role: string;
    skillId?: string | undefined;
    tokens: number;
    costUsd: number | null;
  }): void;
  status(): QueueStatus;
}

const DAY_MS = 86_400_000;

/** Opens the queue on an open database. Every claim frees what dead processes held. */
export function openQueue(db: Database, options: QueueOptions = {}): Queue {
  db.migrate(WORK_MIGRATIONS);
  return new SqliteQueue(db, options);
}

interface JobRow {
  readonly job_id: number;
  readonly kind: string;
  readonly key: string;
  readonly lineage: string | null;
  readonly payload: string;
  readonly attempts: number;
}

class SqliteQueue implements Queue {
  readonly #db: Database;
  readonly #world: World;
  readonly #leaseMs: number;
  readonly #maxAttempts: number;
  readonly #backoffMs: number;
  readonly #budget: DailyBudget;

  constructor(db: Database, options: QueueOptions) {
    this.#db = db;
    this.#world = options.world ?? realWorld;
    this.#leaseMs = options.leaseMs ?? 120_000;
    this.#maxAttempts = options.maxAttempts ?? 3;
    this.#backoffMs = options.backoffMs ?? 30_000;
    this.#budget = options.budget ?? {};
  }

  #now(): number {
    return this.#world.now().getTime();
  }

  add({ kind, key, lineage, payload }: NewJob): boolean {
    const now = this.#now();
    return (
      this.#db.run(
        `INSERT INTO learn_jobs (kind, key, lineage, payload, status, ready_at, created_at)
         VALUES (?, ?, ?, ?, 'pending', ?, ?) ON CONFLICT (key) DO NOTHING`,
        ...[kind, key, lineage ?? null, JSON.stringify(payload), now, now],
      ).changes > 0
    );
  }

  claim(): Claim {
    const waiting = this.#idle();
    if (waiting !== undefined) return waiting;
    return this.#db.transaction(() => {
      const now = this.#now();
      this.#freeDead(now);
      const spent = this.#spentToday(now);
      if (this.#isOverBudget(spent)) return { status: 'budget', spent };
      const row = this.#db.get<JobRow>(
        `SELECT job_id, kind, key, lineage, payload, attempts FROM learn_jobs AS job
         WHERE status = 'pending' AND ready_at <= ? AND (lineage IS NULL OR NOT EXISTS (
           SELECT 1 FROM learn_jobs AS held WHERE held.status = 'running' AND held.lineage = job.lineage))
         ORDER BY job_id LIMIT 1`,
        now,
      );
      if (row === undefined) return this.#wait(now);
      const lease = this.#world.randomHex(8);
      this.#db.run(
        `UPDATE learn_jobs SET status = 'running', attempts = attempts + 1, lease = ?, lease_until = ? WHERE job_id = ?`,
        ...[lease, now + this.#leaseMs, row.job_id],
      );
      const { job_id: jobId, lineage, payload, kind, key, attempts } = row;
      const parsed: unknown = JSON.parse(payload);
      const job = { jobId, kind, key, payload: parsed, attempts: attempts + 1, lease };
      return { status: 'job', job: lineage === null ? job : { ...job, lineage } };
    });
  }

  /** Looks without the write lock whether there is anything to do at all: idle workers must not disturb busy ones. */
  #idle(): Claim | undefined {
    const open = this.#db.get(`SELECT 1 FROM learn_jobs WHERE status IN ('pending', 'running') LIMIT 1`);
    return open === undefined ? { status: 'empty' } : undefined;
  }

  #wait(now: number): Claim {
    const next = this.#db.get<{ at: number | null }>(
      `SELECT min(CASE status WHEN 'pending' THEN max(ready_at, ?) ELSE lease_until END) AS at
       FROM learn_jobs WHERE status IN ('pending', 'running')`,
      now,
    );
    if (next?.at == null) return { status: 'empty' };
    return { status: 'wait', inMs: Math.max(10, next.at - now) };
  }

  #freeDead(now: number): void {
    const ended = "status = 'running' AND lease_until < ?";
    this.#db.run(
      `UPDATE learn_jobs SET status = 'failed', lease = NULL, lease_until = NULL, ended_at = ?,
         reason = 'begun ' || attempts || ' times without coming to an end' WHERE ${ended} AND attempts >= ?`,
      ...[now, now, this.#maxAttempts],
    );
    this.#db.run(
      `UPDATE learn_jobs SET status = 'pending', lease = NULL, lease_until = NULL WHERE ${ended}`,
      now,
    );
  }

  #isOverBudget({ tokens, costUsd }: Spending): boolean {
    const { tokens: most, costUsd: mostUsd } = this.#budget;
    return (most !== undefined && tokens >= most) || (mostUsd !== undefined && (costUsd ?? 0) >= mostUsd);
  }

  #spentToday(now: number): Spending {
    const row = this.#db.get<{ tokens: number | null; cost: number | null }>(
      'SELECT sum(tokens) AS tokens, sum(cost_usd) AS cost FROM learn_spending WHERE at >= ?',
      now - (now % DAY_MS),
    );
    return { tokens: row?.tokens ?? 0, costUsd: row?.cost ?? null };
  }

  renew({ jobId, lease }: Job): boolean {
    return (
      this.#db.run(
        'UPDATE learn_jobs SET lease_until = ? WHERE job_id = ? AND lease = ?',
        ...[this.#now() + this.#leaseMs, jobId, lease],
      ).changes > 0
    );
  }

  finish({ jobId, lease }: Job, effects: () => void = () => undefined): boolean {
    return this.#db.transaction(() => {
      const ended = this.#db.run(
        `UPDATE learn_jobs SET status = 'done', lease = NULL, lease_until = NULL, ended_at = ?, reason = NULL
         WHERE job_id = ? AND lease = ?`,
        ...[this.#now(), jobId, lease],
      );
      if (ended.changes === 0) return false;
      effects();
      return true;
    });
  }

  fail(job: Job, reason: string, options: { readonly final?: boolean } = {}): boolean {
    const now = this.#now();
    const over = options.final === true || job.attempts >= this.#maxAttempts;
    const pause = this.#backoffMs * 2 ** (job.attempts - 1);
    return (
      this.#db.run(
        `UPDATE learn_jobs SET status = ?, lease = NULL, lease_until = NULL, reason = ?, ready_at = ?, ended_at = ?
         WHERE job_id = ? AND lease = ?`,
        ...[over ? 'failed' : 'pending', reason, now + pause, over ? now : null, job.jobId, job.lease],
      ).changes > 0
    );
  }

  reopen(key: string): boolean {
    return (
      this.#db.run(
        `UPDATE learn_jobs SET status = 'pending', attempts = 0, ready_at = ?, ended_at = NULL WHERE key = ? AND status = 'failed'`,
        ...[this.#now(), key],
      ).changes > 0
    );
  }

  find(key: string) {
    return this.#db.get<{ status: string; attempts: number; reason: string | null }>(
      'SELECT status, attempts, reason FROM learn_jobs WHERE key = ?',
      key,
    );
  }

  recordSpending(entry: Parameters<Queue['recordSpending']>[0]): void {
    this.#db.run(
      'INSERT INTO learn_spending (at, job_id, role, skill_id, tokens, cost_usd) VALUES (?, ?, ?, ?, ?, ?)',
      ...[this.#now(), entry.job?.jobId ?? null, entry.role, entry.skillId ?? null],
      ...[Math.round(entry.tokens), entry.costUsd],
    );
  }

  status(): QueueStatus {
    const rows = this.#db.all<{ status: string; n: number }>(
      'SELECT status, count(*) AS n FROM learn_jobs GROUP BY status',
    );
    const count = (status: string) => rows.find((row) => row.status === status)?.n ?? 0;
    return {
      ...{
        pending: count('pending'),
        running: count('running'),
        done: count('done'),
        failed: count('failed'),
      },
      spentToday: this.#spentToday(this.#now()),
    };
  }
}
