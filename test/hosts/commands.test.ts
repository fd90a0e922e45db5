// `openspace connect` and `disconnect` as a user sees them: what is shown, asked, written and said about keys.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { build as buildConnect } from '../../src/cli/commands/connect.ts';
import { type CliOptions, makeUser, runCli, type TestUser } from '../support/cli.ts';

const KEY = 'sk-or-v1-0123456789abcdef0123456789abcdef';
const users: TestUser[] = [];
afterAll(() => {
  for (const user of users.splice(0)) user.remove();
});
function newUser(files: Record<string, string> = {}): TestUser {
  const user = makeUser(files);
  users.push(user);
  return user;
}
const json = async (user: TestUser, args: string[], options: CliOptions = {}) =>
  JSON.parse((await runCli(user, [...args, '--json'], options)).stdout);

describe.concurrent('connect and disconnect', { timeout: 60_000 }, () => {
  it('alone it lists the agents found here and their state', async () => {
    const user = newUser({
      '.codex/config.toml': '[mcp_servers.openspace]\ncommand = "mine"\n',
      '.cursor/mcp.json': '{ broken',
      '.hermes/config.yaml': 'model: x\n',
    });
    const { hosts } = await json(user, ['connect']);
    const states = Object.fromEntries(
      hosts.map((row: { host: string; state: string }) => [row.host, row.state]),
    );
    expect(states).toEqual({
      'claude-code': 'not-found',
      codex: 'foreign',
      openclaw: 'not-found',
      nanobot: 'not-found',
      hermes: 'not-connected',
      opencode: 'not-found',
      cursor: 'unreadable',
      'gemini-cli': 'not-found',
      vscode: 'not-found',
    });
    expect((await runCli(user, ['connect'])).stdout).toContain('cursor/mcp.json is left untouched');
  });

  it('writes nothing on a dry run, nor where nobody can be asked', async () => {
    const user = newUser({ '.codex/config.toml': 'model = "x"\n' });
    const dry = await runCli(user, ['connect', 'codex', '--dry-run']);
    expect([dry.code, dry.stdout]).toEqual([0, expect.stringContaining('+[mcp_servers.openspace]')]);
    const asked = await runCli(user, ['connect', 'codex']);
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('--yes')]);
    expect(readFileSync(join(user.home, '.codex/config.toml'), 'utf8')).toBe('model = "x"\n');
    expect(existsSync(join(user.home, '.codex/skills'))).toBe(false);
    expect(existsSync(user.dataHome)).toBe(false);
  });

  it('shows no key in the diff, keeps the key in the entry and says that it will be used', async () => {
    const env = `{"OPENSPACE_MODEL": "openrouter/a/b", "OPENROUTER_API_KEY": "${KEY}"}`;
    const content = `{"mcpServers": {\n  "openspace": {"command": "old", "env": ${env}},\n  "other": {"env": {"X_TOKEN": "plain-words"}}\n}}\n`;
    const user = newUser({ '.cursor/mcp.json': content });
    const done = await runCli(user, ['connect', 'cursor', '--yes']);
    expect([done.code, done.stderr]).toEqual([0, '']);
    expect(done.stdout).not.toContain(KEY);
    expect(done.stdout).not.toContain('plain-words');
    expect(done.stdout).toContain(
      'openrouter/a/b, key from OPENROUTER_API_KEY (the entry in Cursor’s settings)',
    );
    expect(done.stdout).toContain('search_skills answers');
    const { mcpServers } = JSON.parse(readFileSync(join(user.home, '.cursor/mcp.json'), 'utf8'));
    expect(mcpServers.openspace.env.OPENROUTER_API_KEY).toBe(KEY);
    expect(mcpServers.openspace.command).not.toBe('old');
    expect((await runCli(user, ['disconnect', 'cursor', '--yes'])).code).toBe(0);
    expect(readFileSync(join(user.home, '.cursor/mcp.json'), 'utf8')).toBe(content);
  });

  it.each([
    [
      'nanobot',
      '.nanobot/config.json',
      { providers: { openrouter: { apiKey: KEY } }, agents: { defaults: { model: 'openrouter/a/b' } } },
      'openrouter/a/b',
    ],
    [
      'openclaw',
      '.openclaw/openclaw.json',
      { env: { vars: { OPENROUTER_API_KEY: KEY } } },
      'openrouter/anthropic/claude-sonnet-4.5',
    ],
  ])('%s: its own model and key are picked up', async (host, file, settings, model) => {
    const user = newUser({ [file]: JSON.stringify(settings, null, 2) });
    const { credentials, self_test: test } = await json(user, ['connect', host, '--yes']);
    expect(credentials).toEqual({ model, key: expect.stringContaining(join(user.home, file)) });
    expect(test.works).toBe(true);
  });

  it('says when a key is in the shell but the agent does not pass it on', async () => {
    const user = newUser();
    const env = { OPENROUTER_API_KEY: KEY };
    const codex = await json(user, ['connect', 'codex', '--dry-run'], { env });
    expect(codex.credentials.problem).toContain('does not pass your OPENROUTER_API_KEY');
    expect(codex.credentials.hint).toContain('.openspace/config.json');
    const gemini = await json(user, ['connect', 'gemini', '--dry-run'], { env });
    expect(gemini.credentials.problem).toContain('Gemini CLI does not pass');
    const claude = await json(user, ['connect', 'claude', '--dry-run'], { env });
    expect(claude.credentials.key).toContain('OPENROUTER_API_KEY');
  });

  it('passes another data home on, and leaves approvals and skills alone if told so', async () => {
    const user = newUser();
    const env = { OPENSPACE_HOME: join(user.home, 'data') };
    await json(user, ['connect', 'codex', '--yes', '--ask', '--no-skills'], { env });
    const config = readFileSync(join(user.home, '.codex/config.toml'), 'utf8');
    expect(config).toContain(`env = { OPENSPACE_HOME = "${env.OPENSPACE_HOME}" }`);
    expect(config).not.toContain('approve');
    expect(existsSync(join(user.home, '.codex/skills'))).toBe(false);
  });

  it('a host skill that the user wrote or changed stays', async () => {
    const user = newUser({ '.hermes/skills/delegate-task/SKILL.md': 'my own' });
    const skill = (name: string) => join(user.home, '.hermes/skills', name, 'SKILL.md');
    const { skills } = await json(user, ['connect', 'hermes', '--yes']);
    expect(skills.map((row: { action: string }) => row.action)).toEqual(['kept', 'write']);
    mkdirSync(dirname(skill('skill-discovery')), { recursive: true });
    writeFileSync(skill('skill-discovery'), 'changed by the user');
    await json(user, ['disconnect', 'hermes', '--yes']);
    expect(readFileSync(skill('delegate-task'), 'utf8')).toBe('my own');
    expect(readFileSync(skill('skill-discovery'), 'utf8')).toBe('changed by the user');
  });

  it('asks first: a no writes nothing', async () => {
    const user = newUser();
    for (const answer of [false, true] as const) {
      const questions: string[] = [];
      const context = {
        stdout: () => undefined,
        stderr: () => undefined,
        stdin: process.stdin,
        isTerminal: true,
        canAsk: true,
        columns: 100,
        env: { PATH: process.env.PATH, HOME: user.home },
        cwd: user.project,
        userHome: user.home,
        signal: new AbortController().signal,
        exitCode: 0,
        loadConfig: () => Promise.reject(new Error('not needed')),
        ask: async ({ action }: { action: string }) => {
          questions.push(action);
          return answer;
        },
      };
      await buildConnect(context).parseAsync(['codex'], { from: 'user' });
      expect(questions).toEqual(['Write these changes?']);
      expect([context.exitCode, existsSync(join(user.home, '.codex/config.toml'))]).toEqual(
        answer ? [0, true] : [1, false],
      );
    }
  });

  it('fails if the server does not work, and says how to take it back', async () => {
    const user = newUser({
      '.openspace/openspace.db': 'this is no database, and long enough to be read as one',
    });
    const done = await runCli(user, ['connect', 'codex', '--yes']);
    expect([done.code, done.stdout]).toEqual([
      1,
      expect.stringMatching(/search_skills failed[\s\S]*disconnect codex/),
    ]);
  });

  it('the host skills are for the host: our own agent does not find them', async () => {
    const user = newUser({
      '.hermes/skills/csv-sum/SKILL.md': '---\nname: csv-sum\ndescription: Sums CSV columns\n---\nAdd.\n',
    });
    await json(user, ['connect', 'hermes', '--yes']);
    expect(existsSync(join(user.home, '.hermes/skills/delegate-task/SKILL.md'))).toBe(true);
    const { stdout } = await runCli(user, ['skills', 'list']);
    expect(stdout).toContain('csv-sum');
    expect(stdout).not.toMatch(/delegate-task|skill-discovery/);
  });

  it('refuses hosts that it does not know, and taking back what it did not write', async () => {
    const user = newUser({ '.cursor/mcp.json': '{"mcpServers": {"openspace": {"command": "mine"}}}' });
    const unknown = await runCli(user, ['connect', 'curser']);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('cursor')]);
    const mine = await runCli(user, ['disconnect', 'cursor', '--yes']);
    expect([mine.code, mine.stderr]).toEqual([1, expect.stringContaining('nothing to take back')]);
    expect(readFileSync(join(user.home, '.cursor/mcp.json'), 'utf8')).toContain('mine');
  });
});
