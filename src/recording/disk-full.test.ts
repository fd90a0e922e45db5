import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { describeWith } from '../../test/support/needs.ts';
import { sampleEvents, startSample } from '../../test/support/recordings.ts';
import { temporaryFolder } from '../../test/support/tool-context.ts';
import { errnoOf, plainSpawner } from '../lib/index.ts';
import { openRecording } from './reader.ts';
import type { Recorder } from './recorder.ts';
import { listRuns } from './runs.ts';

async function system(command: string, ...args: string[]): Promise<void> {
  const request = { command, args, cwd: '/', env: { PATH: process.env.PATH ?? '' }, timeoutMs: 10_000 };
  const result = await plainSpawner.run({ ...request, signal: new AbortController().signal });
  if (result.exitCode !== 0) throw new Error(`${command} ${args.join(' ')}: ${result.stderr}`);
}

/** A disk of its own, of this many KiB. */
async function smallDisk(sizeKiB: number): Promise<string> {
  const folder = join(temporaryFolder(), 'disk');
  mkdirSync(folder);
  await system('mount', '-t', 'tmpfs', '-o', `size=${sizeKiB}k`, 'tmpfs', folder);
  onTestFinished(() => system('umount', '-l', folder));
  return folder;
}

/** Takes every byte that is left, and says how many. */
function fill(disk: string): number {
  const file = openSync(join(disk, 'filler'), 'a');
  try {
    for (const size of [4096, 64, 1]) {
      for (;;) {
        try {
          writeSync(file, Buffer.alloc(size));
        } catch (error) {
          if (errnoOf(error) !== 'ENOSPC') throw error;
          break;
        }
      }
    }
  } finally {
    closeSync(file);
  }
  return statSync(join(disk, 'filler')).size;
}

const tool = (text: string) =>
  ({
    type: 'tool-end',
    attempt: 1,
    turn: 1,
    call: { id: '1', name: 'read_file', args: {} },
    source: 'files',
    result: { parts: [{ type: 'text', text }], isError: false },
    tookMs: 1,
  }) as const;

/** What must hold whenever a recording ran into a full disk after `kept` events. */
function expectPartial(recorder: Recorder, kept: number): void {
  expect(recorder.failure).toMatchObject({ code: 'disk', hint: expect.stringContaining('disk is full') });
  expect(recorder.failed.aborted).toBe(true);
  expect(recorder.failed.reason).toBe(recorder.failure);
  const recording = openRecording(recorder.folder);
  expect(recording.skippedLines).toBe(0);
  expect(recording.events.length).toBeGreaterThanOrEqual(kept);
  expect(recording.events.slice(0, kept).map(({ type }) => type)).toEqual(Array(kept).fill('note'));
}

describeWith(['root'], 'a full disk', () => {
  it('stops a run before it begins when run.json can’t be written, and leaves nothing half-made', async () => {
    const disk = await smallDisk(64);
    mkdirSync(join(disk, 'runs'));
    fill(disk);
    expect(() => startSample(disk)).toThrow(
      expect.objectContaining({
        code: 'disk',
        hint: 'The disk is full: free some space and run the command again.',
      }),
    );
    expect(readdirSync(join(disk, 'runs'))).toEqual([]);
  });

  it('stops a run before it begins on a read-only disk', async () => {
    const disk = await smallDisk(64);
    await system('mount', '-o', 'remount,ro', disk);
    expect(() => startSample(disk)).toThrow(
      expect.objectContaining({ code: 'disk', hint: expect.stringContaining('read-only') }),
    );
  });

  it('ends a recording clearly when an event does not fit: all before it is whole, the end is told', async () => {
    const disk = await smallDisk(256);
    const recorder = startSample(disk);
    let kept = 0;
    for (; recorder.failure === undefined && kept < 10_000; kept += 1)
      recorder.write({ type: 'note', text: `event ${kept} ${'x'.repeat(300)}` });
    kept -= 1; // the last one failed
    expect(kept).toBeGreaterThan(100);
    fill(disk);
    for (const event of sampleEvents) recorder.write(event); // dropped, without a throw
    const returned = recorder.close({ status: 'cancelled', answer: 'part of an answer' });
    expect(returned).toBe(recorder.failure);
    expectPartial(recorder, kept);
    expect(openRecording(recorder.folder)).toMatchObject({ status: 'error' });
    expect(openRecording(recorder.folder).events.slice(kept)).toMatchObject([
      { type: 'note', text: expect.stringMatching(/not whole: .*Events left out: 16\./) },
      {
        type: 'run-end',
        status: 'error',
        answer: 'part of an answer',
        error: expect.stringMatching(/ENOSPC/),
      },
    ]);
    expect(listRuns(disk)[0]).toMatchObject({ status: 'error', error: expect.stringMatching(/ENOSPC/) });
  });

  it('leaves no line for a result whose file did not fit', async () => {
    const disk = await smallDisk(256);
    const recorder = startSample(disk);
    recorder.write({ type: 'note', text: 'before' });
    recorder.write(tool('y'.repeat(1_000_000)));
    recorder.close({ status: 'error', answer: '' });
    expectPartial(recorder, 1);
    const artifacts = join(recorder.folder, 'artifacts');
    expect(existsSync(artifacts) ? readdirSync(artifacts) : []).toEqual([]);
  });

  it('is readable up to the failure also when not even the reserve is left for the end', async () => {
    const disk = await smallDisk(128);
    const recorder = startSample(disk);
    recorder.write({ type: 'note', text: 'before' });
    rmSync(join(recorder.folder, '.reserve'));
    fill(disk);
    let kept = 1; // what still fits into the page that is there already
    for (; recorder.failure === undefined; kept += 1) recorder.write({ type: 'note', text: 'z'.repeat(500) });
    kept -= 1;
    expect(recorder.close({ status: 'done', answer: 'a'.repeat(50_000) })).toBe(recorder.failure);
    expectPartial(recorder, kept);
  });

  it('that gets room again in the middle does not make the recording seem whole', async () => {
    const disk = await smallDisk(128);
    const recorder = startSample(disk);
    recorder.write({ type: 'note', text: 'before' });
    writeFileSync(join(disk, 'filler'), '');
    fill(disk);
    while (recorder.failure === undefined) recorder.write({ type: 'note', text: 'z'.repeat(5000) });
    rmSync(join(disk, 'filler'));
    recorder.write({ type: 'note', text: 'after' });
    recorder.close({ status: 'done', answer: '' });
    expectPartial(recorder, 1);
    const recording = openRecording(recorder.folder);
    expect(recording.status).toBe('error');
    expect(JSON.stringify(recording.events)).not.toContain('"after"');
  });
});
