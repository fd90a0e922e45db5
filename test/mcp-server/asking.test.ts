// A task in mode `ask` puts its questions to the person at the client, and who called is counted for the doctor.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { makeUser, runCli } from '../support/cli.ts';
import { startModelServer } from '../support/model-server.ts';
import { call, connectStdio, KEY, openRouterEnv, runThenTell } from './support.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** A client whose person gives this answer; undefined: it can't ask. */
async function setUp(answer: string | undefined) {
  const user = makeUser();
  const model = await startModelServer({ key: KEY, replies: runThenTell('touch made.txt') });
  const env = { ...openRouterEnv(model.origin), OPENSPACE_MODE: 'ask' };
  const { client, close } = await connectStdio(user, env, {
    name: 'asked-host',
    client: answer === undefined ? {} : { capabilities: { elicitation: {} } },
  });
  const questions: string[] = [];
  if (answer !== undefined)
    client.setRequestHandler('elicitation/create', ({ params }) => {
      questions.push(params.message);
      return { action: 'accept', content: { answer } };
    });
  cleanups.push(
    () => user.remove(),
    () => model.close(),
    close,
  );
  const args = { task: 'make a file', workspace_dir: user.project };
  const { json } = await call(client, 'execute_task', args);
  return { user, client, json, questions, isMade: existsSync(join(user.project, 'made.txt')) };
}

describe('a task in mode ask', { timeout: 60_000 }, () => {
  it('does what the person at the client allows', async () => {
    const { json, questions, isMade } = await setUp('yes');
    expect([json.status, isMade]).toEqual(['success', true]);
    expect(questions.join()).toContain('made.txt');
  });

  it('leaves what the person refuses', async () => {
    const { questions, isMade } = await setUp('no');
    expect([questions.length > 0, isMade]).toEqual([true, false]);
  });

  it('refuses what is risky where nobody can be asked', async () => {
    const { isMade } = await setUp(undefined);
    expect(isMade).toBe(false);
  });
});

it('doctor shows which host called what, and why one may not be calling', { timeout: 60_000 }, async () => {
  const user = makeUser();
  cleanups.push(() => user.remove());
  const busy = await connectStdio(user, {}, { name: 'busy-host' });
  await busy.client.listTools();
  for (let n = 0; n < 3; n += 1) await call(busy.client, 'search_skills', { query: 'x' });
  await busy.close();
  const silent = await connectStdio(user, {}, { name: 'codex-mcp-client' });
  await silent.client.listTools();
  await silent.close();
  const failing = await connectStdio(user, {}, { name: 'failing-host' });
  await call(failing.client, 'get_task', { task_id: 'none' });
  await failing.close();
  const { stdout } = await runCli(user, ['doctor', '--offline', '--json']);
  const hosts = JSON.parse(stdout).checks.filter(({ name }: { name: string }) => name === 'host');
  const of = (host: string) => hosts.find(({ detail }: { detail: string }) => detail.startsWith(host));
  expect(of('busy-host')).toMatchObject({ status: 'ok', detail: expect.stringContaining('search_skills 3') });
  expect(of('codex')).toMatchObject({
    ...{ status: 'warn', detail: expect.stringContaining('never called') },
    hint: expect.stringMatching(/host-skills[\s\S]*default_tools_approval_mode/),
  });
  expect(of('failing-host')).toMatchObject({ status: 'warn', hint: expect.stringContaining('not-found') });
});
