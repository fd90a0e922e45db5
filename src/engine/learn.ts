// Learning wired into the product: what is noted after a run, who works the queue off, and the doors for people.
import { join } from 'node:path';
import { type Config, learntSkillFolder } from '../config/index.ts';
import {
  ADMISSION_RULES,
  admissionInput,
  admit,
  type DrainOptions,
  type DrainReport,
  doJob,
  drain,
  type JobReport,
  knownSkills,
  type LearningDeps,
  type LearningMode,
  type LearntChange,
  noteRun,
  openCaseShelf,
  openQueue,
  openWorkStore,
  type Preview,
  previewLearning,
  type QueueStatus,
  settle,
  suggestOnRequest,
  TRIGGER_RULES,
  TRUST_RULES,
  verify,
} from '../learning/index.ts';
import {
  type HeldLock,
  OpenSpaceError,
  plainSpawner,
  type Redactor,
  tryHoldLock,
  type World,
} from '../lib/index.ts';
import { findRun, openRecording, type Recording } from '../recording/index.ts';
import { childEnvironment } from './child-environment.ts';
import { shareWithHub } from './hub/index.ts';
import type { Models } from './models.ts';
import type { LibraryHandles } from './open-library.ts';
import { createReplayRunner } from './replay-runner.ts';

export interface LearningStatus extends QueueStatus {
  readonly mode: LearningMode;
  readonly waitingForReview: number;
}

export interface FixRequest {
  /** Name or id. */
  readonly skill: string;
  /** What is wrong, or what should be different. */
  readonly direction: string;
}

/** Learning of one open data home. */
export interface EngineLearning {
  readonly mode: LearningMode;
  /** For review and figures. */
  readonly deps: LearningDeps;
  /** Writes a finished run down and queues its analysis, in one transaction. */
  noteRun(runId: string): 'pending' | 'off';
  /** Works the queue off, if no other process of this home is doing that: then undefined. */
  drain(options: DrainOptions): Promise<(DrainReport & { readonly notes: readonly string[] }) | undefined>;
  /** Analyses one run now and makes the changes that come of it; a run that was analysed before is left alone. */
  learn(runId: string, options: DrainOptions): Promise<readonly JobReport[]>;
  /** What learning would make of a run. */
  preview(runId: string, signal: AbortSignal): Promise<Preview>;
  /** Lets a skill be mended now, because a person asks for it. */
  fix(request: FixRequest, signal: AbortSignal): Promise<LearntChange>;
  status(): LearningStatus;
}

export interface OpenLearningOptions {
  readonly config: Config;
  readonly world: World;
  readonly redactor: Redactor;
  readonly models: Models;
  readonly handles: LibraryHandles;
}

/** Where learnt skills stay in the data home they are nobody else's; a folder that is shared is changed by review only. */
export function learningMode(config: Config): LearningMode {
  const own = learntSkillFolder(config) === join(config.home, 'skills');
  return config.get('learning.mode') ?? (own ? 'auto' : 'propose');
}

/** Opens learning on an open library. Cheap: models are made when a job needs them. */
export function openLearning({
  config,
  world,
  redactor,
  models,
  handles,
}: OpenLearningOptions): EngineLearning {
  const { db, library, ledger } = handles;
  const queue = openQueue(db, {
    world,
    budget: { tokens: config.get('learning.daily_tokens'), costUsd: config.get('learning.daily_cost_usd') },
  });
  const gate = {
    // Without a model the gate checks what can be checked without one: a person may decide all the same.
    ...{ library, model: models.find, cases: openCaseShelf(config.home) },
    runner: createReplayRunner({
      ...{ config, world, redactor, models, sandbox: 'required' },
      shell: { env: childEnvironment(config) },
    }),
  };
  const deps: LearningDeps = {
    ...{ db, library, ledger, world, spawner: plainSpawner, mode: learningMode(config) },
    queue,
    store: openWorkStore(db, world),
    model: (role) => models.get(role),
    openRun: (runId) => openRecording(findRun(config.home, runId)),
    verify: async (draft, evidence, { signal }) => {
      const verdict = await verify(draft, evidence, { ...gate, signal });
      const { inputTokens, outputTokens, costUsd } = verdict.report.spent;
      if (inputTokens + outputTokens > 0)
        queue.recordSpending({ role: 'gate', tokens: inputTokens + outputTokens, costUsd });
      return verdict;
    },
    admission: ADMISSION_RULES,
    triggers: TRIGGER_RULES,
    trust: {
      ...TRUST_RULES,
      trialShare: config.get('learning.trial_share') ?? TRUST_RULES.trialShare,
      successes: config.get('learning.trial_successes') ?? TRUST_RULES.successes,
    },
  };
  const lockPath = join(config.home, 'locks', 'learning-worker.lock');
  return {
    ...{ mode: deps.mode, deps },
    noteRun: (runId) => (noteRun(deps, deps.openRun(runId)) ? 'pending' : 'off'),
    drain: (options) =>
      withLock(tryHoldLock(lockPath), async () => {
        await library.sync();
        const report = await drain(deps, options);
        const shared = {
          config,
          library,
          world,
          ledger,
          changes: deps.store.changes(['committed']),
        };
        const notes = await shareWithHub(options.signal, shared);
        return { ...report, notes };
      }),
    learn: (runId, options) => learnNow(deps, deps.openRun(runId), options),
    preview: async (runId, signal) => {
      await library.sync();
      return previewLearning(deps, deps.openRun(runId), signal);
    },
    fix: (request, signal) => fixNow(deps, request, signal),
    status: () => ({
      ...deps.queue.status(),
      mode: deps.mode,
      waitingForReview: deps.store.changes(['proposed']).length,
    }),
  };
}

