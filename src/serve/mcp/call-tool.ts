// Carries a tool call out: arguments checked, the right tool asked, every failure an answer with a hint.
import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import type { Config } from '../../config/index.ts';
import { isAbsent, OpenSpaceError, oneLine } from '../../lib/index.ts';
import type { TaskDesk, TaskOrder } from './task-desk.ts';
import { readEnd, readRequest, stateOf, taskIds } from './task-files.ts';
import { type ReportOptions, reportTask } from './task-report.ts';
import { answer, errorAnswer, type ToolAnswer } from './tool-result.ts';

/** What a call has besides its arguments. */
export interface CallContext {
  /** Aborts when the client cancels the call or is gone. */
  readonly signal: AbortSignal;
  /** True if the signal aborted because the client cancelled this call, not because it went away. */
  readonly wasCancelled: () => boolean;
  /** Key of the client for turns, and its name for people. */
  readonly client: { readonly key: string; readonly name: string };
  /** The client's first root folder, if it has one. */
  readonly root: () => Promise<string | undefined>;
  /** Tells the client the current step. Absent if it did not ask to be told. */
  readonly progress?: (message: string) => void;
}

/** What the tools work with. */
export interface ToolWorld {
  /** Settings as they are now. Throws `config`. */
  readonly config: () => Config;
  readonly desk: TaskDesk;
  readonly redact: (text: string) => string;
  readonly configFile?: string | undefined;
  readonly model?: string | undefined;
  /** Time between two signs of life, in ms. Default 10 s. */
  readonly progressMs?: number;
}

/** Null means left out: models send it for parameters that they do not use. */
const optional = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);
const count = (least: number, most: number) => optional(z.coerce.number().int().min(least).max(most));
const seconds = optional(z.coerce.number().min(0).max(540));
const texts = optional(z.union([z.array(z.string()), z.string().transform((text) => [text])]));
const path = z.string().min(1);

const ARGUMENTS = {
  execute_task: z.object({
    task: z.string().trim().min(1).max(100_000),
    workspace_dir: optional(path),
    max_iterations: count(1, 1_000),
    skill_dirs: texts,
    search_scope: optional(z.string()),
    wait_seconds: seconds,
  }),
  search_skills: z.object({
    query: z.string().max(20_000),
    source: optional(z.string()),
    limit: optional(
      z.coerce
        .number()
        .int()
        .transform((limit) => Math.min(50, Math.max(1, limit))),
    ),
    auto_import: optional(z.union([z.boolean(), z.stringbool()])),
  }),
  fix_skill: z.object({ skill_dir: path, direction: z.string().max(20_000), wait_seconds: seconds }),
  upload_skill: z.object({
    skill_dir: path,
    visibility: optional(z.string()),
    origin: optional(z.string()),
    parent_skill_ids: texts,
    tags: texts,
    created_by: optional(z.string()),
    change_summary: optional(z.string()),
  }),
  get_task: z.object({
    task_id: z.string(),
    wait_seconds: seconds,
    events_from: count(0, Number.MAX_SAFE_INTEGER),
    response_from: count(0, Number.MAX_SAFE_INTEGER),
  }),
  cancel_task: z.object({ task_id: z.string() }),
  list_tasks: z.object({ limit: count(1, 50) }),
  list_proposals: z.object({
    change_id: optional(z.string().max(80)),
    include_decided: optional(z.union([z.boolean(), z.stringbool()])),
    limit: count(1, 50),
  }),
  decide_proposal: z.object({
    change_id: z.string().min(1).max(80),
    decision: z.enum(['approve', 'approve_trusted', 'reject', 'undo']),
    reason: optional(z.string().max(2_000)),
  }),
} as const;

export type ToolName = keyof typeof ARGUMENTS;
export type ArgumentsOf<K extends ToolName> = z.output<(typeof ARGUMENTS)[K]>;
type Tools = {
  readonly [K in ToolName]: (
    args: ArgumentsOf<K>,
    world: ToolWorld,
    context: CallContext,
  ) => Promise<ToolAnswer>;
};

