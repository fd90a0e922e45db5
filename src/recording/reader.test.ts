import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { fixedWorld, sampleEvents, startSample } from '../../test/support/recordings.ts';
import { temporaryFolder } from '../../test/support/tool-context.ts';
import { realWorld } from '../lib/index.ts';
import type { TimedEvent } from './format.ts';
import { thisProcess } from './process-mark.ts';
import { openRecording, tailEvents } from './reader.ts';
import type { Recorder } from './recorder.ts';

const fixtures = resolve(import.meta.dirname, '../../test/fixtures/recordings');
/** A process number that no process has: Linux gives out at most 2^22. */
const gone = { pid: 2 ** 30, host: hostname() };
const never = new AbortController().signal;

function writeSample(recorder: Recorder): Recorder {
  for (const event of sampleEvents) recorder.write(event);
  recorder.close({ status: 'done', answer: 'Done: hello.txt' });
  return recorder;
}

describe('golden recordings', () => {
  it('the recorder writes the golden run byte for byte', () => {
    const home = temporaryFolder();
    const owner = { pid: 4711, host: 'build-host' };
    const { folder } = writeSample(startSample(home, { runId: 'run_20261124T220000_00000001', owner }));
    const golden = join(fixtures, 'done');
    if (process.env.OPENSPACE_TEST_UPDATE === '1') cpSync(folder, golden, { recursive: true });
    for (const name of ['run.json', 'events.jsonl']) {
      expect(readFileSync(join(folder, name), 'utf8')).toBe(readFileSync(join(golden, name), 'utf8'));
    }
  });

  it('the golden run reads back as the events that were recorded', () => {
    const { events, ...rest } = openRecording(join(fixtures, 'done'));
    expect(rest).toMatchObject({ status: 'done', skippedLines: 0, header: { task: 'say hello' } });
    expect(events.slice(0, -1)).toEqual(
      sampleEvents.map((event, seq) => ({ ...event, seq, at: expect.any(String) })),
    );
  });

  it('a run of another host that fell silent long ago, in the middle of a line, has crashed', () => {
    expect(openRecording(join(fixtures, 'crashed'))).toMatchObject({
      events: [{ type: 'attempt-start' }, { type: 'turn-start' }, { type: 'tool-start' }],
      skippedLines: 1,
      status: 'error',
      note: expect.stringContaining('another host'),
    });
  });

  it('a run of a newer version of the same form is read without what is not known', () => {
    const recording = openRecording(join(fixtures, 'newer-events'));
    expect(recording.events.map(({ type }) => type)).toEqual(['note', 'model-reply', 'run-end']);
    expect(recording).toMatchObject({ skippedLines: 1, status: 'done', note: '1 line could not be read.' });
    expect(recording.events[1]).toMatchObject({ reply: { error: { kind: 'other' } } });
  });
});

describe('openRecording', () => {
  it.each([
    ['a folder that is not there', () => undefined, 'not-found'],
    ['no JSON in run.json', (folder: string) => writeFileSync(join(folder, 'run.json'), '{'), 'corrupt'],
    [
      'something else in run.json',
      (folder: string) => writeFileSync(join(folder, 'run.json'), '[1]'),
      'corrupt',
    ],
    [
      'a version from the future',
      (folder: string) => writeFileSync(join(folder, 'run.json'), '{"version":99,"x":1}'),
      'newer-data',
    ],
  ])('%s → %s', (_title, prepare, code) => {
    const folder = temporaryFolder();
    prepare(folder);
    expect(() => openRecording(folder)).toThrow(expect.objectContaining({ code }));
  });

  it('is running while its process is there, and crashed when that is gone', () => {
    const home = temporaryFolder();
    expect(openRecording(startSample(home, { runId: 'a' }).folder).status).toBe('running');
    expect(openRecording(startSample(home, { runId: 'b', owner: gone }).folder)).toMatchObject({
      status: 'error',
      note: expect.stringContaining('crashed or was killed'),
    });
  });

  it('is running as long as another host may be writing it', () => {
    const owner = { pid: 1, host: 'elsewhere' };
    const recorder = startSample(temporaryFolder(), { owner, world: realWorld });
    recorder.write({ type: 'note', text: 'here' });
    expect(openRecording(recorder.folder)).toMatchObject({
      status: 'running',
      note: expect.stringContaining('another host'),
    });
  });

  it.runIf(process.platform === 'linux')('is not fooled by a later process with the same number', () => {
    const owner = { ...thisProcess(), processMark: 'another-boot:1' };
    const { folder } = startSample(temporaryFolder(), { owner });
    expect(openRecording(folder).status).toBe('error');
  });

  it('survives a cut at every byte: whole lines are there, nothing else', () => {
    const { folder } = writeSample(startSample(temporaryFolder(), { owner: gone }));
    const path = join(folder, 'events.jsonl');
    const bytes = readFileSync(path);
    for (let size = bytes.length; size > 0; size -= 37) {
      truncateSync(path, size);
      const whole = bytes.subarray(0, size).toString('latin1').split('\n').length - 1;
      const recording = openRecording(folder);
      expect(recording.events).toHaveLength(whole);
      expect(recording.status).toBe(size === bytes.length ? 'done' : 'error');
    }
  });

  it('skips and counts lines that are damaged in the middle', () => {
    const recorder = startSample(temporaryFolder());
    recorder.write({ type: 'note', text: 'one' });
    appendFileSync(join(recorder.folder, 'events.jsonl'), 'garbage\n{"type":"note"}\n\n[1,2]\nnull\n');
    recorder.write({ type: 'note', text: 'two' });
    recorder.close({ status: 'done', answer: '' });
    expect(openRecording(recorder.folder)).toMatchObject({
      skippedLines: 5,
      events: [{ text: 'one' }, { text: 'two' }, { type: 'run-end' }],
    });
  });

  it('says in place of a picture that its file is gone, and never reads outside of the folder', () => {
    const recorder = startSample(temporaryFolder());
    const call = { id: '1', name: 't', args: {} };
    const part = { type: 'image' as const, data: Uint8Array.of(1), mediaType: 'image/png' };
    const result = { parts: [part], isError: false };
    recorder.write({ type: 'tool-end', attempt: 1, turn: 1, call, source: 'files', result, tookMs: 1 });
    rmSync(join(recorder.folder, 'artifacts'), { recursive: true });
    const path = join(recorder.folder, 'events.jsonl');
    const line = readFileSync(path, 'utf8');
    writeFileSync(path, line + line.replace(/artifacts\/\w+\.png/, '../../../../etc/hostname'));
    recorder.close({ status: 'done', answer: '' });
    const texts = openRecording(recorder.folder).events.map((event) =>
      event.type === 'tool-end' ? event.result.parts : [],
    );
    expect(texts.slice(0, 2)).toEqual([
      [{ type: 'text', text: expect.stringMatching(/is not there/) }],
      [{ type: 'text', text: expect.stringMatching(/is not there/) }],
    ]);
  });
});

