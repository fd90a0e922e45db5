// What connect wrote, loaded by more hosts' own programs. Their packages are large: only in the long run.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestUser } from '../support/cli.ts';
import { type RecordedRequest, type ServerReply, startModelServer } from '../support/model-server.ts';
import { describeWith, longRun } from '../support/needs.ts';
import { connectHost, installHosts, makeHostUser, programOf, runHost, type VERSIONS } from './support.ts';

const PROMPT = 'Look for a skill about merging PDF files.';

function body() {
  const folder = mkdtempSync(join(tmpdir(), 'openspace-hosts-'));
  const users: TestUser[] = [];
  beforeAll(() => installHosts(folder, ['claude-code', 'gemini-cli', 'openclaw']), 400_000);
  afterAll(() => {
    for (const user of users) user.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  const connected = async (host: keyof typeof VERSIONS, files: Record<string, string> = {}) => {
    const user = makeHostUser();
    users.push(user);
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(user.home, name)), { recursive: true });
      writeFileSync(join(user.home, name), content);
    }
    await connectHost(user, host);
    const run = (args: readonly string[], env: Record<string, string> = {}) =>
      runHost(user, programOf(folder, host), args, env);
    return { user, run };
  };

  it('Claude Code lists the server as connected, and calls it without asking', async () => {
    const { run } = await connected('claude-code');
    const list = await run(['mcp', 'list']);
    expect([list.code, list.stdout]).toEqual([0, expect.stringMatching(/openspace: .*Connected/)]);

    await using model = await startModelServer({ replies: searchOnce('mcp__openspace__search_skills') });
    const env = {
      ANTHROPIC_BASE_URL: model.origin,
      ANTHROPIC_API_KEY: 'sk-ant-0123456789abcdef',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
      ENABLE_TOOL_SEARCH: 'false', // else the model is only told the tools' names
    };
    const done = await run(['-p', PROMPT], env);
    expect([done.code, done.stdout]).toEqual([0, expect.stringContaining('done.')]); // the last piece of it
    expect(JSON.stringify(model.chats.map((chat) => chat.body.messages))).toContain('pdf-merge');
  });

  it('Gemini CLI lists the server as connected, and calls it without asking', async () => {
    const { run } = await connected('gemini-cli', {
      '.gemini/settings.json': `// mine\n{"security": {"auth": {"selectedType": "gemini-api-key"}}, "general": {"enableAutoUpdate": false}}\n`,
    });
    const env = { GEMINI_API_KEY: 'k', GEMINI_CLI_TRUST_WORKSPACE: 'true' };
    const list = await run(['mcp', 'list'], env);
    expect([list.code, list.stdout + list.stderr]).toEqual([
      0,
      expect.stringMatching(/openspace: .*Connected/),
    ]);

    await using model = await startModelServer({ replies: searchOnce('mcp_openspace_search_skills') });
    const done = await run(['--skip-trust', '-m', 'gemini-2.5-pro', '-p', PROMPT], {
      ...env,
      GOOGLE_GEMINI_BASE_URL: model.origin,
    });
    expect([done.code, done.stdout.trim()]).toEqual([0, 'All done.']);
    expect(JSON.stringify(model.chats.map((chat) => chat.body.contents))).toContain('pdf-merge');
  });

  it('OpenClaw finds the server and its tools, and calls them', { timeout: 400_000 }, async () => {
    await using model = await startModelServer({ replies: searchOnce('openspace__search_skills') });
    const provider = {
      baseUrl: model.baseUrl,
      apiKey: 'k',
      api: 'openai-completions',
      models: [{ id: 'mock-model', name: 'mock' }],
    };
    const settings = {
      models: { providers: { mock: provider } },
      agents: { defaults: { skipBootstrap: true, model: { primary: 'mock/mock-model' } } },
      tools: { toolSearch: false }, // else the model is only told of a search for tools
    };
    const file = '.openclaw/openclaw.json';
    const { user, run } = await connected('openclaw', {
      [file]: `// mine\n${JSON.stringify(settings, null, 2)}\n`,
    });
    const env = { OPENCLAW_OFFLINE: '1' };
    const probe = await run(['mcp', 'probe', 'openspace', '--json'], env);
    expect([probe.code, probe.stdout]).toEqual([0, expect.stringContaining('search_skills')]);

    const folders = ['--config', join(user.home, file), '--state-dir', join(user.home, '.openclaw')];
    const how = ['--model', 'mock/mock-model', '--cwd', user.project, '--code-mode', 'direct', '--json'];
    const done = await run(['agent', 'exec', ...folders, ...how, PROMPT], env);
    expect([done.code, done.stdout]).toEqual([0, expect.stringContaining('"final": "All done."')]);
    expect(JSON.stringify(model.chats.map((chat) => chat.body.messages))).toContain('pdf-merge');
  });
}

/** Calls the tool, if it is offered and has not answered yet. */
function searchOnce(name: string) {
  return ({ body }: RecordedRequest): ServerReply => {
    const isOffered = JSON.stringify(body.tools ?? []).includes(`"${name}"`);
    if (!isOffered) return 'No tools here.';
    const called = JSON.stringify(body.messages ?? body.contents).includes('pdf-merge');
    return called ? 'All done.' : { calls: [{ name, args: { query: 'merge pdf files', source: 'local' } }] };
  };
}

if (longRun) describeWith(['registry'], 'more agents', body);
else {
  process.stderr.write('SKIPPED "more agents": npm run test:long\n');
  describe.skip('more agents', body);
}
