// The command that a user reported, to the letter, against a server that answers like OpenRouter.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { bin, makeUser, runCli, type TestUser } from '../support/cli.ts';
import { type RecordedRequest, startModelServer } from '../support/model-server.ts';

const KEY = 'sk-or-v1-0123456789abcdef0123456789abcdef';
const users: TestUser[] = [];
const newUser = (files?: Record<string, string>) => {
  const user = makeUser(files);
  users.push(user);
  return user;
};
afterEach(() => {
  for (const user of users.splice(0)) user.remove();
});

/** Calls `pwd`, then answers with what it printed. */
const printDirectory = ({ body }: RecordedRequest) => {
  const messages = body.messages as { role: string; content: unknown }[];
  const result = messages.findLast((message) => message.role === 'tool');
  const text = JSON.stringify(result?.content ?? '');
  return result === undefined
    ? { calls: [{ name: 'run_shell', args: { command: 'pwd' } }] }
    : { text: `The working directory is ${text.match(/\/[^\s"\\]*project/)?.[0]}` };
};

const COMMAND = ['--query', 'Print working directory only.', '--no-ui', '--max-iterations', '4'];
const environment = (base: string) => ({
  OPENROUTER_API_KEY: KEY,
  OPENSPACE_MODEL: 'openrouter/anthropic/claude-sonnet-4.5',
  OPENSPACE_LLM_API_KEY: KEY,
  OPENSPACE_LLM_API_BASE: base,
});

describe('the reported command', () => {
  it('prints the directory and exits 0, with the key in every request', async () => {
    await using server = await startModelServer({ key: KEY, replies: printDirectory });
    const user = newUser();
    const { code, stdout, stderr } = await runCli(user, COMMAND, {
      env: environment(`${server.origin}/api/v1`),
    });
    expect([stderr.match(/error:.*/)?.[0], code]).toEqual([undefined, 0]);
    expect(stdout).toBe(`The working directory is ${user.project}\n`);
    expect(server.requests.length).toBe(2);
    expect(server.requests.every((request) => request.authorized)).toBe(true);
    expect(server.requests.map((request) => [request.path, request.body.model])).toEqual(
      Array(2).fill(['/api/v1/chat/completions', 'anthropic/claude-sonnet-4.5']),
    );
    expect(stderr + stdout).not.toContain(KEY);
  });

  it('explains a key that OpenRouter refuses, without showing it', async () => {
    await using server = await startModelServer({ key: KEY });
    const wrong = 'sk-or-v1-ffffffffffffffffffffffffffffffff';
    const env = { ...environment(`${server.origin}/api/v1`), OPENSPACE_LLM_API_KEY: wrong };
    const { code, stdout, stderr } = await runCli(newUser(), COMMAND, { env });
    expect(code).toBe(2);
    expect(stdout).toBe('');
    const parts = [
      'OpenRouter',
      server.origin,
      'OPENSPACE_LLM_API_KEY (process environment)',
      `${wrong.length} characters`,
      'sk-or-',
      'openspace doctor',
    ];
    for (const part of parts) expect(stderr).toContain(part);
    expect(stderr).not.toContain(wrong);
    expect(server.requests.length).toBe(1);
  });

  it('without a key is refused before anything is sent, and says which variables would supply one', async () => {
    await using server = await startModelServer({ key: KEY });
    const env = {
      OPENSPACE_MODEL: 'openrouter/anthropic/claude-sonnet-4.5',
      OPENSPACE_LLM_API_BASE: server.baseUrl,
    };
    const { code, stderr } = await runCli(newUser(), COMMAND, { env });
    expect(code).toBe(2);
    for (const part of ['OPENROUTER_API_KEY', 'OPENSPACE_LLM_API_KEY', 'nothing was sent'])
      expect(stderr).toContain(part);
    expect(server.requests.length).toBe(0);
  });

  it('--max-iterations means at most that many, whatever the settings say', async () => {
    await using server = await startModelServer({
      key: KEY,
      replies: (_request, turn) => ({ calls: [{ name: 'run_shell', args: { command: `echo ${turn}` } }] }),
    });
    const user = newUser({ '.openspace/config.json': '{ "max_iterations": 50 }' });
    const { code, stdout } = await runCli(user, [...COMMAND, '--json'], {
      env: environment(`${server.origin}/api/v1`),
    });
    expect(JSON.parse(stdout)).toMatchObject({ status: 'out-of-budget', turns: 4 });
    expect([code, server.chats.length]).toEqual([1, 4]);
  });

  it('prints one object with --json', async () => {
    await using server = await startModelServer({ key: KEY, replies: printDirectory });
    const user = newUser();
    const { stdout } = await runCli(user, [...COMMAND, '--json'], {
      env: environment(`${server.origin}/api/v1`),
    });
    expect(JSON.parse(stdout)).toEqual({
      run_id: expect.stringMatching(/^run_\d{8}T\d{6}_[0-9a-f]{8}$/),
      status: 'done',
      answer: `The working directory is ${user.project}`,
      turns: 2,
      usage: {
        input_tokens: expect.any(Number),
        output_tokens: expect.any(Number),
        cached_input_tokens: 0,
        cost_usd: null,
      },
      skills: [],
      workspace: user.project,
      learning: expect.any(String),
    });
  });

  it('leaves a recording without the key in it', async () => {
    await using server = await startModelServer({
      key: KEY,
      replies: [{ calls: [{ name: 'run_shell', args: { command: `echo ${KEY}` } }] }, `The key is ${KEY}`],
    });
    const user = newUser();
    const env = environment(`${server.origin}/api/v1`);
    await runCli(user, COMMAND, { env });
    const { stdout } = await runCli(user, ['runs', 'show', '--json'], { env });
    expect(stdout).toContain('tool-end');
    expect(stdout).not.toContain(KEY);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'done', task: 'Print working directory only.' });
  });
});

