// Whose turn it is, how many may run and wait, and what becomes of tasks whose process is gone.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { realWorld } from '../../lib/index.ts';
import { openTaskDesk, type TaskDesk, type TaskOrder } from './task-desk.ts';
import { markStarted, type TaskEnd, taskIds, writeEnd } from './task-files.ts';
import { ANSWER_LIMIT, reportTask } from './task-report.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0).reverse()) clean();
});

const order = (task: string): TaskOrder => ({ task, client: 'test', skill_dirs: [] });
const done: TaskEnd = {
  status: 'done',
  answer: 'all well',
  turns: 1,
  skills: [],
  workspace: '/w',
  learning: 'off',
  took_ms: 12,
};
const signal = new AbortController().signal;

/** A desk whose tasks are done by hand. */
function open(limits: { parallel?: number; waiting?: number; waitingPerClient?: number } = {}) {
  const home = mkdtempSync(join(tmpdir(), 'openspace-desk-'));
  const started: string[] = [];
  const desk: TaskDesk = openTaskDesk({
    home,
    world: realWorld,
    limits: { parallel: 1, waiting: 10, waitingPerClient: 10, ...limits },
    start: (taskId) => {
      started.push(taskId);
      markStarted(home, taskId);
      return true;
    },
    pollMs: 5,
  });
  cleanups.push(() => {
    desk.close('leave');
    rmSync(home, { recursive: true, force: true });
  });
  return { home, desk, started };
}

const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((next) => setTimeout(next, 5));
};

describe('the task desk', () => {
  it('lets the client with the fewest running tasks go next', async () => {
    const { home, desk, started } = open({ parallel: 2 });
    const [a1 = '', a2 = '', a3 = ''] = ['1', '2', '3'].map((task) => desk.submit('a', order(task)));
    const b1 = desk.submit('b', order('1'));
    expect(started).toEqual([a1, a2]);
    expect([desk.position(a3), desk.position(b1)]).toEqual([0, 1]);
    writeEnd(home, a1, done);
    await until(() => started.length === 3);
    expect(started[2]).toBe(b1); // although a's third came first
  });

  it('refuses more than may wait, and says what to do', () => {
    const { desk } = open({ waiting: 3, waitingPerClient: 2 });
    for (const task of ['1', '2', '3']) desk.submit('a', order(task));
    expect(() => desk.submit('a', order('4'))).toThrow(expect.objectContaining({ code: 'busy' }));
    desk.submit('b', order('1'));
    expect(() => desk.submit('c', order('1'))).toThrow(expect.objectContaining({ code: 'busy' }));
  });

  it('waits for the end, or for the time that it has', async () => {
    const { home, desk } = open();
    const taskId = desk.submit('a', order('1'));
    expect(await desk.wait(taskId, { timeoutMs: 20, signal })).toBe('running');
    const ended = desk.wait(taskId, { timeoutMs: 10_000, signal });
    writeEnd(home, taskId, done);
    expect(await ended).toBe('ended');
    expect(reportTask(home, taskId)).toMatchObject({ status: 'success', response: 'all well' });
    expect(desk.cancel(taskId)).toBe('ended'); // too late: nothing changes
    expect(reportTask(home, taskId).status).toBe('success');
  });

  it('cancels a task that waits, and leaves those of other clients alone', () => {
    const { home, desk, started } = open();
    desk.submit('a', order('runs'));
    const waiting = desk.submit('a', order('waits'));
    const others = desk.submit('b', order('waits too'));
    desk.cancelClient('a');
    expect(reportTask(home, waiting).status).toBe('cancelled');
    expect(reportTask(home, others, { position: desk.position(others) })).toMatchObject({ tasks_before: 0 });
    expect(started.length).toBe(1);
  });

  it('shows a long answer in parts', () => {
    const { home, desk } = open();
    const taskId = desk.submit('a', order('1'));
    const answer = `${'x'.repeat(ANSWER_LIMIT)}the rest`;
    writeEnd(home, taskId, { ...done, answer });
    const first = reportTask(home, taskId);
    expect(first.response_rest).toContain(`response_from ${ANSWER_LIMIT}`);
    expect(JSON.stringify(first).length).toBeLessThan(10_000);
    expect(reportTask(home, taskId, { answerFrom: ANSWER_LIMIT }).response).toBe('the rest');
  });

  it('knows only ids', () => {
    const { home } = open();
    for (const id of ['../x', '', 'a/b', 'unknown', 'x'.repeat(200)])
      expect(() => reportTask(home, id)).toThrow(expect.objectContaining({ code: 'not-found' }));
    expect(taskIds(home)).toEqual([]);
  });
});
