// A task as MCP clients are told of it: the original's fields, the important ones first, never too long for a host.
import { join } from 'node:path';
import { isPresent, oneLine } from '../../lib/index.ts';
import { describeEvent, openRecording, type Recording, runsFolder } from '../../recording/index.ts';
import {
  type EvolvedSkill,
  readEnd,
  readRequest,
  stateOf,
  type TaskEnd,
  type TaskState,
} from './task-files.ts';

/** Characters of an answer in one result: hosts cut what is longer, one of them in the middle. */
export const ANSWER_LIMIT = 5_000;
/** Events in one result. */
const EVENT_LIMIT = 25;
const TOOL_LIMIT = 20;
const EVOLVED_LIMIT = 5;
const TOOL_ERROR_LIMIT = 200;

/** Fields of a result, in the order in which they are shown. */
export type Fields = Readonly<Record<string, unknown>>;

export interface ReportOptions {
  /** First character of the answer to show. */
  readonly answerFrom?: number;
  /** First event to show; without it none is shown. */
  readonly eventsFrom?: number;
  /** Tasks before this one. */
  readonly position?: number | undefined;
  /** What has been learnt from it by now. */
  readonly evolved?: readonly EvolvedSkill[];
}

/** Statuses in the original's words. */
const ORIGINAL_STATUS: Readonly<Record<TaskEnd['status'], string>> = {
  done: 'success',
  incomplete: 'incomplete',
  'out-of-budget': 'incomplete',
  error: 'error',
  cancelled: 'cancelled',
};

/** What is known of a task now. Throws `not-found` for an unknown one. */
export function reportTask(home: string, taskId: string, options: ReportOptions = {}): Fields {
  const request = readRequest(home, taskId);
  const state = stateOf(home, taskId);
  const recording = readRecording(home, taskId);
  const end = state === 'ended' ? readEnd(home, taskId) : endOfLost(state, recording);
  const events = options.eventsFrom === undefined ? {} : eventFields(recording, options.eventsFrom);
  if (end?.new_skill !== undefined) return fixFields(taskId, end.new_skill);
  if (end !== undefined) return { ...endFields(taskId, end, recording, options), ...events };
  const last = recording?.events.at(-1);
  return {
    status: state === 'waiting' ? 'queued' : 'running',
    task_id: taskId,
    next_step: `The task goes on by itself. Call get_task with task_id "${taskId}" for its result; cancel_task stops it. Do not start it again.`,
    ...(options.position === undefined ? {} : { tasks_before: options.position }),
    elapsed_seconds: Math.max(0, Math.round((Date.now() - Date.parse(request.created_at)) / 1_000)),
    ...(last === undefined ? {} : { current_step: describeEvent(last) }),
    ...(recording === undefined ? {} : { workspace_dir: recording.header.workspace }),
    ...events,
  };
}

function readRecording(home: string, taskId: string): Recording | undefined {
  const folder = join(runsFolder(home), taskId);
  return isPresent(join(folder, 'run.json')) ? openRecording(folder) : undefined;
}

/** A task whose process is gone without a word: what its recording says is all there is. */
function endOfLost(state: TaskState, recording: Recording | undefined): TaskEnd | undefined {
  if (state !== 'lost') return undefined;
  const error = {
    code: 'internal',
    message: recording?.note ?? 'The process that had the task ended before the task did.',
    hint: 'Call execute_task again with the same task.',
  };
  return {
    status: 'error',
    answer: '',
    turns: 0,
    skills: [],
    workspace: recording?.header.workspace ?? '',
    learning: 'off',
    took_ms: 0,
    error,
  };
}

function endFields(
  taskId: string,
  end: TaskEnd,
  recording: Recording | undefined,
  { answerFrom = 0, evolved = [] }: ReportOptions,
): Fields {
  const calls = recording?.events.filter((event) => event.type === 'tool-end') ?? [];
  const answer = end.answer.slice(answerFrom, answerFrom + ANSWER_LIMIT);
  const nextFrom = answerFrom + answer.length;
  return {
    status: ORIGINAL_STATUS[end.status],
    task_id: taskId,
    ...(end.error === undefined
      ? {}
      : { error: end.error.message, code: end.error.code, ...(end.error.hint && { hint: end.error.hint }) }),
    ...warningOf(end),
    response: answer,
    ...(nextFrom < end.answer.length
      ? {
          response_rest: `${end.answer.length - nextFrom} more characters: call get_task with response_from ${nextFrom}`,
        }
      : {}),
    workspace_dir: end.workspace,
    execution_time: Math.round(end.took_ms / 10) / 100,
    iterations: end.turns,
    skills_used: end.skills,
    learning: end.learning,
    ...evolvedFields(evolved),
    tool_call_count: calls.length,
    tool_summary: calls.slice(0, TOOL_LIMIT).map(({ call, result }) => {
      const [part] = result.parts;
      const text = part?.type === 'text' ? oneLine(part.text, TOOL_ERROR_LIMIT) : '';
      return {
        tool: call.name,
        status: result.isError ? 'error' : 'success',
        error: result.isError ? text : null,
      };
    }),
  };
}

/** What a repair answers: the original's fields, and what is to be done before the change is in use. */
function fixFields(taskId: string, skill: EvolvedSkill): Fields {
  const steps = {
    proposed: `The change waits for review: list_proposals shows it, decide_proposal with change_id "${skill.change_id}" decides, if the user wants it.`,
    trial:
      'The change is on trial: execute_task uses it from now on, and it replaces the SKILL.md once it has proved itself there.',
    trusted: undefined,
  };
  const next = steps[skill.state];
  return {
    status: 'success',
    task_id: taskId,
    ...(next === undefined ? {} : { next_step: next }),
    new_skill: skill,
  };
}

function evolvedFields(evolved: readonly EvolvedSkill[]): Fields {
  if (evolved.length === 0) return {};
  const ready = evolved.filter((skill) => skill.upload_ready).map(({ name }) => name);
  return {
    evolved_skills: evolved.slice(0, EVOLVED_LIMIT),
    ...(ready.length === 0
      ? {}
      : { action_required: `Can be shared with upload_skill, if the user wants: ${ready.join(', ')}.` }),
  };
}

function warningOf(end: TaskEnd): Fields {
  if (end.status === 'out-of-budget')
    return { warning: 'The task used its budget up before it was done. Give it a larger max_iterations.' };
  if (end.status === 'incomplete') return { warning: 'The agent stopped before the task was done.' };
  return {};
}

function eventFields(recording: Recording | undefined, from: number): Fields {
  const fresh = (recording?.events ?? []).filter((event) => event.seq >= from);
  const shown = fresh.slice(0, EVENT_LIMIT);
  return {
    events: shown.map((event) => `${event.seq} ${oneLine(describeEvent(event), 160)}`),
    next_event: (shown.at(-1)?.seq ?? from - 1) + 1,
    more_events: fresh.length > shown.length,
  };
}
