// Takes tasks in, starts them in a fair order within limits, and waits for them.
import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { errnoOf, newTimedId, OpenSpaceError, startDetached, type World } from '../../lib/index.ts';
import { describeEvent, runsFolder, tailEvents } from '../../recording/index.ts';
import {
  askToStop,
  markHandedOver,
  pruneTasks,
  readRequest,
  stateOf,
  type TaskRequest,
  type TaskState,
  writeEnd,
  writeRequest,
} from './task-files.ts';
import { type PendingQuestion, pendingQuestion } from './task-questions.ts';

export interface TaskLimits {
  /** Tasks done at the same time. */
  readonly parallel: number;
  /** Tasks that may wait, of all clients and of one. */
  readonly waiting: number;
  readonly waitingPerClient: number;
}

export interface TaskDeskOptions {
  readonly home: string;
  readonly world: World;
  readonly limits: TaskLimits;
  /** Starts the process that does a task; false if it can't be started. */
  readonly start: (taskId: string) => boolean;
  /** How often tasks are looked at, in ms. Default 150. */
  readonly pollMs?: number;
}

/** What is asked for; the desk adds the id and the time. */
export type TaskOrder = Omit<TaskRequest, 'task_id' | 'created_at' | 'server_pid'>;

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Told each step of the run, in words. */
  readonly onStep?: (step: string) => void;
  /** Given what the task asks a person, each question once. */
  readonly onQuestion?: (question: PendingQuestion) => Promise<void>;
}

/** The tasks of one server. Each is a process of its own, so a task can neither disturb another nor die with the server. */
export interface TaskDesk {
  /** Takes a task in and returns its id. `client` decides whose turn it is. Throws `busy` when too many wait. */
  submit(client: string, order: TaskOrder): string;
  /** Returns when the task is over, the time is up or the signal aborts. Knows tasks of other servers of the same home. */
  wait(taskId: string, options: WaitOptions): Promise<TaskState>;
  /** How many tasks are before this one; undefined if it does not wait here. */
  position(taskId: string): number | undefined;
  /** Ends a task, waiting or running. A task that is over is left alone. */
  cancel(taskId: string): TaskState;
  /** Ends the tasks of one client that is gone. */
  cancelClient(client: string): void;
  /** Tasks that still wait are cancelled; `running` says what becomes of the others. */
  close(running: 'leave' | 'cancel'): void;
}

export function openTaskDesk(options: TaskDeskOptions): TaskDesk {
  return new OpenTaskDesk(options);
}