describe('the reported command elsewhere', () => {
  it.runIf(process.getuid?.() === 0)('works on a machine without a sandbox', async () => {
    await using server = await startModelServer({ key: KEY, replies: printDirectory });
    const user = newUser();
    const script =
      'for f in /usr/bin/bwrap /usr/local/bin/bwrap; do [ ! -e $f ] || mount --bind /dev/null $f; done; exec "$@"';
    const prefix = ['unshare', '--mount', 'sh', '-c', script, 'sh'];
    const env = environment(`${server.origin}/api/v1`);
    const { code, stdout, stderr } = await runCli(user, COMMAND, { env, prefix });
    expect([code, stdout]).toEqual([0, `The working directory is ${user.project}\n`]);
    expect(stderr).toContain('There is no sandbox');
    const { stdout: checks } = await runCli(user, ['doctor', '--offline', '--json'], { env, prefix });
    expect(checks).toMatch(/"name": "sandbox",\s+"status": "warn"/);
  });

  it.runIf(spawnSync('tmux', ['-V']).status === 0)('works on a terminal, without asking', async () => {
    await using server = await startModelServer({ key: KEY, replies: printDirectory });
    const user = newUser();
    const env = Object.entries({ ...environment(`${server.origin}/api/v1`), HOME: user.home }).map(
      ([name, value]) => `${name}='${value}'`,
    );
    const out = join(user.home, 'answer');
    const words = COMMAND.map((word) => `'${word}'`).join(' ');
    const tmux = (...args: string[]) =>
      spawnSync('tmux', ['-L', `openspace-reported-${process.pid}`, ...args]);
    tmux(
      'new-session',
      '-d',
      '-c',
      user.project,
      `env ${env.join(' ')} ${process.execPath} ${bin} ${words} >${out}; echo $? >${out}.code`,
    );
    while (!existsSync(`${out}.code`) || readFileSync(`${out}.code`, 'utf8') === '')
      await new Promise((resolve) => setTimeout(resolve, 100));
    tmux('kill-server');
    expect([readFileSync(out, 'utf8'), readFileSync(`${out}.code`, 'utf8')]).toEqual([
      `The working directory is ${user.project}\n`,
      '0\n',
    ]);
  });
});

describe('the doctor', () => {
  it('names a stale skill folder, and where the key comes from', async () => {
    await using server = await startModelServer({
      key: KEY,
      replies: [{ calls: [{ name: 'report_number', args: { number: 7 } }] }],
    });
    const env = { ...environment(`${server.origin}/api/v1`), OPENSPACE_HOST_SKILL_DIRS: '/gone/skills' };
    const { code, stdout } = await runCli(newUser(), ['doctor', '--json'], { env });
    const report = JSON.parse(stdout) as {
      works: boolean;
      checks: { name: string; status: string; detail: string }[];
    };
    expect([code, report.works]).toEqual([0, true]);
    const chat = report.checks.find((item) => item.name === 'model: chat');
    expect(chat).toMatchObject({
      status: 'ok',
      detail: expect.stringContaining('OPENSPACE_LLM_API_KEY (process environment)'),
    });
    expect(report.checks.find((item) => item.detail.startsWith('/gone/skills'))).toMatchObject({
      status: 'warn',
    });
    expect(stdout).not.toContain(KEY);
  });

  it('fails with a wrong key, and makes no call with --offline', async () => {
    await using server = await startModelServer({ key: KEY });
    const user = newUser();
    const env = {
      ...environment(`${server.origin}/api/v1`),
      OPENSPACE_LLM_API_KEY: 'sk-or-v1-wrong-key-0123456789',
    };
    expect((await runCli(user, ['doctor'], { env })).code).toBe(1);
    const before = server.requests.length;
    expect((await runCli(user, ['doctor', '--offline'], { env })).code).toBe(0);
    expect(server.requests.length).toBe(before);
  });
});
