// What only time and numbers show: long tasks under short limits, deaths in the middle, many calls. OPENSPACE_TEST_LONG=1 runs the full sizes.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { makeUser, type TestUser } from '../support/cli.ts';
import { type RecordedRequest, type ServerReply, startModelServer } from '../support/model-server.ts';
import {
  addSkill,
  call,
  connectStdio,
  expectOnlyProtocol,
  initialize,
  KEY,
  openRouterEnv,
  runThenTell,
  startRaw,
  toolCall,
} from './support.ts';

const isLong = process.env.OPENSPACE_TEST_LONG === '1';
/** Thirty steps of twenty seconds are ten minutes. */
const TASK = isLong
  ? { steps: 30, seconds: 20, limitMs: 60_000, wait: 45 }
  : { steps: 3, seconds: 1.5, limitMs: 2_500, wait: 1 };
const PARALLEL = isLong ? 50 : 6;
const CALLS = isLong ? { warmUp: 200, measured: 1_000 } : { warmUp: 200, measured: 200 };

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});
function newUser(): TestUser {
  const user = makeUser();
  cleanups.push(() => user.remove());
  return user;
}

/** An agent that waits in so many steps, then answers. */
function inSteps({ body }: RecordedRequest): ServerReply {
  const done = body.messages.filter(({ role }: { role: string }) => role === 'tool').length;
  if (done >= TASK.steps) return 'All steps are done.';
  return { calls: [{ name: 'run_shell', args: { command: `sleep ${TASK.seconds}; echo step ${done}` } }] };
}

describe('over time and in numbers', { timeout: isLong ? 1_200_000 : 90_000 }, () => {
  it('a long task comes through although no call may last as long', async () => {
    await using model = await startModelServer({ key: KEY, replies: inSteps });
    const user = newUser();
    const { client, close } = await connectStdio(user, openRouterEnv(model.origin));
    const limit = { timeout: TASK.limitMs };
    let calls = 1;
    const task = { task: 'wait', wait_seconds: TASK.wait, max_iterations: TASK.steps + 1 };
    let { json } = await call(client, 'execute_task', task, limit);
    for (; /running|queued/.test(json.status); calls += 1)
      ({ json } = await call(client, 'get_task', { task_id: json.task_id, wait_seconds: TASK.wait }, limit));
    expect([json.status, json.tool_call_count]).toEqual(['success', TASK.steps]);
    expect(calls).toBeGreaterThan(2);
    await close();
  });

  it.each(['the client', 'the server'] as const)(
    'a task outlives %s that is killed in the middle of its call',
    async (who) => {
      await using model = await startModelServer({
        key: KEY,
        replies: runThenTell('sleep 2; echo survived'),
      });
      const user = newUser();
      const server = startRaw(user, openRouterEnv(model.origin));
      server.send(initialize);
      await server.answer(1);
      server.send(toolCall(2, 'execute_task', { task: 'live on' }));
      while (model.chats.length === 0) await sleep(50);
      if (who === 'the server') server.child.kill('SIGKILL');
      else {
        server.child.stdin.destroy();
        server.child.stdout.destroy();
      }
      expect(await server.exited).toBe(who === 'the server' ? null : 0);
      expectOnlyProtocol(server.stdout());
      const { client, close } = await connectStdio(user);
      const [task] = (await call(client, 'list_tasks', {})).json.tasks;
      const { json } = await call(client, 'get_task', { task_id: task.task_id });
      expect([json.status, json.response.includes('survived')]).toEqual(['success', true]);
      await close();
    },
  );

  it('many tasks at once are all done, and never more at a time than allowed', async () => {
    await using model = await startModelServer({ key: KEY, replies: runThenTell('echo $$') });
    const user = newUser();
    const env = { ...openRouterEnv(model.origin), OPENSPACE_MCP_PARALLEL_TASKS: '3' };
    const { client, close } = await connectStdio(user, env);
    const started = await Promise.all(
      Array.from({ length: PARALLEL }, (_, n) =>
        call(client, 'execute_task', { task: `task ${n}`, wait_seconds: 0 }),
      ),
    );
    let most = 0;
    const statuses = async (): Promise<string[]> =>
      (await call(client, 'list_tasks', { limit: 50 })).json.tasks.map(
        ({ status }: { status: string }) => status,
      );
    for (let now = await statuses(); now.some((one) => /running|queued/.test(one)); now = await statuses()) {
      most = Math.max(most, now.filter((one) => one === 'running').length);
      await sleep(100);
    }
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(3);
    const answers = await Promise.all(
      started.map(async ({ json }) => (await call(client, 'get_task', { task_id: json.task_id })).json),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(PARALLEL).fill('success'));
    expect(new Set(answers.map(({ workspace_dir }) => workspace_dir)).size).toBe(PARALLEL);
    await close();
  });

  it.skipIf(process.platform !== 'linux')(
    'a thousand calls leave neither memory nor handles behind',
    async () => {
      const user = newUser();
      for (const name of ['pdf-merge', 'csv-report', 'web-scrape'])
        addSkill(user, name, `How to do a ${name}`);
      const { client, close, pid } = await connectStdio(user);
      const one = async (n: number) => {
        if (n % 4 === 0) await call(client, 'list_tasks', {});
        else if (n % 4 === 1) await call(client, 'get_task', { task_id: 'none' });
        else if (n % 4 === 2) await client.listResources();
        else await call(client, 'search_skills', { query: `merge pdf ${n}` });
      };
      const measure = async () => {
        let rssKb = Number.POSITIVE_INFINITY; // the least of a few looks: a collection may be due
        for (let look = 0; look < 5; look += 1) {
          rssKb = Math.min(
            rssKb,
            Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)?.[1]),
          );
          await sleep(100);
        }
        return { rssKb, handles: readdirSync(`/proc/${pid}/fd`).length };
      };
      for (let n = 0; n < CALLS.warmUp; n += 1) await one(n);
      const before = await measure();
      for (let n = 0; n < CALLS.measured; n += 1) await one(n);
      const after = await measure();
      expect(after.handles).toBe(before.handles);
      expect(after.rssKb / before.rssKb).toBeLessThan(1.1);
      await close();
    },
  );
});
