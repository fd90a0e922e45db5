// What a task over MCP leaves on disk beside its recording: the request, who does it, a wish to stop it, how it ended.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import {
  isAbsent,
  isPresent,
  isProcessAlive,
  makeFolder,
  OpenSpaceError,
  readTextIfPresent,
  writeFileAtomic,
} from '../../lib/index.ts';

/** What was asked for. Written by the server before the task is given out, read by the process that does it. */
export const TaskRequest = z.object({
  task_id: z.string(),
  task: z.string(),
  /** Undefined: a fresh folder inside the run's own. */
  workspace: z.string().optional(),
  max_turns: z.number().optional(),
  skill_dirs: z.array(z.string()),
  /** Name of the client, for people. */
  client: z.string(),
  /** UTC ISO time. */
  created_at: z.string(),
  /** The server that holds it until it is started. */
  server_pid: z.number(),
  config_file: z.string().optional(),
  model: z.string().optional(),
  /** The task is to repair this skill; `task` says so in words. */
  fix: z.object({ skill_dir: z.string(), direction: z.string() }).optional(),
});
export type TaskRequest = z.infer<typeof TaskRequest>;

/** A skill that learning made or changed, in the original's fields and with its place in the library. */
export const EvolvedSkill = z.object({
  /** Undefined while it is not shown in a folder: on trial, or waiting for review. */
  skill_dir: z.string().optional(),
  name: z.string(),
  origin: z.string(),
  change_summary: z.string(),
  upload_ready: z.boolean(),
  /** `proposed` waits for review, `trial` is tried in tasks, `trusted` is in use. */
  state: z.enum(['proposed', 'trial', 'trusted']),
  change_id: z.string(),
});
export type EvolvedSkill = z.infer<typeof EvolvedSkill>;

/** How it ended, as the run's report said. */
export const TaskEnd = z.object({
  status: z.enum(['done', 'incomplete', 'out-of-budget', 'error', 'cancelled']),
  answer: z.string(),
  turns: z.number(),
  skills: z.array(z.string()),
  workspace: z.string(),
  learning: z.enum(['pending', 'off']),
  took_ms: z.number(),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }).optional(),
  /** What came of a repair. */
  new_skill: EvolvedSkill.optional(),
});
export type TaskEnd = z.infer<typeof TaskEnd>;

/** `waiting`: in a queue, or its process is starting. `lost`: whoever had it is gone and said nothing. */
export type TaskState = 'waiting' | 'running' | 'ended' | 'lost';

const Started = z.object({ pid: z.number() });
const REQUEST = 'request.json';
const HandedOver = z.object({ at_ms: z.number() });
const HANDED_OVER = 'handed-over.json';
const STARTED = 'started.json';
const STOP = 'stop';
const END = 'end.json';

/** Tasks kept; the oldest ended ones go first. Their recordings stay. */
const KEEP = 1_000;

export const tasksFolder = (home: string): string => join(home, 'mcp', 'tasks');

/** The task's folder. Throws `not-found` for what can't be an id, so that no id leaves the folder. */
export function taskFolder(home: string, taskId: string): string {
  if (/^\w{1,80}$/.test(taskId)) return join(tasksFolder(home), taskId);
  throw unknownTask(taskId);
}

const unknownTask = (taskId: string) =>
  new OpenSpaceError('not-found', `There is no task "${taskId.slice(0, 80)}".`, {
    hint: 'list_tasks shows the tasks with their ids.',
  });

export function writeRequest(home: string, request: TaskRequest): void {
  const folder = taskFolder(home, request.task_id);
  makeFolder(folder, 0o700);
  put(folder, REQUEST, request);
}

/** Throws `not-found` for an unknown task. */
export function readRequest(home: string, taskId: string): TaskRequest {
  const request = get(taskFolder(home, taskId), REQUEST, TaskRequest);
  if (request === undefined) throw unknownTask(taskId);
  return request;
}

/** How long the process of a task may take until it says that it is there, in ms. */
const START_LIMIT_MS = 60_000;

/** Said by the server just before it starts the process: from now on the task does not depend on the server. */
export const markHandedOver = (home: string, taskId: string): void =>
  put(taskFolder(home, taskId), HANDED_OVER, { at_ms: Date.now() });

/** Said by the process that does the task, first of all. */
export const markStarted = (home: string, taskId: string): void =>
  put(taskFolder(home, taskId), STARTED, { pid: process.pid });

/** The process that does the task looks for this and cancels the run. */
export const askToStop = (home: string, taskId: string): void => put(taskFolder(home, taskId), STOP, {});
export const isAskedToStop = (home: string, taskId: string): boolean =>
  isPresent(join(taskFolder(home, taskId), STOP));

export const writeEnd = (home: string, taskId: string, end: TaskEnd): void =>
  put(taskFolder(home, taskId), END, end);
export const readEnd = (home: string, taskId: string): TaskEnd | undefined =>
  get(taskFolder(home, taskId), END, TaskEnd);

/** Cheap enough to be asked several times a second. */
export function stateOf(home: string, taskId: string): TaskState {
  const folder = taskFolder(home, taskId);
  if (isPresent(join(folder, END))) return 'ended';
  const started = get(folder, STARTED, Started);
  if (started !== undefined && isProcessAlive(started.pid)) return 'running';
  if (started === undefined && isExpected(home, taskId, folder)) return 'waiting';
  return isPresent(join(folder, END)) ? 'ended' : 'lost'; // it may have written just before it went
}

/** True while somebody will still start the task, or its process is on its way. */
function isExpected(home: string, taskId: string, folder: string): boolean {
  const handedOver = get(folder, HANDED_OVER, HandedOver);
  if (handedOver === undefined) return isProcessAlive(readRequest(home, taskId).server_pid);
  return Date.now() - handedOver.at_ms < START_LIMIT_MS;
}

/** Ids of the tasks of this data home, newest first. */
export function taskIds(home: string): string[] {
  try {
    return readdirSync(tasksFolder(home)).sort().reverse();
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** Removes the oldest tasks that are over. */
export function pruneTasks(home: string): void {
  for (const taskId of taskIds(home).slice(KEEP)) {
    const folder = taskFolder(home, taskId);
    if (!isPresent(join(folder, REQUEST)) || stateOf(home, taskId) === 'ended')
      rmSync(folder, { recursive: true, force: true });
  }
}

function put(folder: string, name: string, value: object): void {
  writeFileAtomic(join(folder, name), `${JSON.stringify(value)}\n`, { mode: 0o600 });
}

function get<T>(folder: string, name: string, schema: z.ZodType<T>): T | undefined {
  const path = join(folder, name);
  const text = readTextIfPresent(path);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new OpenSpaceError('corrupt', `${path} can't be read.`, { cause: error });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new OpenSpaceError('corrupt', `${path} has not the expected form.`, { cause: parsed.error });
}
