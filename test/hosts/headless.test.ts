// Real agents after `openspace connect`, against scripted models: each finds our tools and calls them.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { KEY, runThenTell } from '../mcp-server/support.ts';
import { runCli, type TestUser } from '../support/cli.ts';
import { type RecordedRequest, type ServerReply, startModelServer } from '../support/model-server.ts';
import { describeWith } from '../support/needs.ts';
import { type ResponsesBody, type ResponsesCall, startResponsesServer } from './responses-server.ts';
import { connectHost, installHosts, makeHostUser, OPENCODE_OFFLINE, programOf, runHost } from './support.ts';

const PROMPT = 'Look for a skill about merging PDF files, then have OpenSpace list this folder.';
const SEARCH = { query: 'merge pdf files', source: 'local' };
const taskIn = (user: TestUser) => ({ task: 'Print the working directory.', workspace_dir: user.project });

describeWith(['registry'], 'agents without a person', () => {
  const folder = mkdtempSync(join(tmpdir(), 'openspace-hosts-'));
  const users: TestUser[] = [];
  beforeAll(() => installHosts(folder, ['codex', 'opencode']), 240_000);
  afterAll(() => {
    for (const user of users) user.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  const newUser = (origin: string) => {
    const user = makeHostUser(origin);
    users.push(user);
    return user;
  };

  it('codex finds and calls search_skills and execute_task', { timeout: 120_000 }, async () => {
    await using worker = await startModelServer({ key: KEY, replies: runThenTell('pwd') });
    const user = newUser(worker.origin);
    await using model = await startResponsesServer((body) => codexReply(body, user));
    const config = join(user.home, '.codex', 'config.toml');
    const settings = `# mine
model = "mock-model"
model_provider = "mock"
approval_policy = "never"
sandbox_mode = "read-only"
check_for_update_on_startup = false

[model_providers.mock]
name = "Mock"
base_url = "${model.origin}/v1"
env_key = "MOCK_KEY"
wire_api = "responses"
`;
    mkdirSync(join(user.home, '.codex'));
    writeFileSync(config, settings);
    const told = await connectHost(user, 'codex', { OPENROUTER_API_KEY: 'not-passed-on-by-codex' });
    expect(told.credentials.key).toContain('.openspace/config.json');

    const done = await runHost(user, programOf(folder, 'codex'), ['exec', '--skip-git-repo-check', PROMPT], {
      MOCK_KEY: 'k',
    });
    expect([done.code, done.stdout.trim()]).toEqual([0, 'All done.']);
    const first = JSON.stringify(model.bodies[0]);
    expect(first.includes('skill-discovery/SKILL.md')).toBe(true); // the host skill reached its prompt
    const last = model.bodies.at(-1);
    expect(outputOf(last, 'search_skills')).toContain('pdf-merge');
    expect(outputOf(last, 'execute_task')).toContain('success');
    expect(outputOf(last, 'execute_task')).toContain(user.project);

    expect((await runCli(user, ['disconnect', 'codex', '--yes'])).code).toBe(0);
    expect(readFileSync(config, 'utf8').startsWith(settings)).toBe(true); // codex adds what it is told to trust
    expect(readFileSync(config, 'utf8')).not.toContain('openspace');
  });

  it('opencode finds and calls search_skills and execute_task', { timeout: 120_000 }, async () => {
    await using worker = await startModelServer({ key: KEY, replies: runThenTell('pwd') });
    const user = newUser(worker.origin);
    await using model = await startModelServer({ replies: (request) => opencodeReply(request, user) });
    const provider = {
      npm: '@ai-sdk/openai-compatible',
      options: { baseURL: model.baseUrl, apiKey: 'k' },
      models: { 'mock-model': { tool_call: true, limit: { context: 200_000, output: 8_000 } } },
    };
    const config = join(user.home, '.config', 'opencode', 'opencode.json');
    const $schema = 'https://opencode.ai/config.json'; // opencode adds it where it is missing
    const settings = JSON.stringify(
      { $schema, provider: { mock: provider }, enabled_providers: ['mock'] },
      null,
      2,
    );
    mkdirSync(join(user.home, '.config', 'opencode'), { recursive: true });
    writeFileSync(config, settings);
    await connectHost(user, 'opencode');

    const args = ['run', '-m', 'mock/mock-model', PROMPT];
    const done = await runHost(user, programOf(folder, 'opencode'), args, OPENCODE_OFFLINE);
    expect([done.code, done.stdout]).toEqual([0, expect.stringContaining('All done.')]);
    const last = model.chats.findLast((request) => request.body.tools?.length > 0);
    const names = last?.body.tools.map((tool: { function: { name: string } }) => tool.function.name);
    expect(names).toEqual(expect.arrayContaining(['openspace_search_skills', 'openspace_execute_task']));
    const results = last?.body.messages.filter((message: { role: string }) => message.role === 'tool');
    const [search, task] = results.map((message: { content: unknown }) => JSON.stringify(message.content));
    expect(search).toContain('pdf-merge');
    expect(task).toContain('success');
    expect(task).toContain(user.project);

    expect((await runCli(user, ['disconnect', 'opencode', '--yes'])).code).toBe(0);
    expect(readFileSync(config, 'utf8')).toBe(settings);
  });
});

/** Codex does not wait for a server that starts slowly: the tools may come with a later request. */
async function codexReply(body: ResponsesBody, user: TestUser): Promise<string | ResponsesCall> {
  if (!JSON.stringify(body.tools).includes('"search_skills"')) {
    await sleep(500);
    return body.input.length > 60 ? 'No tools.' : { name: 'exec_command', args: { cmd: 'true' } };
  }
  const namespace = 'mcp__openspace';
  if (outputOf(body, 'search_skills') === '') return { namespace, name: 'search_skills', args: SEARCH };
  if (outputOf(body, 'execute_task') === '') return { namespace, name: 'execute_task', args: taskIn(user) };
  return 'All done.';
}

/** What the tool of this name answered, as it reached the model. */
function outputOf(body: ResponsesBody | undefined, name: string): string {
  const items = body?.input ?? [];
  const call = items.find((item) => item.type === 'function_call' && item.name === name);
  const output = items.find((item) => item.type === 'function_call_output' && item.call_id === call?.call_id);
  return call === undefined || output === undefined ? '' : JSON.stringify(output.output);
}

/** The title is asked for without tools; then one call after the other. */
function opencodeReply({ body }: RecordedRequest, user: TestUser): ServerReply {
  if (!(body.tools?.length > 0)) return 'A title';
  const done = body.messages.filter((message: { role: string }) => message.role === 'tool').length;
  if (done === 0) return { calls: [{ name: 'openspace_search_skills', args: SEARCH }] };
  return done === 1 ? { calls: [{ name: 'openspace_execute_task', args: taskIn(user) }] } : 'All done.';
}
