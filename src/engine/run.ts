// The main job: a task from its words to its report, recorded all the way.
import { type AgentOutcome, addUsage, type Budget, NO_USAGE, type Tool } from '../agent/index.ts';
import type { Config } from '../config/index.ts';
import {
  newTimedId,
  type OpenSpaceError,
  type Redactor,
  type Spawner,
  toMessage,
  type World,
} from '../lib/index.ts';
import { type OfferedSkill, type RunStatus, type SkillChoice, startRecording } from '../recording/index.ts';
import { doAttempt, isSpent, remaining } from './attempt.ts';
import { createEventStream } from './event-stream.ts';
import type { Models } from './models.ts';
import { renderSystemText, type SkillText } from './prompts.ts';
import type { Run, RunReport, RunStreamEvent, Task } from './task.ts';
import { resolveWorkspace } from './workspace-folder.ts';

/** Skills for a task, with the texts to give to the agent. */
export interface ChosenSkills {
  readonly choice: SkillChoice;
  readonly texts: readonly SkillText[];
}

/** What a run is made of; `openOpenSpace` puts it together. */
export interface RunParts {
  readonly config: Config;
  readonly world: World;
  readonly redactor: Redactor;
  readonly models: Models;
  readonly spawner: Spawner;
  readonly chooseSkills: (task: Task, signal: AbortSignal) => Promise<ChosenSkills>;
  /** Tools for one run, closed at its end. */
  readonly openTools: (
    skills: readonly SkillText[],
    onRetrieved: (skill: OfferedSkill) => void,
  ) => Promise<{ readonly tools: readonly Tool[]; close(): Promise<void> }>;
  /** Told once the recording is closed. */
  readonly onEnd: (report: RunReport, choice: SkillChoice) => void;
}

/** Starts a task. It is under way when this returns. */
export function startRun(task: Task, parts: RunParts): Run {
  const runId = newTimedId('run', parts.world);
  const cancel = new AbortController();
  const signal = task.signal === undefined ? cancel.signal : AbortSignal.any([task.signal, cancel.signal]);
  const stream = createEventStream<RunStreamEvent>((event) => event.type === 'text-delta');
  const report = doRun(runId, task, parts, signal, stream.push).finally(stream.end);
  report.catch(() => undefined); // a caller that walks the events first must not die of an early failure
  return { runId, events: stream.events, report, cancel: () => cancel.abort() };
}

async function doRun(
  runId: string,
  task: Task,
  parts: RunParts,
  signal: AbortSignal,
  listen: (event: RunStreamEvent) => void,
): Promise<RunReport> {
  const started = performance.now();
  const { config } = parts;
  const workspace = resolveWorkspace(config, task.workspace);
  const model = parts.models.get('chat');
  const recorder = startRecording({
    home: config.home,
    runId,
    task: task.task,
    model: model.id,
    workspace,
    purpose: task.purpose ?? 'task',
    redactor: parts.redactor,
    world: parts.world,
  });
  // The recording comes first: what is not on disk did not happen.
  const emit = (event: RunStreamEvent) => {
    recorder.write(event);
    listen(event);
  };
  const result = await doAttempts(
    task,
    workspace,
    parts,
    AbortSignal.any([signal, recorder.failed]),
    emit,
  ).catch((error: unknown) => {
    recorder.close({ status: 'error', answer: '', error: toMessage(error) }); // a bug: the recording says so, the caller too
    throw error;
  });
  const end = withFailure(result.report, recorder.failure);
  const failure = recorder.close({
    status: end.status,
    answer: end.answer,
    ...(end.error && { error: end.error.message }),
  });
  const report: RunReport = {
    runId,
    workspace,
    learning: 'off',
    tookMs: Math.round(performance.now() - started),
    ...withFailure(end, failure),
  };
  listen({
    type: 'run-end',
    status: report.status,
    answer: report.answer,
    ...(report.error && { error: report.error.message }),
  });
  parts.onEnd(report, result.choice);
  return report;
}

