// The main job: a task from its words to its report, recorded all the way.
import type { Config } from '../config/index.ts';
import { newTimedId, OpenSpaceError, type Redactor, toMessage, type World } from '../lib/index.ts';
import { type OfferedSkill, type SkillChoice, startRecording, watchForCancel } from '../recording/index.ts';
import { doAttempts } from './attempts.ts';
import { createEventStream } from './event-stream.ts';
import type { Hands } from './hands.ts';
import type { Models } from './models.ts';
import type { SkillText } from './prompts.ts';
import type { Run, RunReport, RunStreamEvent, Task } from './task.ts';
import { resolveWorkspace } from './workspace-folder.ts';

/** Skills for a task, with the texts to give to the agent. */
export interface ChosenSkills {
  readonly choice: SkillChoice;
  readonly texts: readonly SkillText[];
  /** What the person whose task it is should know of it. */
  readonly notes?: readonly string[];
}

/** What a run is made of; `openOpenSpace` puts it together. */
export interface RunParts {
  readonly config: Config;
  readonly world: World;
  readonly redactor: Redactor;
  readonly models: Models;
  readonly chooseSkills: (task: Task, signal: AbortSignal) => Promise<ChosenSkills>;
  /** The hands of one attempt, closed at its end. */
  readonly openHands: (place: HandsPlace) => Promise<Hands>;
  /** Told once the recording is closed; says whether the run will be learnt from. */
  readonly onEnd: (report: RunReport, choice: SkillChoice) => RunReport['learning'];
}

/** What an attempt's hands depend on. */
export interface HandsPlace {
  readonly runId: string;
  readonly task: Task;
  readonly workspace: string;
  readonly signal: AbortSignal;
  readonly skills: readonly SkillText[];
  readonly onRetrieved: (skill: OfferedSkill) => void;
  readonly maxTurns: number;
}

/** Starts a task. It is under way when this returns. */
export function startRun(task: Task, parts: RunParts): Run {
  const runId = task.runId ?? newTimedId('run', parts.world);
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
  const asked = new AbortController();
  const endWatch = watchForCancel(recorder.folder, () => asked.abort());
  const result = await doAttempts({
    runId,
    task,
    workspace,
    parts,
    signal: AbortSignal.any([signal, recorder.failed, asked.signal]),
    emit,
  })
    .catch((error: unknown) => {
      recorder.close({ status: 'error', answer: '', error: toMessage(error) }); // the recording says so too
      throw error;
    })
    .finally(endWatch);
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
  return recorder.failure === undefined ? noted(report, result.choice, parts, listen) : report;
}

/** Hands the run on to learning. If the database refuses, the answer stands all the same. */
function noted(
  report: RunReport,
  choice: SkillChoice,
  parts: RunParts,
  listen: (event: RunStreamEvent) => void,
): RunReport {
  try {
    return { ...report, learning: parts.onEnd(report, choice) };
  } catch (error) {
    if (!(error instanceof OpenSpaceError)) throw error;
    listen({ type: 'note', text: `This run will not be learnt from: ${error.message}` });
    return report;
  }
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
