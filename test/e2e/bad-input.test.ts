// Wrong use and a hostile world: one clear message with a hint, the right exit code, no stack trace, nothing lost.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type CliOptions, makeUser, runCli, type TestUser } from '../support/cli.ts';
import { fault, startModelServer } from '../support/model-server.ts';
import { describeWith } from '../support/needs.ts';

const users: TestUser[] = [];
const newUser = (files?: Record<string, string>) => {
  const user = makeUser(files);
  users.push(user);
  return user;
};
afterAll(() => {
  for (const user of users.splice(0)) user.remove();
});

const MODEL = {
  OPENSPACE_MODEL: 'openrouter/anthropic/claude-sonnet-4.5',
  OPENROUTER_API_KEY: 'sk-or-v1-0123456789abcdef',
};

interface Case {
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  readonly files?: Record<string, string>;
  readonly options?: CliOptions;
  readonly code: number;
  readonly says: readonly (string | RegExp)[];
}

const cases: Readonly<Record<string, Case>> = {
  'an unknown command': { args: ['rnus'], code: 2, says: ['no command "rnus"', 'openspace runs'] },
  'several words without quotes': {
    args: ['count', 'the', 'files'],
    code: 2,
    says: ['no command "count"', 'openspace run "count the files"'],
  },
  'an unknown flag': {
    args: ['run', 'a task', '--frobnicate'],
    code: 2,
    says: [/unknown option '--frobnicate'/i, '--help'],
  },
  'an unknown sub-command flag': {
    args: ['runs', 'list', '--jsn'],
    code: 2,
    says: [/unknown option '--jsn'/i, '--json'],
  },
  'a flag without its value': { args: ['run', 'a task', '--model'], code: 2, says: [/--model/, '--help'] },
  'no task': { args: ['run'], env: MODEL, code: 2, says: ['There is no task', 'openspace run "'] },
  'no model': {
    args: ['run', 'a task'],
    code: 2,
    says: ['No model is set up', 'OPENSPACE_MODEL=', 'openspace demo'],
  },
  'chat without a model': { args: [], code: 2, says: ['No model is set up'] },
  'an unknown provider': {
    args: ['run', 'a task', '--model', 'antropic/claude'],
    code: 2,
    says: ['"antropic" is no known model provider', 'Did you mean anthropic/claude'],
  },
  'a provider without a model': {
    args: ['run', 'a task', '--model', 'openai/'],
    code: 2,
    says: ['names a provider but no model'],
  },
  'iterations that are no number': {
    args: ['run', 'a task', '--max-iterations', 'many'],
    env: MODEL,
    code: 2,
    says: ['a whole number from 1'],
  },
  'a mode that does not exist': {
    args: ['run', 'a task', '--mode', 'yolo'],
    env: MODEL,
    code: 2,
    says: ['plan, ask, auto, unsafe'],
  },
  'settings that are no JSON': {
    args: ['run', 'a task'],
    env: MODEL,
    files: { '.openspace/config.json': '{ "model": ' },
    code: 2,
    says: ['config.json is not valid JSON', 'line 1'],
  },
  'settings that are a folder': {
    args: ['run', 'a task'],
    env: MODEL,
    files: { '.openspace/config.json/file': '' },
    code: 2,
    says: ['Could not read', 'config.json'],
  },
  'a settings file that is absent': {
    args: ['run', 'a task', '--config', 'nowhere.json'],
    env: MODEL,
    code: 2,
    says: ['nowhere.json is not there', '--config'],
  },
  'extra headers that are no JSON': {
    args: ['run', 'a task'],
    env: { ...MODEL, OPENSPACE_LLM_EXTRA_HEADERS: '{"authorization": sk-secret-secret' },
    code: 2,
    says: ['OPENSPACE_LLM_EXTRA_HEADERS', 'JSON object'],
  },
  'a base that is no URL': {
    args: ['run', 'a task'],
    env: { ...MODEL, OPENSPACE_LLM_API_BASE: 'openrouter' },
    code: 2,
    says: ['The base URL "openrouter" is not a URL', 'https://'],
  },
  'a key variable that is not set': {
    args: ['run', 'a task', '--api-key-env', 'NOWHERE'],
    env: MODEL,
    code: 2,
    says: ['NOWHERE (--api-key-env) is not set'],
  },
  'a key file that is absent': {
    args: ['run', 'a task', '--api-key-file', 'nowhere'],
    env: MODEL,
    code: 2,
    says: ['--api-key-file'],
  },
  'a workspace that is absent': {
    args: ['run', 'a task', '--workspace', 'nowhere'],
    env: MODEL,
    code: 2,
    says: ['nowhere', 'does not exist', 'mkdir -p'],
  },
  'a workspace that is a file': {
    args: ['run', 'a task', '--workspace', 'file'],
    env: MODEL,
    files: { 'project/file': '' },
    code: 2,
    says: ['is not a folder'],
  },
  'a run that is absent': {
    args: ['runs', 'show', 'run_x'],
    code: 1,
    says: ['no run "run_x"', 'openspace runs list'],
  },
  'a run id that leads elsewhere': {
    args: ['runs', 'show', '../../etc'],
    code: 2,
    says: ['is not a run id'],
  },
  'no runs yet': { args: ['runs', 'show'], code: 1, says: ['no runs yet'] },
  'a limit that is no number': { args: ['runs', 'list', '--limit', 'x'], code: 2, says: ['--limit x'] },
  'an unknown shell': { args: ['completion', 'tcsh'], code: 2, says: ['bash', 'zsh', 'fish'] },
  'trusting a folder that is absent': { args: ['config', 'trust', 'nowhere'], code: 2, says: ['nowhere'] },
};

