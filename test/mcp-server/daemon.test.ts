// `openspace daemon`: started, found by stdio servers, shared by two clients, recovered after it was killed.
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { makeUser, runCli, type TestUser } from '../support/cli.ts';
import { startModelServer } from '../support/model-server.ts';
import { addSkill, call, connectStdio, KEY, openRouterEnv, runThenTell } from './support.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function setUp(env: Record<string, string> = {}) {
  const user = makeUser();
  const daemon = (...args: string[]) => runCli(user, ['daemon', ...args], { env, cwd: user.home });
  const status = async () => JSON.parse((await daemon('status', '--json')).stdout);
  cleanups.push(
    () => user.remove(),
    () => daemon('stop'),
  );
  return { user, daemon, status };
}

const processesOfTasks = (user: TestUser, taskId: string) =>
  JSON.parse(readFileSync(join(user.dataHome, 'mcp', 'tasks', taskId, 'request.json'), 'utf8')).server_pid;

describe('the daemon', { timeout: 90_000 }, () => {
  it('serves two stdio servers as one: what one begins, the other waits for', async () => {
    await using model = await startModelServer({ key: KEY, replies: runThenTell('sleep 1; echo shared') });
    const env = openRouterEnv(model.origin);
    const { user, daemon, status } = setUp(env);
    addSkill(user, 'pdf-merge', 'Merge PDF files and add page numbers');
    expect(await status()).toEqual({ running: false });
    expect((await daemon('start', '--port', '0')).code).toBe(0);
    expect((await daemon('start')).stdout).toContain('runs already');
    const { pid } = await status();

    const first = await connectStdio(user, env, { name: 'first' });
    const second = await connectStdio(user, env, { name: 'second' });
    const found = await call(first.client, 'search_skills', { query: 'merge pdf' });
    expect(found.json.count).toBe(1);
    const { json } = await call(first.client, 'execute_task', { task: 'say it', wait_seconds: 0 });
    expect(processesOfTasks(user, json.task_id)).toBe(pid); // the daemon holds it, not the stdio server
    const done = await call(second.client, 'get_task', { task_id: json.task_id });
    expect(done.json.response).toContain('shared');

    // 300 calls at once: more than a burst of one address, and each is answered.
    const many = await Promise.all(
      Array.from({ length: 300 }, (_, n) => call(n % 2 ? first.client : second.client, 'list_tasks', {})),
    );
    expect(many.every(({ json: list }) => list.count === 1)).toBe(true);
    await first.close();
    await second.close();
    expect((await daemon('stop')).stdout).toContain('has stopped');
    expect(await status()).toEqual({ running: false });
  });

  it('is not used by a host that brings other settings', async () => {
    const { user, daemon, status } = setUp();
    await daemon('start', '--port', '0');
    const { pid } = await status();
    await using model = await startModelServer({ key: KEY, replies: runThenTell('echo own') });
    const { client, close, pid: own } = await connectStdio(user, openRouterEnv(model.origin));
    const { json } = await call(client, 'execute_task', { task: 'say it', wait_seconds: 0 });
    expect(processesOfTasks(user, json.task_id)).toBe(own);
    expect(own).not.toBe(pid);
    await call(client, 'get_task', { task_id: json.task_id });
    await close();
  });

  it('counts for nothing once it is killed: servers work by themselves, and a new one starts', async () => {
    const { user, daemon, status } = setUp();
    await daemon('start', '--port', '0');
    const { pid } = await status();
    process.kill(pid, 'SIGKILL');
    while ((await status()).running) await sleep(50);
    const { client, close } = await connectStdio(user);
    expect((await call(client, 'list_tasks', {})).json.count).toBe(0);
    await close();
    expect((await daemon('start', '--port', '0')).code).toBe(0);
    expect((await status()).pid).not.toBe(pid);
  });

  it('says why it does not start', async () => {
    const { daemon } = setUp();
    expect((await daemon('start', '--port', 'x')).code).toBe(2);
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const { port } = other.address() as AddressInfo;
    expect((await daemon('start', '--port', String(port))).stderr).toContain(`${port} is in use`);
    other.close();
  });

  it('works learning’s queue off', async () => {
    const analysis = {
      ...{ task_done: true, note: 'It went well.', failure_cause: 'none', evidence: [], skills: [] },
      ...{ tool_problems: [], suggestions: [] },
    };
    await using model = await startModelServer({
      key: KEY,
      replies: (request) =>
        JSON.stringify(request.body).includes('You read the recording')
          ? JSON.stringify(analysis)
          : runThenTell('echo done')(request),
    });
    const env = { ...openRouterEnv(model.origin), OPENSPACE_LEARNING_WORKER: '1' };
    const { user, daemon } = setUp(env);
    await runCli(user, ['run', 'say done'], { env: openRouterEnv(model.origin) }); // noted, and left there
    const learnt = async () =>
      JSON.parse((await runCli(user, ['learn', 'status', '--json'], { env })).stdout).done;
    expect(await learnt()).toBe(0);
    await daemon('start', '--port', '0');
    while ((await learnt()) === 0) await sleep(100);
  });
});