async function withLock<T>(lock: HeldLock | undefined, body: () => Promise<T>): Promise<T | undefined> {
  if (lock === undefined) return undefined;
  try {
    return await body();
  } finally {
    lock.release();
  }
}

async function learnNow(
  deps: LearningDeps,
  recording: Recording,
  options: DrainOptions,
): Promise<readonly JobReport[]> {
  const { runId } = recording.header;
  if (deps.ledger.findAnalysis(runId) !== undefined)
    throw new OpenSpaceError('already-exists', `${runId} was analysed already.`, {
      hint: `See what came of it: openspace review list --all. What would come of it now: openspace learn ${runId} --dry-run`,
    });
  if (!noteRun(deps, recording)) deps.queue.reopen(`analyze:${runId}`);
  await deps.library.sync();
  const reports: JobReport[] = [];
  const doOne = async (key: string): Promise<JobReport | undefined> => {
    const claim = deps.queue.claim(key);
    if (claim.status === 'budget') throw overBudget();
    if (claim.status !== 'job') return undefined;
    const report = await doJob(deps, claim.job, options.signal);
    options.onJob?.(report);
    reports.push(report);
    return report;
  };
  await doOne(`analyze:${runId}`);
  for (const { topicId, outcome } of deps.store.suggestions({ runId }))
    if (topicId !== null && outcome === 'admit')
      await doOne(`evolve:${topicId}:${deps.store.changesOfTopic(topicId)}`);
  return reports;
}

const overBudget = () =>
  new OpenSpaceError('budget', 'Today’s budget for learning is used up.', {
    hint: 'Raise learning.daily_tokens or learning.daily_cost_usd, or wait until tomorrow (UTC).',
  });

async function fixNow(deps: LearningDeps, request: FixRequest, signal: AbortSignal): Promise<LearntChange> {
  await deps.library.sync();
  const skill = deps.library.pickSkill(request.skill);
  const target = skill.head ?? skill.trial;
  if (target === undefined)
    throw new OpenSpaceError('invalid', `"${skill.name}" has no version in use that could be mended.`);
  const suggestion = suggestOnRequest({ kind: 'fix', targets: [target], direction: request.direction });
  const candidate = {
    ...{ id: `request_${deps.world.randomHex(6)}`, kind: suggestion.kind, trigger: suggestion.trigger },
    ...{
      direction: request.direction,
      skillIds: [skill.skillId],
      taskKey: '',
      quotes: 0,
      applied: undefined,
    },
    ...{ taskDone: false, failureCause: 'none' as const, problems: 0 },
  };
  const decision = admit(candidate, admissionInput(deps, knownSkills(deps)));
  const key = deps.db.transaction(() => settle(deps, { suggestion, candidate, decision }, null));
  const claim = key === undefined ? undefined : deps.queue.claim(key);
  if (claim?.status === 'budget') throw overBudget();
  if (claim?.status !== 'job')
    throw new OpenSpaceError('busy', `"${skill.name}" is being changed already.`, {
      hint: 'See what is going on: openspace learn status',
    });
  const report = await doJob(deps, claim.job, signal);
  const [change] = deps.store.changes().filter(({ topicId }) => topicId === topicOf(claim.job.payload));
  if (change === undefined) throw new OpenSpaceError('invalid', `No change was made: ${report.note}.`);
  return change;
}

const topicOf = (payload: unknown): unknown =>
  typeof payload === 'object' && payload !== null && 'topic_id' in payload ? payload.topic_id : undefined;