describe('wrong use', () => {
  it.concurrent.each(Object.entries(cases))(
    '%s',
    async (_name, { args, env, files, options, code, says }) => {
      const user = newUser(files);
      const result = await runCli(user, args, { ...options, ...(env && { env }) });
      expect(result.stderr).toMatch(/^error: \S/m);
      for (const text of says) expect(result.stderr).toMatch(text);
      expect(result.stderr).not.toMatch(/^\s+at .*\.ts/m);
      expect(result.stderr).not.toContain('sk-secret');
      expect([result.code, result.stdout]).toEqual([code, '']);
    },
  );

  it('with --json the error is on stdout as an object too', async () => {
    const { stdout, code } = await runCli(newUser(), ['run', 'a task', '--json']);
    expect(JSON.parse(stdout)).toEqual({
      error: { code: 'config', message: 'No model is set up.', hint: expect.any(String) },
    });
    expect(code).toBe(2);
  });

  it('with --debug the stack is shown', async () => {
    expect((await runCli(newUser(), ['run', 'a task', '--debug'])).stderr).toMatch(/^\s+at .*routes\.ts/m);
  });
});

describe('a provider that fails', () => {
  it('ends in exit 1 with what it said, and the recording is there', async () => {
    await using server = await startModelServer({
      replies: () => fault.status(400, { error: { message: 'model is on holiday', code: 400 } }),
    });
    const user = newUser();
    const env = { ...MODEL, OPENSPACE_LLM_API_BASE: server.baseUrl };
    const { code, stderr } = await runCli(user, ['run', 'a task'], { env });
    expect([code, stderr.includes('model is on holiday')]).toEqual([1, true]);
    const runs = JSON.parse((await runCli(user, ['runs', 'list', '--json'])).stdout) as { status: string }[];
    expect(runs.map((run) => run.status)).toEqual(['error']);
  });
});

describe('Ctrl-C', () => {
  it('ends the run with exit 130, keeps what there is, and leaves no process behind', async () => {
    await using server = await startModelServer({
      replies: [
        { text: 'I wait.', calls: [{ name: 'run_shell', args: { command: 'sleep 4711 & sleep 4711' } }] },
      ],
    });
    const user = newUser();
    const env = { ...MODEL, OPENSPACE_LLM_API_BASE: server.baseUrl };
    const result = await runCli(user, ['run', 'a task', '--stream-json'], {
      env,
      signalOn: { text: 'tool-start', signal: 'SIGINT' },
    });
    expect(result.code).toBe(130);
    const show = JSON.parse((await runCli(user, ['runs', 'show', '--json'])).stdout) as { status: string };
    expect(show.status).toBe('cancelled');
    expect(spawnSync('pgrep', ['-f', 'sleep 4711']).stdout.toString()).toBe('');
  });
});

describeWith(['root'], 'a full disk while recording', () => {
  it('ends the run with a clear message, and what was recorded before stays readable', async () => {
    const user = newUser();
    const home = join(user.home, 'small');
    mkdirSync(home);
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', home]).status).toBe(0);
    try {
      writeFileSync(join(user.project, 'big.txt'), 'some words in a line\n'.repeat(10_000));
      await using server = await startModelServer({
        replies: (_request, turn) =>
          turn < 15
            ? { calls: [{ name: 'run_shell', args: { command: `echo ${turn}; head -c 200000 big.txt` } }] }
            : 'done',
      });
      const env = { ...MODEL, OPENSPACE_LLM_API_BASE: server.baseUrl, OPENSPACE_HOME: home };
      expect(
        (await runCli(user, ['run', 'nothing yet', '--max-iterations', '1'], { env })).stderr,
      ).not.toMatch(/disk/);
      const free = Number(
        spawnSync('df', ['--output=avail', '-k', home], { encoding: 'utf8' }).stdout.match(/\d+/)?.[0],
      );
      writeFileSync(join(home, 'ballast'), Buffer.alloc((free - 120) * 1024));
      const { code, stderr } = await runCli(user, ['run', 'a task'], { env });
      expect(code).toBe(1);
      expect(stderr).toMatch(/error: .*recording/);
      expect(stderr).toMatch(/disk is full/);
      const shown = JSON.parse((await runCli(user, ['runs', 'show', '--json'], { env })).stdout) as {
        status: string;
        events: { type: string }[];
      };
      expect(shown.status).toBe('error');
      expect(shown.events.filter((event) => event.type === 'tool-end').length).toBeGreaterThan(0);
    } finally {
      spawnSync('umount', [home]);
    }
  });

  it('a workspace that is not writable is refused before anything starts', async () => {
    const user = newUser();
    spawnSync('chmod', ['755', user.home]);
    const args = [
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      process.execPath,
      join(process.cwd(), 'bin/openspace.js'),
      'run',
      'a task',
    ];
    const env = {
      PATH: process.env.PATH ?? '',
      HOME: '/tmp',
      OPENSPACE_HOME: `/tmp/openspace-nobody-${process.pid}`,
      NO_COLOR: '1',
      ...MODEL,
    };
    const done = spawnSync('setpriv', args, { cwd: user.project, env, encoding: 'utf8' });
    expect([done.status, done.stderr]).toEqual([2, expect.stringContaining('is not writable')]);
  });
});
