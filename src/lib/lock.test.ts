// The lock between processes: one holder at a time, nested use, freed when its holder dies.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openProcessLock } from './lock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'openspace-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('lets one holder in at a time, and the same holder again', () => {
  const path = join(folder, 'a.lock');
  const one = openProcessLock(path, 50);
  const two = openProcessLock(path, 50);
  const result = one.run(() => {
    expect(() => two.run(() => 'in')).toThrow(/held by another process/);
    return one.run(() => 'nested');
  });
  expect(result).toBe('nested');
  expect(two.run(() => 'in')).toBe('in');
  expect(() =>
    two.run(() => {
      throw new Error('own');
    }),
  ).toThrow('own');
  expect(one.run(() => 'in')).toBe('in');
  expect(readdirSync(folder)).toEqual(['a.lock']);
  one.close();
  two.close();
});

it('is free at once when its holder is killed', async () => {
  const path = join(folder, 'b.lock');
  const code = `
    import { writeSync } from 'node:fs';
    import { openProcessLock } from ${JSON.stringify(new URL('./lock.ts', import.meta.url).href)};
    openProcessLock(${JSON.stringify(path)}).run(() => {
      writeSync(1, 'held');
      for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
    });`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', code], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  const mine = openProcessLock(path, 30_000);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(mine.run(() => 'mine')).toBe('mine');
  mine.close();
});