/** A run that could not be recorded is not done, whatever its answer. */
function withFailure<T extends Pick<RunReport, 'status' | 'error'>>(
  report: T,
  failure: OpenSpaceError | undefined,
): T {
  if (failure === undefined) return report;
  const { code, message, hint } = failure;
  return { ...report, status: 'error', error: { code, message, ...(hint === undefined ? {} : { hint }) } };
}

type Emit = (event: RunStreamEvent) => void;

interface AttemptsResult {
  readonly report: Pick<RunReport, 'status' | 'answer' | 'turns' | 'usage' | 'skills' | 'error'>;
  readonly choice: SkillChoice;
}

export const NO_SKILLS: ChosenSkills = {
  choice: { picked: [], considered: [], how: 'none', reason: 'skills are off' },
  texts: [],
};

/** The first attempt with skills; if it fails, a second without, within what is left of the budget. */
async function doAttempts(
  task: Task,
  workspace: string,
  parts: RunParts,
  signal: AbortSignal,
  emit: Emit,
): Promise<AttemptsResult> {
  const chosen = task.useSkills === false ? NO_SKILLS : await parts.chooseSkills(task, signal);
  emit({ type: 'skills-chosen', choice: chosen.choice });
  const budget: Budget = {
    maxTurns: task.maxTurns ?? parts.config.get('max_iterations') ?? 30,
    maxTokens: parts.config.get('max_tokens'),
    maxCostUsd: parts.config.get('max_cost_usd'),
  };
  const first = await attempt(1, chosen, budget);
  const left = remaining(budget, first);
  const again =
    chosen.texts.length > 0 &&
    (first.status === 'error' || first.status === 'out-of-budget') &&
    !isSpent(left) &&
    !signal.aborted &&
    isWorthAnother(first);
  if (!again) return toResult([first], chosen.choice, chosen);
  const second = await attempt(2, NO_SKILLS, left);
  return second.status === 'done' || second.answer !== ''
    ? toResult([first, second], chosen.choice, NO_SKILLS)
    : toResult([second, first], chosen.choice, chosen);

  async function attempt(number: number, skills: ChosenSkills, limit: Budget): Promise<AgentOutcome> {
    const toolset = await parts.openTools(skills.texts, (skill) =>
      emit({ type: 'skill-retrieved', attempt: number, skill }),
    );
    try {
      return await doAttempt({
        attempt: number,
        skills: skills.choice.picked,
        budget: limit,
        task: task.task,
        history: task.history ?? [],
        emit,
        input: {
          model: parts.models.get('chat'),
          tools: toolset.tools,
          workspace,
          spawner: parts.spawner,
          signal,
          ...(task.ask === undefined ? {} : { ask: task.ask }),
          system: renderSystemText({
            workspace,
            platform: process.platform,
            date: parts.world.now().toISOString().slice(0, 10),
            skills: skills.texts,
            context: task.context,
          }),
        },
      });
    } finally {
      await toolset.close();
    }
  }
}

/** A refused key or an empty account fails the same way again. */
function isWorthAnother({ error }: AgentOutcome): boolean {
  return error === undefined || !['auth', 'billing', 'bad-request'].includes(error.kind);
}

function toResult(
  outcomes: readonly AgentOutcome[],
  choice: SkillChoice,
  used: ChosenSkills,
): AttemptsResult {
  const last = outcomes.at(-1);
  if (last === undefined) throw new Error('a run has at least one attempt');
  const status: RunStatus = last.status;
  return {
    choice,
    report: {
      status,
      answer: last.answer,
      turns: outcomes.reduce((sum, outcome) => sum + outcome.turns, 0),
      usage: outcomes.reduce((sum, outcome) => addUsage(sum, outcome.usage), NO_USAGE),
      skills: used.texts.map((skill) => skill.name),
      ...(last.error === undefined
        ? {}
        : {
            error: {
              code: last.error.kind === 'auth' ? ('auth' as const) : ('provider' as const),
              message: last.error.message,
              ...(last.error.hint === undefined ? {} : { hint: last.error.hint }),
            },
          }),
    },
  };
}