const DEFAULT_WAIT_SECONDS = 45;
const PROGRESS_MS = 10_000;

const TOOLS: Tools = {
  execute_task: executeTask,
  get_task: getTask,
  cancel_task: cancelTask,
  list_tasks: listTasks,
  // Loaded at their first use: neither starting nor listing the tools has to wait for them.
  search_skills: async (args, world, context) =>
    (await import('./search-skills.ts')).searchSkills(args, world, context),
  fix_skill: fixSkill,
  upload_skill: async (args, world, context) =>
    (await import('./upload-skill.ts')).uploadSkill(args, world, context),
  list_proposals: async (args, world) => (await import('./proposals.ts')).listProposals(args, world),
  decide_proposal: async (args, world, context) =>
    (await import('./proposals.ts')).decideProposal(args, world, context),
};

export const isToolName = (name: string): name is ToolName => Object.hasOwn(TOOLS, name);

/** Never rejects: what goes wrong is an answer with `isError`. */
export async function callTool(
  name: ToolName,
  given: unknown,
  world: ToolWorld,
  context: CallContext,
): Promise<ToolAnswer> {
  try {
    return await callWith(name, given, world, context);
  } catch (error) {
    return errorAnswer(error, world.redact);
  }
}

function callWith<K extends ToolName>(name: K, given: unknown, world: ToolWorld, context: CallContext) {
  const parsed = ARGUMENTS[name].safeParse(given ?? {});
  if (!parsed.success) {
    const faults = parsed.error.issues.map(
      (issue) => `${issue.path.join('.') || 'arguments'}: ${issue.message}`,
    );
    throw new OpenSpaceError('usage', `${name} was called with wrong arguments: ${faults.join('; ')}`, {
      hint: 'The schema of the tool says what it takes. Call it again with corrected arguments.',
    });
  }
  return TOOLS[name](parsed.data as ArgumentsOf<K>, world, context); // the door: checked against this tool's schema
}

async function executeTask(
  args: ArgumentsOf<'execute_task'>,
  world: ToolWorld,
  context: CallContext,
): Promise<ToolAnswer> {
  const config = await configWithModel(world);
  const workspace = await findWorkspace(args.workspace_dir, config, context);
  const skillDirs: string[] = [];
  for (const given of args.skill_dirs ?? []) {
    const folder = expand(given);
    if (await isFolder(folder)) skillDirs.push(folder);
  }
  const order = {
    task: args.task,
    skill_dirs: skillDirs,
    ...(workspace === undefined ? {} : { workspace }),
    ...(args.max_iterations === undefined ? {} : { max_turns: args.max_iterations }),
  };
  return submitAndWait(order, args.wait_seconds, world, context);
}

async function fixSkill(
  args: ArgumentsOf<'fix_skill'>,
  world: ToolWorld,
  context: CallContext,
): Promise<ToolAnswer> {
  const { orderOfFix } = await import('./fix-skill.ts');
  const order = orderOfFix(args);
  await configWithModel(world);
  return submitAndWait({ ...order, skill_dirs: [] }, args.wait_seconds, world, context);
}

/** Throws the error that says how to set a model up, if none is. */
async function configWithModel(world: ToolWorld): Promise<Config> {
  const config = world.config();
  const { noModelError, resolveModel } = await import('../../config/index.ts');
  if (resolveModel(config) === undefined) throw noModelError();
  return config;
}

async function submitAndWait(
  order: Omit<TaskOrder, 'client'>,
  waitSeconds: number | undefined,
  world: ToolWorld,
  context: CallContext,
): Promise<ToolAnswer> {
  const taskId = world.desk.submit(context.client.key, {
    ...order,
    client: context.client.name,
    ...(world.configFile === undefined ? {} : { config_file: world.configFile }),
    ...(world.model === undefined ? {} : { model: world.model }),
  });
  const state = await waitFor(taskId, waitSeconds, world, context);
  // Who cancels the call does not want the task any more; who only went away may come back for it.
  if (context.wasCancelled() && (state === 'waiting' || state === 'running')) world.desk.cancel(taskId);
  return tell(taskId, world);
}

