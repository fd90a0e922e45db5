import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sampleEvents, startSample } from '../../test/support/recordings.ts';
import { temporaryFolder } from '../../test/support/tool-context.ts';
import { describeEvent } from './describe.ts';
import { openRecording } from './reader.ts';
import { findRun, listRuns, pruneRuns } from './runs.ts';
import { summariseRun } from './summary.ts';

function record(home: string, runId: string, answer = 'x'): string {
  const recorder = startSample(home, { runId });
  for (const event of sampleEvents) recorder.write(event);
  recorder.close({ status: 'done', answer });
  return recorder.folder;
}
const idsOf = (runs: ReturnType<typeof listRuns>) => runs.map(({ header }) => header.runId);

describe('listRuns', () => {
  it('gives the newest first, in pages, and leaves out what is no run', () => {
    const home = temporaryFolder();
    for (const number of [1, 2, 3, 4]) record(home, `run_2026112${number}`);
    mkdirSync(join(home, 'runs', 'run_20261125'));
    mkdirSync(join(home, 'runs', 'run_20261126'));
    writeFileSync(join(home, 'runs', 'run_20261126', 'run.json'), '{"version": 99}');
    writeFileSync(join(home, 'runs', 'notes.txt'), '');
    expect(idsOf(listRuns(home, { limit: 2 }))).toEqual(['run_20261124', 'run_20261123']);
    expect(idsOf(listRuns(home, { before: 'run_20261123' }))).toEqual(['run_20261122', 'run_20261121']);
    expect(listRuns(home)[0]).toMatchObject({ status: 'done', turns: 2, usage: { costUsd: 0.0031 } });
  });

  it('is empty for a home without runs', () => expect(listRuns(temporaryFolder())).toEqual([]));

  it('finds the last line however long it is', () => {
    const home = temporaryFolder();
    record(home, 'run_1', 'y'.repeat(300_000));
    expect(listRuns(home)[0]?.status).toBe('done');
  });

  it('recognises a crashed run, also when its last line is torn', () => {
    const home = temporaryFolder();
    const recorder = startSample(home, { owner: { pid: 2 ** 30, host: hostname() } });
    recorder.write({ type: 'note', text: 'one' });
    writeFileSync(join(recorder.folder, 'events.jsonl'), '{"seq":1,"at":"20', { flag: 'a' });
    expect(listRuns(home)[0]).toMatchObject({ status: 'error', note: expect.stringContaining('crashed') });
  });

  it.runIf(existsSync('/proc/self/io'))('reads only the end of a recording with 100,000 events', () => {
    const home = temporaryFolder();
    const recorder = startSample(home, { runId: 'run_big' });
    recorder.write({ type: 'note', text: 'z'.repeat(150) });
    const path = join(recorder.folder, 'events.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').repeat(100_000), { flag: 'a' });
    recorder.close({ status: 'done', answer: 'big' });
    const readBytes = () => Number(/rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
    const before = readBytes();
    const [entry] = listRuns(home);
    const used = readBytes() - before;
    expect(entry?.status).toBe('done');
    expect(statSync(path).size).toBeGreaterThan(20_000_000);
    expect(used).toBeLessThan(64 * 1024);
    expect(openRecording(recorder.folder).events).toHaveLength(100_002);
  });
});

