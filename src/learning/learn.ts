// Works the queue off: every run can make the library better, none can make it worse.

import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { toMessage } from '../lib/index.ts';
import type { Recording } from '../recording/index.ts';
import type { LearningDeps } from './deps.ts';
import { type ChangePlan, makeChange, planChange, sketchChange } from './learn-change.ts';
import { analyzeRun, type Decided, decideAll, type JobEnd, learnFromRun } from './learn-run.ts';
import type { Claim, Job } from './queue.ts';
import type { Analysis } from './suggestion.ts';
import { settleTrust, type TrustChange } from './trust/settle.ts';
import type { LearntChange, StoredSuggestion } from './work-store.ts';

export interface JobReport extends JobEnd {
  readonly key: string;
  readonly kind: string;
  readonly trust: readonly TrustChange[];
}

export interface DrainReport {
  readonly jobs: number;
  /** Why it stopped. */
  readonly stopped: 'empty' | 'budget' | 'cancelled' | 'waiting';
}

export interface DrainOptions {
  readonly signal: AbortSignal;
  readonly onJob?: (report: JobReport) => void;
  /** Waits this long at most for jobs that others hold or that are paused. Default 0: leaves them to the next worker. */
  readonly patienceMs?: number;
}

/** How often a worker shows that it lives. */
const HEARTBEAT_MS = 20_000;

const payloads = {
  analyze: z.object({ run_id: z.string() }),
  evolve: z.object({ topic_id: z.string() }),
} as const;

/** Does jobs until none is left, the day's budget is used up, or the signal comes. */
export async function drain(deps: LearningDeps, options: DrainOptions): Promise<DrainReport> {
  let jobs = 0;
  const until = performance.now() + (options.patienceMs ?? 0);
  for (;;) {
    if (options.signal.aborted) return { jobs, stopped: 'cancelled' };
    const claim: Claim = deps.queue.claim();
    if (claim.status === 'job') {
      options.onJob?.(await doJob(deps, claim.job, options.signal));
      jobs += 1;
    } else if (claim.status === 'wait') {
      const left = until - performance.now();
      if (left <= 0) return { jobs, stopped: 'waiting' };
      await sleep(Math.min(claim.inMs, left), undefined, { signal: options.signal }).catch(() => undefined);
    } else return { jobs, stopped: claim.status };
  }
}

/** Does one job while its lease is kept up; a bug in it fails the job, not the worker. */
export async function doJob(deps: LearningDeps, job: Job, signal: AbortSignal): Promise<JobReport> {
  const lost = new AbortController();
  const heart = setInterval(() => {
    if (!deps.queue.renew(job)) lost.abort();
  }, HEARTBEAT_MS);
  try {
    const end = await dispatch(deps, job, AbortSignal.any([signal, lost.signal]));
    // What was learnt about a version may promote it or take it back.
    const trust = end.skillIds === undefined ? [] : await settleTrust(deps, end.skillIds);
    return { ...end, key: job.key, kind: job.kind, trust };
  } catch (error) {
    const note = toMessage(error);
    deps.queue.fail(job, note);
    return { status: 'retry', note, key: job.key, kind: job.kind, trust: [] };
  } finally {
    clearInterval(heart);
  }
}

function dispatch(deps: LearningDeps, job: Job, signal: AbortSignal): Promise<JobEnd> {
  switch (job.kind) {
    case 'analyze':
      return learnFromRun(deps, job, payloads.analyze.parse(job.payload).run_id, signal);
    case 'evolve':
      return makeChange(deps, job, payloads.evolve.parse(job.payload).topic_id, signal);
    default:
      deps.queue.fail(job, `a newer version is needed for ${job.kind}`, { final: true });
      return Promise.resolve({ status: 'failed', note: `unknown kind of job: ${job.kind}` });
  }
}

export interface Preview {
  readonly analysis: Analysis | undefined;
  /** Why there is no analysis. */
  readonly error: string | undefined;
  readonly decided: readonly Decided[];
  /** A draft for each suggestion that would be admitted. */
  readonly drafts: readonly LearntChange[];
}

/** What learning would make of a run. Models are asked and paid for; nothing is written down but that. */
export async function previewLearning(
  deps: LearningDeps,
  recording: Recording,
  signal: AbortSignal,
): Promise<Preview> {
  const result = await analyzeRun(deps, recording, signal);
  const { inputTokens, outputTokens, costUsd } = result.usage;
  deps.queue.recordSpending({ role: 'analysis', tokens: inputTokens + outputTokens, costUsd });
  if (!result.ok) return { analysis: undefined, error: result.reason, decided: [], drafts: [] };
  const decided = decideAll(deps, recording, result.analysis);
  const drafts: LearntChange[] = [];
  for (const each of decided.filter(({ decision }) => decision.outcome === 'admit')) {
    const plan = previewPlan(deps, recording, each);
    if (typeof plan !== 'string') drafts.push(await sketchChange(deps, plan, signal));
  }
  return { analysis: result.analysis, error: undefined, decided, drafts };
}

function previewPlan(deps: LearningDeps, recording: Recording, decided: Decided): ChangePlan | string {
  const { suggestion, candidate, decision } = decided;
  const earlier = decision.topicId === undefined ? [] : deps.store.suggestions({ topicId: decision.topicId });
  const stored: StoredSuggestion = {
    ...suggestion,
    ...{ suggestionId: candidate.id, runId: recording.header.runId, topicId: decision.topicId ?? null },
    ...{ kind: decision.kind, skillId: decision.skillIds[0] ?? null, outcome: decision.outcome },
    ...{ rule: decision.rule, reason: decision.reason },
  };
  return planChange(deps, [...earlier, stored]);
}
