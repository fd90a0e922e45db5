// Questions of a task to a person, by way of files: the process of the task asks, a server whose client can ask answers.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Answer, Question } from '../../agent/index.ts';
import { errnoOf, parseJson, readTextIfPresent, realWorld, writeFileAtomic } from '../../lib/index.ts';
import { taskFolder } from './task-files.ts';

const Pending = z.object({ id: z.string(), tool: z.string(), action: z.string(), reason: z.string() });
export type PendingQuestion = z.infer<typeof Pending>;
const Answered = z.object({
  id: z.string(),
  answer: z.union([z.boolean(), z.literal('always'), z.literal('never')]),
});

const QUESTION = 'question.json';
const ANSWER = 'answer.json';
const POLL_MS = 150;
/** How long a task waits for a person before it takes silence for a no, in ms. */
const PATIENCE_MS = 10 * 60_000;

/** Asks and waits; false when nobody has answered in time or the signal aborts. One question at a time. */
export async function askOverClient(
  home: string,
  taskId: string,
  question: Question,
  signal: AbortSignal,
): Promise<Answer> {
  const folder = taskFolder(home, taskId);
  const { tool, action, reason } = question;
  const id = realWorld.randomHex(8);
  put(join(folder, QUESTION), { id, tool, action, reason });
  const until = performance.now() + PATIENCE_MS;
  try {
    while (performance.now() < until && !signal.aborted) {
      const answered = get(join(folder, ANSWER), Answered);
      if (answered?.id === id) return answered.answer;
      await pause(signal);
    }
    return false;
  } finally {
    rmSync(join(folder, QUESTION), { force: true });
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  try {
    await sleep(POLL_MS, undefined, { signal });
  } catch (error) {
    if (errnoOf(error) !== 'ABORT_ERR') throw error; // the caller sees the signal itself
  }
}

/** What the task asks now. */
export const pendingQuestion = (home: string, taskId: string): PendingQuestion | undefined =>
  get(join(taskFolder(home, taskId), QUESTION), Pending);

export const answerQuestion = (home: string, taskId: string, { id }: PendingQuestion, answer: Answer): void =>
  put(join(taskFolder(home, taskId), ANSWER), { id, answer });

function put(path: string, value: object): void {
  writeFileAtomic(path, `${JSON.stringify(value)}\n`, { mode: 0o600 });
}

/** Both are written by us and whole; one that can't be read is as good as none. */
function get<T>(path: string, schema: z.ZodType<T>): T | undefined {
  const text = readTextIfPresent(path);
  if (text === undefined) return undefined;
  return schema.safeParse(parseJson(text)).data;
}