/** Starts the process that does a task, with this process's environment. */
export function startTaskProcess(options: {
  readonly home: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}): (taskId: string) => boolean {
  const script = fileURLToPath(new URL(`./task-process${extname(import.meta.url)}`, import.meta.url));
  const env = Object.fromEntries(
    Object.entries(options.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  return (taskId) =>
    startDetached({ command: process.execPath, args: [script, options.home, taskId], cwd: options.cwd, env });
}

interface Waiting {
  readonly taskId: string;
  readonly client: string;
}

class OpenTaskDesk implements TaskDesk {
  readonly #options: TaskDeskOptions;
  readonly #pollMs: number;
  /** Oldest first. */
  readonly #waiting: Waiting[] = [];
  /** Task id → client. */
  readonly #running = new Map<string, string>();
  #watch: NodeJS.Timeout | undefined;

  constructor(options: TaskDeskOptions) {
    this.#options = options;
    this.#pollMs = options.pollMs ?? 150;
  }

  submit(client: string, order: TaskOrder): string {
    const { home, world, limits } = this.#options;
    const ofClient = this.#waiting.filter((one) => one.client === client).length;
    if (this.#waiting.length >= limits.waiting || ofClient >= limits.waitingPerClient)
      throw new OpenSpaceError('busy', `${this.#waiting.length} tasks are waiting already.`, {
        hint: 'Wait for one to finish (get_task), or stop one (cancel_task), and call execute_task again.',
      });
    const taskId = newTimedId('run', world);
    writeRequest(home, {
      ...order,
      task_id: taskId,
      created_at: world.now().toISOString(),
      server_pid: process.pid,
    });
    this.#waiting.push({ taskId, client });
    this.#startNext();
    pruneTasks(home);
    return taskId;
  }

  async wait(taskId: string, { timeoutMs, signal, onStep, onQuestion }: WaitOptions): Promise<TaskState> {
    const { home } = this.#options;
    readRequest(home, taskId); // throws for an unknown one
    const until = performance.now() + timeoutMs;
    const over = new AbortController();
    const steps = onStep === undefined ? undefined : this.#tellSteps(taskId, over.signal, onStep);
    const asked = new Set<string>();
    try {
      for (;;) {
        const question = onQuestion === undefined ? undefined : pendingQuestion(home, taskId);
        if (question !== undefined && !asked.has(question.id)) {
          asked.add(question.id);
          await onQuestion?.(question);
        }
        const state = stateOf(home, taskId);
        const leftMs = until - performance.now();
        if (state === 'ended' || state === 'lost' || leftMs <= 0 || signal.aborted) return state;
        await pause(Math.min(this.#pollMs, leftMs), signal);
      }
    } finally {
      over.abort();
      await steps;
    }
  }

  async #tellSteps(taskId: string, signal: AbortSignal, onStep: (step: string) => void): Promise<void> {
    const folder = join(runsFolder(this.#options.home), taskId);
    while (!signal.aborted && !existsSync(join(folder, 'run.json'))) await pause(this.#pollMs, signal);
    if (signal.aborted) return;
    for await (const event of tailEvents(folder, { signal })) onStep(describeEvent(event));
  }

  position(taskId: string): number | undefined {
    const index = this.#waiting.findIndex((one) => one.taskId === taskId);
    return index < 0 ? undefined : index;
  }

  cancel(taskId: string): TaskState {
    const { home } = this.#options;
    const state = stateOf(home, taskId);
    if (state === 'ended' || state === 'lost') return state;
    const index = this.position(taskId);
    if (index === undefined) askToStop(home, taskId);
    else {
      this.#waiting.splice(index, 1);
      writeEnd(home, taskId, endWithout('cancelled', 'cancelled', 'The task was cancelled before it began.'));
    }
    return stateOf(home, taskId);
  }

  cancelClient(client: string): void {
    for (const { taskId } of this.#waiting.filter((one) => one.client === client)) this.cancel(taskId);
    for (const [taskId, owner] of this.#running) if (owner === client) this.cancel(taskId);
  }

  close(running: 'leave' | 'cancel'): void {
    for (const { taskId } of [...this.#waiting]) this.cancel(taskId);
    if (running === 'cancel') for (const taskId of this.#running.keys()) this.cancel(taskId);
    clearInterval(this.#watch);
    this.#watch = undefined;
  }

  #startNext(): void {
    const { home, limits, start } = this.#options;
    while (this.#running.size < limits.parallel) {
      const next = this.#nextInTurn();
      if (next === undefined) break;
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      markHandedOver(home, next.taskId);
      if (start(next.taskId)) this.#running.set(next.taskId, next.client);
      else
        writeEnd(
          home,
          next.taskId,
          endWithout('error', 'internal', 'The process for the task could not be started.'),
        );
    }
    if (this.#running.size > 0) this.#watch ??= setInterval(() => this.#lookAround(), this.#pollMs);
  }

  /** The oldest task of the client that has the fewest running: one client with many tasks does not hold up another. */
  #nextInTurn(): Waiting | undefined {
    const runningOf = (client: string) => [...this.#running.values()].filter((one) => one === client).length;
    const [first, ...rest] = this.#waiting;
    if (first === undefined) return undefined;
    return rest.reduce((best, one) => (runningOf(one.client) < runningOf(best.client) ? one : best), first);
  }

  #lookAround(): void {
    for (const taskId of this.#running.keys()) {
      const state = stateOf(this.#options.home, taskId);
      if (state === 'ended' || state === 'lost') this.#running.delete(taskId);
    }
    this.#startNext();
    if (this.#running.size > 0) return;
    clearInterval(this.#watch);
    this.#watch = undefined;
  }
}

function endWithout(status: 'error' | 'cancelled', code: string, message: string) {
  const error = { code, message };
  return {
    status,
    answer: '',
    turns: 0,
    skills: [],
    workspace: '',
    learning: 'off' as const,
    took_ms: 0,
    error,
  };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    if (errnoOf(error) !== 'ABORT_ERR') throw error; // the caller sees the signal itself
  }
}
