import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { plainSpawner, type RunRequest } from './process.ts';

function inFolder() {
  const cwd = mkdtempSync(join(tmpdir(), 'openspace-process-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const request = (script: string, more: Partial<RunRequest> = {}): RunRequest => ({
    command: 'bash',
    args: ['--norc', '-c', script], // bash takes the pipes that Node makes for a network login and would read ~/.bashrc
    cwd,
    env: { PATH: process.env.PATH ?? '' },
    timeoutMs: 20_000,
    signal: new AbortController().signal,
    ...more,
  });
  return { cwd, request, pid: (name: string) => Number(readFileSync(join(cwd, name), 'utf8')) };
}
const isAlive = (pid: number) =>
  existsSync(`/proc/${pid}/stat`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');

describe('plainSpawner.run', () => {
  it('gives output, exit code and input', async () => {
    const { request } = inFolder();
    const result = await plainSpawner.run(request('cat; echo err >&2; exit 5', { input: 'in' }));
    expect(result).toMatchObject({
      end: 'exited',
      exitCode: 5,
      stdout: 'in',
      stderr: 'err\n',
      truncated: false,
    });
    expect(result.leftovers).toBeUndefined();
  });

  it.each([
    ['a program that is not there', { command: 'no-such-program', args: [] }, /ENOENT/],
    ['an argument with NUL', { args: ['-c', 'a\0b'] }, /null bytes/],
    ['a folder that is not there', { cwd: '/not/there' }, /ENOENT/],
    ['a command line that is too long', { args: ['-c', `: ${'x'.repeat(4_000_000)}`] }, /E2BIG/],
  ])('says why it could not start: %s', async (_title, more, reason) => {
    const { request } = inFolder();
    const result = await plainSpawner.run(request('true', more));
    expect(result).toMatchObject({ end: 'failed', exitCode: null, stderr: expect.stringMatching(reason) });
  });

  it('starts nothing when it is cancelled already', async () => {
    const { request, cwd } = inFolder();
    const result = await plainSpawner.run(request('touch made', { signal: AbortSignal.abort() }));
    expect(result.end).toBe('cancelled');
    expect(existsSync(join(cwd, 'made'))).toBe(false);
  });

  it('ends at the time limit with children and grandchildren that ignore SIGTERM', async () => {
    const { request, pid } = inFolder();
    const stubborn = `trap '' TERM; echo $BASHPID > $1; bash -c 'trap "" TERM; echo $$ > deep; sleep 300; sleep 300' & sleep 300; sleep 300`;
    const result = await plainSpawner.run(request(`set -- top; ${stubborn}`, { timeoutMs: 1500 }));
    expect(result.end).toBe('timeout');
    expect([pid('top'), pid('deep')].map(isAlive)).toEqual([false, false]);
  });

  it('lets a program clean up after SIGTERM', async () => {
    const { request, cwd } = inFolder();
    await plainSpawner.run(
      request(`trap 'sleep 0.2; touch cleaned; exit' TERM; sleep 300 & wait`, { timeoutMs: 1500 }),
    );
    expect(existsSync(join(cwd, 'cleaned'))).toBe(true);
  });

  it('does not wait for a child in the background that holds the output, and ends it', async () => {
    const { request, pid } = inFolder();
    const result = await plainSpawner.run(request('sleep 300 & echo $! > child; echo done'));
    expect(result).toMatchObject({ end: 'exited', stdout: 'done\n', leftovers: true });
    for (let tries = 0; isAlive(pid('child')) && tries < 100; tries += 1) await sleep(20);
    expect(isAlive(pid('child'))).toBe(false);
  });

  it('is not held up by a child that left the group', async () => {
    const { request, pid } = inFolder();
    const result = await plainSpawner.run(request('setsid sleep 300 & echo $! > child; echo done'));
    expect(result).toMatchObject({ end: 'exited', stdout: 'done\n' });
    process.kill(pid('child'), 'SIGKILL');
  });

  it('waits for output of a process substitution', async () => {
    const { request } = inFolder();
    expect((await plainSpawner.run(request('echo late > >(sleep 0.2; cat)'))).stdout).toBe('late\n');
  });

  it('hands out whole characters, whatever the chunks', async () => {
    const { request } = inFolder();
    const chunks: string[] = [];
    const onOutput = (chunk: string) => chunks.push(chunk);
    await plainSpawner.run(request(`printf '\\xc3'; sleep 0.1; printf '\\xa9'`, { onOutput }));
    expect(chunks.join('')).toBe('é');
  });

  it('keeps head and tail of a flood in bounded memory', async () => {
    const { request } = inFolder();
    const result = await plainSpawner.run(request('seq 1 2000000', { maxOutputBytes: 10_000 }));
    expect(result.truncated).toBe(true);
    expect(result.stdout).toMatch(/^1\n2\n[\s\S]*bytes left out[\s\S]*\n2000000\n$/);
    expect(result.stdout.length).toBeLessThan(10_200);
  });
});

describe('plainSpawner.start', () => {
  it('runs on until it is killed, with its group', async () => {
    const { request, pid } = inFolder();
    const child = plainSpawner.start(
      request(
        `(trap '' TERM; echo $BASHPID > deep; sleep 300; sleep 300) & while [ ! -s deep ]; do sleep 0.05; done; echo up; wait`,
      ),
    );
    await new Promise((resolve) => child.stdout.once('data', resolve));

    await child.kill(200);
    expect(isAlive(pid('deep'))).toBe(false);
    expect(await child.ended).toMatchObject({ signal: 'SIGTERM' });
    await child.kill(); // once more is fine
  });

  it('ends with the program that started it, when that exits', async () => {
    const { cwd, pid } = inFolder();
    const script = `
      const { plainSpawner } = await import(${JSON.stringify(new URL('./process.ts', import.meta.url).href)});
      const args = ['--norc', '-c', 'echo $$ > child; echo up; sleep 300; sleep 300'];
      const child = plainSpawner.start({ command: 'bash', args, cwd: '.', env: { PATH: process.env.PATH } });
      child.stdout.once('data', () => process.exit(0));`;
    const result = await plainSpawner.run({
      command: process.execPath,
      args: ['--input-type=module', '-e', script],
      cwd,
      env: { PATH: process.env.PATH ?? '' },
      timeoutMs: 20_000,
      signal: new AbortController().signal,
    });
    expect(result).toMatchObject({ end: 'exited', exitCode: 0 });
    for (let tries = 0; isAlive(pid('child')) && tries < 100; tries += 1) await sleep(20);
    expect(isAlive(pid('child'))).toBe(false);
  });

  it('leaves no listener behind', async () => {
    const { request } = inFolder();
    const before = [process.listenerCount('exit'), process.getMaxListeners()];
    await Promise.all(Array.from({ length: 15 }, () => plainSpawner.run(request('true'))));
    expect([process.listenerCount('exit'), process.getMaxListeners()]).toEqual(before);
  });

  it('a program that can’t start has ended with the reason', async () => {
    const { request } = inFolder();
    for (const more of [{ command: 'no-such-program' }, { args: ['a\0b'] }]) {
      const child = plainSpawner.start(request('', more));
      child.stdin.end('ignored');
      expect(await child.ended).toMatchObject({ exitCode: null, error: expect.any(String) });
      await child.kill();
    }
  });
});