describe('tailEvents', () => {
  const collect = async (events: AsyncIterable<TimedEvent>) => {
    const found: TimedEvent[] = [];
    for await (const event of events) found.push(event);
    return found;
  };

  it('gives what is there and what is written later, and ends with the run', async () => {
    const recorder = startSample(temporaryFolder());
    recorder.write({ type: 'note', text: '0' });
    const tail = collect(tailEvents(recorder.folder, { signal: never, pollMs: 5 }));
    for (const text of ['1', '2', '3']) {
      await sleep(15);
      recorder.write({ type: 'note', text });
    }
    recorder.close({ status: 'done', answer: '' });
    expect((await tail).map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4]);
  });

  it('waits for the rest of a line that is half written', async () => {
    const recorder = startSample(temporaryFolder());
    const path = join(recorder.folder, 'events.jsonl');
    const tail = collect(tailEvents(recorder.folder, { signal: never, pollMs: 5 }));
    appendFileSync(path, '{"seq":0,"at":"2026-11-24T22:00:00Z","type":"no');
    await sleep(30);
    appendFileSync(path, 'te","text":"é');
    await sleep(15);
    appendFileSync(path, '"}\n{"seq":1,"at":"x","type":"run-end","status":"done","answer":""}\n');
    expect(await tail).toMatchObject([{ text: 'é' }, { type: 'run-end' }]);
  });

  it('begins where it is told to', async () => {
    const { folder } = writeSample(startSample(temporaryFolder()));
    const events = await collect(tailEvents(folder, { from: 13, signal: never }));
    expect(events.map(({ seq }) => seq)).toEqual([13, 14, 15]);
  });

  it('ends when the signal aborts', async () => {
    const controller = new AbortController();
    const { folder } = startSample(temporaryFolder());
    const tail = collect(tailEvents(folder, { signal: controller.signal, pollMs: 60_000 }));
    await sleep(20);
    controller.abort();
    expect(await tail).toEqual([]);
  });

  it('ends when the process of the run is gone', async () => {
    const recorder = startSample(temporaryFolder(), { owner: gone });
    recorder.write({ type: 'note', text: 'last words' });
    expect(await collect(tailEvents(recorder.folder, { signal: never }))).toMatchObject([{ type: 'note' }]);
  });

  it('waits for a run whose events are not there yet', async () => {
    const home = temporaryFolder();
    const { folder } = startSample(home, { runId: 'a', world: fixedWorld() });
    const copy = join(home, 'copy');
    mkdirSync(copy);
    cpSync(join(folder, 'run.json'), join(copy, 'run.json'));
    const tail = collect(tailEvents(copy, { signal: never, pollMs: 5 }));
    await sleep(20);
    cpSync(join(fixtures, 'done', 'events.jsonl'), join(copy, 'events.jsonl'));
    expect(await tail).toHaveLength(sampleEvents.length + 1);
  });
});
