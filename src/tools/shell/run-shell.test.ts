import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { call, temporaryFolder, textOf, toolContext } from '../../../test/support/tool-context.ts';
import type { ShellOptions } from './command.ts';
import { asksForInput } from './prompts.ts';
import { shellTools } from './run-shell.ts';

const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' };

function openShell(options: Partial<ShellOptions> = {}) {
  const workspace = temporaryFolder();
  const shell = shellTools({ env, ...options });
  onTestFinished(() => shell.close());
  const tool = (name: string) => shell.tools.find((one) => one.name === name)!;
  const context = toolContext(workspace);
  return {
    workspace,
    context,
    close: () => shell.close(),
    run: (command: string, more: Record<string, unknown> = {}) =>
      tool('run_shell').run({ command, ...more }, context),
    output: (args: Record<string, unknown>, expected: 'ok' | 'error' = 'ok') =>
      call(tool('shell_output'), args, context, expected),
    kill: (args: Record<string, unknown>, expected: 'ok' | 'error' = 'ok') =>
      call(tool('shell_kill'), args, context, expected),
  };
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries += 1) {
    if (tries > 400) throw new Error('it never came true');
    await sleep(25);
  }
}
const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
};
const pidIn = (file: string) => Number(readFileSync(file, 'utf8'));