async function getTask(
  args: ArgumentsOf<'get_task'>,
  world: ToolWorld,
  context: CallContext,
): Promise<ToolAnswer> {
  await waitFor(args.task_id, args.wait_seconds, world, context);
  return tell(args.task_id, world, {
    ...(args.events_from === undefined ? {} : { eventsFrom: args.events_from }),
    ...(args.response_from === undefined ? {} : { answerFrom: args.response_from }),
  });
}

async function tell(taskId: string, world: ToolWorld, options: ReportOptions = {}): Promise<ToolAnswer> {
  const config = world.config();
  const isLearning = readEnd(config.home, taskId)?.learning === 'pending';
  const report = reportTask(config.home, taskId, {
    ...options,
    position: world.desk.position(taskId),
    evolved: isLearning ? (await import('./evolved-skills.ts')).evolvedIn(config, taskId) : [],
  });
  return answer(report, report.status === 'error');
}

/** Waits, and gives a sign of life every few seconds to a client that asked for it. */
async function waitFor(
  taskId: string,
  waitSeconds: number | undefined,
  world: ToolWorld,
  { signal, progress }: CallContext,
) {
  const wait = { timeoutMs: (waitSeconds ?? DEFAULT_WAIT_SECONDS) * 1_000, signal };
  if (progress === undefined) return world.desk.wait(taskId, wait);
  let step = 'waiting to begin';
  const timer = setInterval(() => progress(step), world.progressMs ?? PROGRESS_MS);
  try {
    return await world.desk.wait(taskId, {
      ...wait,
      onStep: (now) => {
        step = oneLine(now, 160);
      },
    });
  } finally {
    clearInterval(timer);
  }
}

async function cancelTask(args: ArgumentsOf<'cancel_task'>, world: ToolWorld, context: CallContext) {
  const before = world.desk.cancel(args.task_id);
  // A run takes a moment to stop: its tools are ended in order.
  if (before === 'running' || before === 'waiting')
    await world.desk.wait(args.task_id, { timeoutMs: 10_000, signal: context.signal });
  const report = reportTask(world.config().home, args.task_id);
  return answer(report);
}

async function listTasks(args: ArgumentsOf<'list_tasks'>, world: ToolWorld): Promise<ToolAnswer> {
  const { home } = world.config();
  const ids = taskIds(home).slice(0, args.limit ?? 20);
  const tasks = ids.map((taskId) => {
    const state = stateOf(home, taskId);
    const { task, client, created_at } = readRequest(home, taskId);
    const status = state === 'ended' ? readEnd(home, taskId)?.status : state === 'waiting' ? 'queued' : state;
    return { task_id: taskId, status, created_at, client, task: oneLine(task, 100) };
  });
  return answer({ count: tasks.length, tasks });
}

/** `workspace_dir`, else the setting, else the client's root, else undefined for a fresh folder. Throws `config`. */
async function findWorkspace(
  asked: string | undefined,
  config: Config,
  context: CallContext,
): Promise<string | undefined> {
  const set = config.get('workspace');
  const given = asked ?? (set === undefined ? undefined : resolve(config.cwd, set));
  if (given === undefined) return context.root();
  const folder = expand(given);
  if (await isFolder(folder)) return folder;
  throw new OpenSpaceError('config', `The workspace ${folder} does not exist or is not a folder.`, {
    hint: 'Give workspace_dir as the absolute path of an existing folder, or leave it out.',
  });
}

function expand(given: string): string {
  const full = given === '~' || given.startsWith('~/') ? join(homedir(), given.slice(1)) : given;
  if (isAbsolute(full)) return full;
  throw new OpenSpaceError('usage', `"${given}" is not an absolute path.`, {
    hint: 'This server does not know which folder you are in: give the whole path.',
  });
}

async function isFolder(folder: string): Promise<boolean> {
  try {
    return (await stat(folder)).isDirectory();
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}
