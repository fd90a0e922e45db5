// The server over stdio, with the official client: what a host sees, and what it finds again after it gave up.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { makeUser, type TestUser } from '../support/cli.ts';
import { startModelServer } from '../support/model-server.ts';
import { addSkill, call, connectStdio, KEY, openRouterEnv, runThenTell } from './support.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function newUser(): TestUser {
  const user = makeUser();
  cleanups.push(() => user.remove());
  return user;
}

async function connect(user: TestUser, env: Record<string, string> = {}, args: string[] = []) {
  const { client, close } = await connectStdio(user, env, { args });
  cleanups.push(close);
  return client;
}

const REPORTED =
  'Print working directory and then list the first 5 entries in the workspace. Return a short summary only.';

describe('the server over stdio', { timeout: 90_000 }, () => {
  it('lists the original’s four tools and ours, with plain schemas and honest annotations', async () => {
    const client = await connect(newUser());
    const { tools } = await client.listTools();
    expect(tools.map((tool) => tool.name)).toEqual([
      'execute_task',
      'search_skills',
      'fix_skill',
      'upload_skill',
      'get_task',
      'cancel_task',
      'list_tasks',
      'list_proposals',
      'decide_proposal',
    ]);
    expect(tools.every((tool) => tool.outputSchema === undefined && tool.annotations !== undefined)).toBe(
      true,
    );
    const search = tools.find((tool) => tool.name === 'search_skills');
    expect(search?.annotations?.readOnlyHint).toBe(true); // no hub is set up: nothing is fetched
    expect(JSON.stringify(tools)).not.toMatch(/anyOf|"null"|\$schema/);
    expect(client.getInstructions()).toContain('search_skills');
  });

  it('finds skills without a model and without loading a provider or the engine', async () => {
    const user = newUser();
    addSkill(user, 'pdf-merge', 'Merge PDF files and add page numbers');
    const loaded = join(user.home, 'loaded.txt');
    const hook = join(user.home, 'hook.mjs');
    writeFileSync(
      hook,
      `import { registerHooks } from 'node:module'; import { appendFileSync } from 'node:fs';
       registerHooks({ load: (url, context, next) => { appendFileSync(${JSON.stringify(loaded)}, url + '\\n'); return next(url, context); } });`,
    );
    const client = await connect(user, {}, ['--import', hook]);
    await client.listTools();
    const { json, isError } = await call(client, 'search_skills', {
      query: 'merge several pdf files',
      limit: null,
      wait_for_previous: true,
    });
    expect([isError, json.count, json.results[0].name]).toEqual([false, 1, 'pdf-merge']);
    expect(existsSync(json.results[0].path)).toBe(true);
    const modules = readFileSync(loaded, 'utf8');
    expect(modules).toContain('/serve/mcp/search-skills');
    expect(modules).not.toMatch(
      /@ai-sdk|@openrouter|node_modules\/ai\/|linkedom|engine\/openspace|agent\/wire/,
    );
  });

  it('does the task that a user reported, with the OpenRouter configuration', async () => {
    await using model = await startModelServer({ key: KEY, replies: runThenTell('pwd && ls | head -5') });
    const user = newUser();
    for (const name of ['a.txt', 'b.txt']) writeFileSync(join(user.project, name), '');
    const client = await connect(user, openRouterEnv(model.origin));
    const done = await call(client, 'execute_task', { task: REPORTED, workspace_dir: user.project });
    expect(done.json).toMatchObject({ status: 'success', workspace_dir: user.project, tool_call_count: 1 });
    expect(done.json.response).toContain(user.project);
    expect(done.json.response).toContain('a.txt');
    expect(done.json.tool_summary).toEqual([{ tool: 'run_shell', status: 'success', error: null }]);
    expect(Object.keys(done.json).slice(0, 3)).toEqual(['status', 'task_id', 'response']);
    expect(model.chats.every((request) => request.authorized)).toBe(true);
    expect(done.text).not.toContain(KEY);
  });

  it('answers "running" in time, and another client fetches the result later', async () => {
    const user = newUser();
    await using model = await startModelServer({ key: KEY, replies: runThenTell('sleep 3; echo opened') });
    const first = await connect(user, openRouterEnv(model.origin));
    const started = await call(first, 'execute_task', { task: 'take your time', wait_seconds: 0.2 });
    expect(started.json.status).toMatch(/running|queued/);
    expect(started.json.next_step).toContain(started.json.task_id);
    await first.close(); // the host gives up

    const second = await connect(user);
    const { json: list } = await call(second, 'list_tasks', {});
    expect(list.tasks.map((task: { task_id: string }) => task.task_id)).toEqual([started.json.task_id]);
    const { json } = await call(second, 'get_task', {
      task_id: started.json.task_id,
      wait_seconds: 25,
      events_from: 0,
    });
    expect(json).toMatchObject({ status: 'success' });
    expect(json.response).toContain('opened');
    expect(json.workspace_dir).toContain(started.json.task_id); // nobody named one: a fresh folder
    expect(json.events.join('\n')).toContain('run_shell');
  });

  it('stops a task whose call the client cancels, and cancel_task stops one that runs', async () => {
    const user = newUser();
    await using model = await startModelServer({ key: KEY, replies: runThenTell('sleep 60') });
    const client = await connect(user, openRouterEnv(model.origin));
    const abort = new AbortController();
    const cancelled = call(client, 'execute_task', { task: 'sleep' }, { signal: abort.signal });
    setTimeout(() => abort.abort(), 500);
    await expect(cancelled).rejects.toThrow();
    const { json: list } = await call(client, 'list_tasks', {});
    const [task] = list.tasks;
    const after = await call(client, 'get_task', { task_id: task.task_id, wait_seconds: 20 });
    expect(after.json.status).toBe('cancelled');
    const second = await call(client, 'execute_task', { task: 'sleep again', wait_seconds: 1 });
    const stopped = await call(client, 'cancel_task', { task_id: second.json.task_id });
    expect(stopped.json.status).toBe('cancelled');
  });

  it('says what is wrong and what to do', async () => {
    const user = newUser();
    const client = await connect(user);
    const cases = [
      ['execute_task', { task: 'x' }, 'config', 'OPENSPACE_MODEL'],
      ['execute_task', {}, 'usage', 'task'],
      ['get_task', { task_id: '../../etc' }, 'not-found', 'list_tasks'],
      ['upload_skill', { skill_dir: user.project }, 'not-found', 'SKILL.md'],
      ['fix_skill', { skill_dir: user.project, direction: ' ' }, 'usage', 'direction'],
    ] as const;
    for (const [name, args, code, part] of cases) {
      const { isError, json, text } = await call(client, name, args);
      expect([name, isError, json.code]).toEqual([name, true, code]);
      expect(text).toContain(part);
    }
    await expect(client.callTool({ name: 'nothing', arguments: {} })).rejects.toThrow('nothing');
  });
});