describe('findRun', () => {
  it('accepts an id, its beginning or its end, if only one run has it', () => {
    const home = temporaryFolder();
    const first = record(home, 'run_20261124T220000_aaaa1111');
    record(home, 'run_20261124T220001_bbbb2222');
    for (const id of ['run_20261124T220000_aaaa1111', 'run_20261124T220000', 'aaaa1111'])
      expect(findRun(home, id)).toBe(first);
    expect(() => findRun(home, 'run_20261124')).toThrow(/could be/);
    expect(() => findRun(home, 'nope')).toThrow(expect.objectContaining({ code: 'not-found' }));
    expect(() => findRun(home, '../secrets')).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});

describe('pruneRuns', () => {
  it('removes the oldest beyond the number, never a running one, and says how much was freed', () => {
    const home = temporaryFolder();
    startSample(home, { runId: 'run_0' }); // goes on
    for (const number of [1, 2, 3]) record(home, `run_${number}`);
    const planned = pruneRuns(home, { maxRuns: 1, dryRun: true });
    expect(planned.removed).toEqual(['run_2', 'run_1']);
    expect(idsOf(listRuns(home))).toHaveLength(4);
    expect(pruneRuns(home, { maxRuns: 1 })).toEqual(planned);
    expect(planned.freedBytes).toBeGreaterThan(1000);
    expect(readdirSync(join(home, 'runs')).sort()).toEqual(['run_0', 'run_3']);
  });

  it('keeps within bytes and age', () => {
    const home = temporaryFolder();
    for (const number of [1, 2]) record(home, `run_${number}`, 'a'.repeat(50_000));
    expect(pruneRuns(home, { maxBytes: 80_000 }).removed).toEqual(['run_1']);
    expect(pruneRuns(home, { maxAgeDays: 30, now: new Date('2026-12-20') }).removed).toEqual([]);
    expect(pruneRuns(home, { maxAgeDays: 30, now: new Date('2026-12-30') }).removed).toEqual(['run_2']);
  });

  it('leaves results that the run has put beside its recording', () => {
    const home = temporaryFolder();
    const folder = record(home, 'run_1');
    mkdirSync(join(folder, 'workspace'));
    writeFileSync(join(folder, 'workspace', 'report.txt'), 'mine');
    pruneRuns(home, { maxRuns: 0 });
    expect(readdirSync(folder)).toEqual(['workspace']);
    expect(readFileSync(join(folder, 'workspace', 'report.txt'), 'utf8')).toBe('mine');
    expect(listRuns(home)).toEqual([]);
  });
});

describe('summariseRun', () => {
  it('counts attempts, turns, tokens, tools and skills', () => {
    const summary = summariseRun(openRecording(record(temporaryFolder(), 'run_1', 'hello')));
    expect(summary).toMatchObject({
      status: 'done',
      answer: 'hello',
      attempts: 1,
      turns: 2,
      usage: { inputTokens: 220, outputTokens: 35, costUsd: expect.closeTo(0.0031, 6) },
      tools: [{ name: 'write_file', source: 'files', calls: 1, errors: 0, tookMs: 4 }],
      skills: [{ name: 'greeting' }],
      tookMs: 4000,
    });
  });
});

describe('describeEvent', () => {
  it('says each event in one line', () => {
    expect(sampleEvents.map(describeEvent)).toEqual([
      'skills: greeting (model, of 1)',
      'attempt 1 with greeting',
      'turn 1',
      'model: I write it. → write_file [125 tokens, $0.0020, 812 ms]',
      'write_file hello.txt',
      'asks: write hello.txt (it is a new file)',
      'allowed',
      '… writing',
      'write_file done in 4 ms: Created hello.txt (6 bytes, 1 line).',
      'skill looked up: greeting',
      'turn 2',
      'conversation shortened by 1 message to 120 tokens',
      'model: Done: hello.txt [130 tokens, $0.0011, 400 ms]',
      'one retry after 429',
      'attempt 1 done, 2 turns, 255 tokens, $0.0031',
    ]);
    expect(describeEvent({ type: 'run-end', status: 'error', answer: '', error: 'the\ndisk is full' })).toBe(
      'run error: the disk is full',
    );
  });

  it('stays on one bounded line whatever is in the event', () => {
    const call = { id: '1', name: 'run_shell', args: { command: 'a\nb'.repeat(5000) } };
    const line = describeEvent({ type: 'tool-start', turn: 1, call, source: 'shell' });
    expect(line).not.toContain('\n');
    expect(line.length).toBeLessThan(200);
  });
});