describe('run_shell', () => {
  it.each([
    ['prints what the command prints', 'echo hello', false, 'hello'],
    ['shows stderr apart', 'echo out; echo err >&2', false, 'out\n[stderr]\nerr'],
    ['says that there was no output', 'true', false, '(no output)'],
    ['tells the exit code', 'echo before; exit 3', true, /^before\n\[exit code 3, [\d.]+ s\]$/],
    ['keeps the exit code of the last command', 'set -e; false; echo never', true, /^\[exit code 1/],
    ['gives an empty input', 'cat; echo end', false, 'end'],
    ['accepts apostrophes and quotes', `echo "it's" 'a "test"'`, false, `it's a "test"`],
    ['numbers the lines of a script from 1', 'true\necho )', true, /eval: line 2: syntax error/],
    ['names a command that is not there', 'no-such-command-x', true, /no-such-command-x: command not found/],
    ['tells a signal', 'kill -9 $$', true, /killed by SIGKILL/],
  ])('%s', async (_title, command, isError, expected) => {
    const result = await openShell().run(command);
    if (typeof expected === 'string') expect(textOf(result)).toBe(expected);
    else expect(textOf(result)).toMatch(expected);
    expect(result.isError).toBe(isError);
  });

  it('passes a text as input', async () => {
    expect(textOf(await openShell().run('tr a-z A-Z', { stdin: 'quiet' }))).toBe('QUIET');
  });

  it('keeps the working directory, but no variables, between commands', async () => {
    const shell = openShell();
    mkdirSync(join(shell.workspace, 'a b'));
    expect(textOf(await shell.run("cd 'a b'; name=x"))).toBe(`[Now in ${shell.workspace}/a b.]`);
    expect(textOf(await shell.run('pwd; echo "<$name>"'))).toBe(`${shell.workspace}/a b\n<>`);
    expect((await shell.run('cd ..; exit 4')).details).toMatchObject({
      working_directory: shell.workspace,
      exit_code: 4,
    });
  });

  it('goes back to the workspace when its directory is gone, and says so', async () => {
    const shell = openShell();
    await shell.run('mkdir gone; cd gone');
    rmSync(join(shell.workspace, 'gone'), { recursive: true });
    expect(textOf(await shell.run('pwd'))).toBe(
      `[${shell.workspace}/gone is gone; back in ${shell.workspace}]\n${shell.workspace}`,
    );
  });

  it('does not write its report into a file that the script sends its output to', async () => {
    const shell = openShell();
    await shell.run('exec > log.txt; echo one');
    expect(readFileSync(join(shell.workspace, 'log.txt'), 'utf8')).toBe('one\n');
  });

  it('keeps head and tail of a long output', async () => {
    const text = textOf(await openShell().run('seq 1 100000'));
    expect(text).toMatch(/^1\n2\n/);
    expect(text).toMatch(/\n99999\n100000$/);
    expect(text).toMatch(/bytes left out/);
    expect(text.length).toBeLessThan(30_000);
  });

  it('gives commands the environment it was told, without start-up files', async () => {
    const workspace = temporaryFolder();
    writeFileSync(join(workspace, 'evil.sh'), 'echo smuggled');
    const shell = openShell({ env: { ...env, BASH_ENV: join(workspace, 'evil.sh'), SHOWN: 'yes' } });
    process.env.NOT_PASSED_ON = 'secret';
    onTestFinished(() => {
      delete process.env.NOT_PASSED_ON;
    });
    expect(textOf(await shell.run('echo $SHOWN "<$NOT_PASSED_ON>"'))).toBe('yes <>');
  });

  it('ends a command at its time limit with grandchildren that ignore SIGTERM, and keeps its output', async () => {
    const shell = openShell();
    const file = join(shell.workspace, 'pid');
    const command = `echo started; (trap '' TERM; echo $BASHPID > ${file}; while :; do sleep 0.1; done) & wait`;
    const result = await shell.run(command, { timeout: 0.5 });
    expect(textOf(result)).toMatch(/^started\n[\s\S]*\[ended after its time limit of 0.5 s/);
    expect(result).toMatchObject({ isError: true, details: { end: 'timeout' } });
    expect(isAlive(pidIn(file))).toBe(false);
  });

  it('returns as soon as the command has ended, and ends what it left in the background', async () => {
    const shell = openShell();
    const result = await shell.run('sleep 300 & echo $! > pid; echo done');
    expect(textOf(result)).toBe(
      'done\n[Processes that it left in the background were ended; start such things with background.]',
    );
    await until(() => !isAlive(pidIn(join(shell.workspace, 'pid'))));
  });

  it('is not held up by a process that left the group with its output', async () => {
    const shell = openShell();
    const result = await shell.run('setsid sleep 300 & echo $! > pid; echo done');
    expect(textOf(result)).toMatch(/^done/);
    expect(result.details).toMatchObject({ end: 'exited', exit_code: 0 });
    process.kill(pidIn(join(shell.workspace, 'pid')), 'SIGKILL'); // only a sandbox could have held it
  });

  it('ends when the run is cancelled', async () => {
    const workspace = temporaryFolder();
    const controller = new AbortController();
    const { tools } = shellTools({ env });
    const running = tools[0]!.run(
      { command: 'echo $$ > pid; sleep 300' },
      toolContext(workspace, { signal: controller.signal }),
    );
    await until(() => existsSync(join(workspace, 'pid')));
    controller.abort();
    expect(textOf(await running)).toMatch(/\[cancelled after/);
    expect(isAlive(pidIn(join(workspace, 'pid')))).toBe(false);
  });

  it('reports a command line that is too long for the system', async () => {
    const result = await openShell().run(`: ${'x'.repeat(4 * 1024 * 1024)}`);
    expect(textOf(result)).toMatch(/E2BIG|too long/);
    expect(result.isError).toBe(true);
  });

  it('hints at input when a command asked for some', async () => {
    const text = textOf(await openShell().run(`printf 'Overwrite file? [y/N] '; read answer || exit 1`));
    expect(text).toMatch(/asked for input/);
  });

  it('names an argument that is wrong', async () => {
    const result = await openShell().run('true', { timeout_ms: 5 });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(/run_shell: the arguments are not right.*timeout_ms/);
  });
});

describe('background commands', () => {
  it('run on, are read in pieces and ended', async () => {
    const shell = openShell();
    const started = textOf(
      await shell.run(
        'echo $$ > pid; echo one; while [ ! -e go ]; do sleep 0.05; done; echo two; sleep 300',
        {
          background: true,
        },
      ),
    );
    expect(started).toMatch(/^one\n\[shell_1 is running/);
    writeFileSync(join(shell.workspace, 'go'), '');
    expect(await shell.output({ id: 'shell_1', wait: 10 })).toMatch(/^two\n\[shell_1 is running/);
    expect(await shell.kill({ id: 'shell_1' })).toMatch(/^\[shell_1 (was ended by SIG|has ended)/);
    expect(isAlive(pidIn(join(shell.workspace, 'pid')))).toBe(false);
  });

  it('that fail at once are reported at once', async () => {
    const result = await openShell().run('echo broken >&2; exit 7', { background: true });
    expect(textOf(result)).toBe('broken\n[shell_1 has ended, exit code 7.]');
    expect(result.isError).toBe(true);
  });

  it('are all ended by close, with what they started', async () => {
    const shell = openShell();
    for (const name of ['a', 'b'])
      await shell.run(`(trap '' TERM; echo $BASHPID > ${name}; sleep 300; sleep 300) & wait`, {
        background: true,
      });
    const pids = ['a', 'b'].map((name) => pidIn(join(shell.workspace, name)));
    expect(pids.map(isAlive)).toEqual([true, true]);
    await shell.close();
    expect(pids.map(isAlive)).toEqual([false, false]);
  });

  it('are limited in number', async () => {
    const shell = openShell();
    await Promise.all(Array.from({ length: 8 }, () => shell.run('sleep 300', { background: true })));
    expect(textOf(await shell.run('sleep 300', { background: true }))).toMatch(
      /8 background commands.*shell_kill/,
    );
  });

  it('that flood are kept in bounded memory and stay readable', async () => {
    const shell = openShell();
    await shell.run('yes flood | head -c 50000000; echo; echo last; sleep 300', { background: true });
    await sleep(500);
    expect((await shell.output({ id: 'shell_1', wait: 5 })).length).toBeLessThan(60_000);
  });

  it('that are not known are named', async () => {
    expect(await openShell().output({ id: 'shell_9' }, 'error')).toBe(
      'There is no background command "shell_9". None was started.',
    );
  });
});

describe('asksForInput', () => {
  it.each([
    ['Continue? [Y/n] ', true],
    ["Password for 'https://x@host': ", true],
    ['Are you sure you want to continue connecting (yes/no/[fingerprint])? ', true],
    ['sudo: a terminal is required to read the password', true],
    ['EOFError: EOF when reading a line', true],
    ['3 tests passed', false],
    ['error: password is wrong\n', false],
    ['', false],
  ])('%j → %s', (output, expected) => expect(asksForInput(output)).toBe(expected));
});
