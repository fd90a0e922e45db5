// The real command: on an empty home, while three other processes write, and with tasks in processes of their own.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ensureToken } from '../../src/serve/index.ts';
import { bin, makeUser, runCli, type TestUser } from '../support/cli.ts';
import { startModelServer } from '../support/model-server.ts';
import { eventsOf } from './support.ts';

const users: TestUser[] = [];
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null) continue;
    child.kill('SIGTERM');
    await new Promise((done) => child.once('exit', done));
  }
  for (const user of users.splice(0)) user.remove();
});

function newUser(): TestUser {
  const user = makeUser();
  users.push(user);
  return user;
}

const Addresses = z.object({ url: z.string(), open: z.string() });

/** `openspace dashboard --json`, and a client with its token. */
async function start(user: TestUser, env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [bin, 'dashboard', '--json', '--port', '0'], {
    cwd: user.project,
    env: { PATH: process.env.PATH ?? '', HOME: user.home, OPENSPACE_LEARNING_WORKER: '0', ...env },
  });
  children.push(child);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const addresses = await new Promise<z.infer<typeof Addresses>>((done, fail) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\n')) done(Addresses.parse(JSON.parse(text)));
    });
    child.once('exit', (code) => fail(new Error(`it ended with ${code}: ${stderr}`)));
  });
  const authorization = `Bearer ${ensureToken(user.dataHome)}`;
  const fetchIt = (path: string, init: RequestInit = {}) =>
    fetch(`${addresses.url}${path}`, {
      ...init,
      headers: { authorization, 'content-type': 'application/json' },
    });
  const get = async (path: string) => {
    const response = await fetchIt(path);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return z.looseObject({}).parse(await response.json());
  };
  const post = async (path: string, body: object) =>
    z
      .looseObject({})
      .parse(await (await fetchIt(path, { method: 'POST', body: JSON.stringify(body) })).json());
  return { child, addresses, get, post, fetchIt, stderr: () => stderr };
}

describe('openspace dashboard', () => {
  it('opens on an empty home, signs a browser in, and ends with a signal', async () => {
    const { addresses, child, get } = await start(newUser());
    expect(await get('/api/v2/overview')).toMatchObject({ skills: { all: 0 } });
    const opened = await fetch(addresses.open, { redirect: 'manual' });
    expect(opened.status).toBe(303);
    const cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect((await fetch(`${addresses.url}/api/v2/about`, { headers: { cookie } })).status).toBe(200);
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGINT');
    await ended;
  });

  it('opens on a database that three other processes are writing, and sees what they write', async () => {
    const user = newUser();
    const writer = async (name: string) => {
      for (let n = 0; n < 4; n += 1) {
        const result = await runCli(
          user,
          ['skills', 'new', `${name}-${n}`, '-d', 'Made by another process.'],
          { timeoutMs: 50_000 },
        );
        if (result.code !== 0) throw new Error(result.stderr);
      }
    };
    const writing = Promise.all(['first', 'second', 'third'].map(writer));
    const { get, fetchIt, stderr } = await start(user);
    const events = eventsOf(await fetchIt('/api/v2/events'));
    await events.next();
    let isOver = false;
    const over = writing.finally(() => {
      isOver = true;
    });
    let asked = 0;
    while (!isOver) {
      for (const path of ['/api/v2/overview', '/api/v2/skills?state=all', '/api/v2/runs', '/api/v1/skills'])
        await get(path);
      asked += 1;
    }
    await over;
    expect(asked).toBeGreaterThan(0);
    await expect.poll(async () => (await get('/api/v2/skills')).total, { timeout: 10_000 }).toBe(12);
    expect((await events.next()).value?.data.type).toBeDefined();
    await events.return(undefined);
    expect(stderr()).not.toMatch(/locked|busy|Error/);
  });

  it('takes in a skill folder that somebody puts there', async () => {
    const user = newUser();
    const folder = join(user.dataHome, 'skills', 'by-hand');
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, 'SKILL.md'),
      '---\nname: by-hand\ndescription: Put there by hand.\n---\n\n# by-hand\n\nDo it.\n',
    );
    const { get } = await start(user);
    await expect.poll(async () => (await get('/api/v2/skills')).total, { timeout: 10_000 }).toBe(1);
  });

  it('starts a task in a process of its own, shows it live and cancels it', async () => {
    const user = newUser();
    await using server = await startModelServer({
      key: 'sk-test',
      replies: () => ({ calls: [{ name: 'run_shell', args: { command: 'sleep 0.2; date' } }] }),
    });
    const { get, post, fetchIt } = await start(user, {
      ...{ OPENSPACE_MODEL: 'openai/gpt-test', OPENSPACE_LLM_API_KEY: 'sk-test', OPENSPACE_MODE: 'unsafe' },
      OPENSPACE_LLM_API_BASE: server.baseUrl,
    });
    const { run_id: id } = await post('/api/v2/runs', { task: 'Say what time it is, again and again.' });
    expect(await get(`/api/v2/runs/${id}`)).toMatchObject({ status: 'running', can_cancel: true });
    const seen: unknown[] = [];
    for await (const { data } of eventsOf(await fetchIt(`/api/v2/runs/${id}/events`))) {
      seen.push(data.type);
      if (seen.filter((type) => type === 'tool-end').length === 2 && !seen.includes('asked')) {
        seen.push('asked');
        expect(await post(`/api/v2/runs/${id}/cancel`, {})).toMatchObject({ state: 'asked' });
      }
    }
    expect(seen.at(-1)).toBe('run-end');
    expect(await get(`/api/v2/runs/${id}`)).toMatchObject({ status: 'cancelled', can_cancel: false });
  });

  it('says so when the port is in use', async () => {
    const user = newUser();
    const { addresses } = await start(user);
    const { port } = new URL(addresses.url);
    const second = await runCli(user, ['dashboard', '--no-open', '--port', port]);
    expect(second.code).toBe(2);
    expect(second.stderr).toContain('is in use');
  });
});
