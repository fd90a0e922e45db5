import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../test/support/tool-context.ts';
import { plainSpawner } from '../lib/index.ts';
import { openRecording } from './reader.ts';
import { listRuns } from './runs.ts';

/** Writes lines of very different lengths as fast as it can, some with files, until it is killed. */
const WRITER = `
const { startSample } = await import(process.argv[1]);
const recorder = startSample(process.argv[2], { runId: 'run_1' });
const call = { id: '1', name: 'run_shell', args: {} };
for (let n = 0; ; n += 1) {
  const text = String(n % 10).repeat(1 + (n * 7919) % 90_000);
  const result = { parts: [{ type: 'text', text }], isError: false };
  recorder.write({ type: 'tool-end', attempt: 1, turn: n, call, source: 'shell', result, tookMs: n });
}`;

it('a run killed in the middle of writing is readable to its last whole line, and known to have crashed', async () => {
  for (let round = 0; round < 4; round += 1) {
    const home = temporaryFolder();
    const support = new URL('../../test/support/recordings.ts', import.meta.url).href;
    const writer = plainSpawner.start({
      command: process.execPath,
      args: ['--input-type=module', '-e', WRITER, support, home],
      cwd: home,
      env: { PATH: process.env.PATH ?? '' },
    });
    writer.stdout.resume();
    writer.stderr.resume();
    const events = join(home, 'runs', 'run_1', 'events.jsonl');
    while ((statSync(events, { throwIfNoEntry: false })?.size ?? 0) < 200_000) await sleep(3);
    expect(openRecording(join(home, 'runs', 'run_1')).status).toBe('running');
    process.kill(-writer.pid!, 'SIGKILL');
    await writer.ended;

    const recording = openRecording(join(home, 'runs', 'run_1'));
    expect(recording).toMatchObject({
      status: 'error',
      note: expect.stringContaining('crashed or was killed'),
    });
    expect(recording.skippedLines).toBeLessThanOrEqual(1);
    expect(recording.events.length).toBeGreaterThan(2);
    expect(recording.events.map(({ seq }) => seq)).toEqual(recording.events.map((_, index) => index));
    expect(listRuns(home)).toMatchObject([{ status: 'error' }]);
  }
});
