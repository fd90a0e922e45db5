import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleEvents, startSample } from '../../test/support/recordings.ts';
import { temporaryFolder } from '../../test/support/tool-context.ts';
import { createRedactor } from '../lib/index.ts';
import { MAX_TEXT_BYTES, readArtifact } from './artifacts.ts';
import type { RunEvent } from './format.ts';
import { openRecording } from './reader.ts';

const linesOf = (folder: string) =>
  readFileSync(join(folder, 'events.jsonl'), 'utf8').split('\n').filter(Boolean);
const bare = (events: readonly object[]) =>
  events.map((event) => {
    const { at: _, seq: __, ...rest } = event as { at: string; seq: number };
    return rest;
  });

describe('startRecording', () => {
  it('writes run.json before any event, for the owner only', () => {
    const recorder = startSample(temporaryFolder());
    const header = JSON.parse(readFileSync(join(recorder.folder, 'run.json'), 'utf8'));
    expect(header).toMatchObject({ version: 1, run_id: recorder.header.runId, task: 'say hello' });
    expect(linesOf(recorder.folder)).toEqual([]);
    expect(statSync(recorder.folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(recorder.folder, 'events.jsonl')).mode & 0o777).toBe(0o600);
    recorder.close({ status: 'done', answer: '' });
  });

  it('refuses an id that is there already and leaves that run as it was', () => {
    const home = temporaryFolder();
    const first = startSample(home, { runId: 'run_1' });
    first.write({ type: 'note', text: 'mine' });
    expect(() => startSample(home, { runId: 'run_1' })).toThrow(
      expect.objectContaining({ code: 'already-exists' }),
    );
    first.close({ status: 'done', answer: 'kept' });
    expect(openRecording(first.folder)).toMatchObject({ status: 'done', skippedLines: 0 });
  });

  it('fails with a clear error where the home can’t be written', () => {
    const file = join(temporaryFolder(), 'events.jsonl');
    const recorder = startSample(join(file, '..'));
    recorder.close({ status: 'done', answer: '' });
    expect(() => startSample(join(recorder.folder, 'run.json'))).toThrow(
      expect.objectContaining({ code: 'disk', hint: expect.stringContaining('OPENSPACE_HOME') }),
    );
  });
});

describe('Recorder', () => {
  it('has each event in the file when write returns, in snake_case with seq and at', () => {
    const recorder = startSample(temporaryFolder());
    recorder.write({
      type: 'tool-progress',
      attempt: 1,
      turn: 2,
      callId: 'c1',
      text: 'half way',
    });
    const line = { type: 'tool-progress', attempt: 1, turn: 2, call_id: 'c1', text: 'half way' };
    expect(linesOf(recorder.folder).map((text) => JSON.parse(text))).toEqual([
      { seq: 0, at: expect.stringMatching(/^\d{4}-.*Z$/), ...line },
    ]);
    recorder.close({ status: 'done', answer: '' });
  });

  it('does not record text-delta and what comes after the end', () => {
    const recorder = startSample(temporaryFolder());
    recorder.write({ type: 'text-delta', attempt: 1, turn: 1, text: 'a' });
    recorder.close({ status: 'done', answer: 'x' });
    recorder.write({ type: 'note', text: 'late' });
    expect(recorder.close({ status: 'error', answer: 'y' })).toBeUndefined();
    expect(openRecording(recorder.folder).events.map(({ type }) => type)).toEqual(['run-end']);
  });

  it('leaves the names of arguments and details as the tool and the model wrote them', () => {
    const recorder = startSample(temporaryFolder());
    const args = { camelCase: 1, snake_case: { innerName: [{ x_y: 1, zW: 2 }] } };
    const call = { id: '1', name: 't', args };
    recorder.write({ type: 'tool-start', attempt: 1, turn: 1, call, source: 'mcp:x' });
    const details = { someThing: true, other_thing: 1 };
    const result = { parts: [], isError: false, details };
    recorder.write({ type: 'tool-end', attempt: 1, turn: 1, call, source: 'mcp:x', result, tookMs: 1 });
    recorder.close({ status: 'done', answer: '' });
    const { events } = openRecording(recorder.folder);
    expect(events[0]).toMatchObject({ call: { args } });
    expect(events[1]).toMatchObject({ call: { args }, result: { details } });
  });

  it('sums up turns and usage of all attempts at the end', () => {
    const recorder = startSample(temporaryFolder());
    for (const event of sampleEvents) recorder.write(event);
    recorder.close({ status: 'done', answer: 'hello' });
    const { events } = openRecording(recorder.folder);
    expect(events.at(-1)).toMatchObject({
      type: 'run-end',
      turns: 2,
      usage: { inputTokens: 220, outputTokens: 35, costUsd: 0.0031 },
    });
  });

  it('redacts every string on its way to the disk: header, events, long texts', () => {
    const secret = 'hunter2-hunter2-hunter2';
    const redactor = createRedactor([secret]);
    const recorder = startSample(temporaryFolder(), { redactor, task: `use ${secret}` });
    const call = { id: '1', name: 'run_shell', args: { command: `echo ${secret}` } };
    const long = `${secret}${'x'.repeat(MAX_TEXT_BYTES)}${secret}`;
    const result = {
      parts: [{ type: 'text' as const, text: long }],
      isError: false,
      details: { out: secret },
    };
    recorder.write({ type: 'tool-end', attempt: 1, turn: 1, call, source: 'shell', result, tookMs: 1 });
    recorder.write({ type: 'note', text: 'sk-or-v1-0123456789abcdef0123456789abcdef' });
    recorder.close({ status: 'error', answer: secret, error: secret });
    const all = ['run.json', 'events.jsonl', 'artifacts/event-0-0.txt'].map((name) =>
      readFileSync(join(recorder.folder, name), 'utf8'),
    );
    expect(all.join('')).not.toContain(secret);
    expect(all.join('')).not.toContain('sk-or-v1');
    expect(all.every((text) => text.includes('[redacted]'))).toBe(true);
  });

  it('keeps pictures as files and gives them back as parts', () => {
    const recorder = startSample(temporaryFolder());
    const data = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0, 255]);
    const result = { parts: [{ type: 'image' as const, data, mediaType: 'image/png' }], isError: false };
    const call = { id: '1', name: 'read_file', args: { path: 'a.png' } };
    const event = {
      type: 'tool-end',
      attempt: 1,
      turn: 1,
      call,
      source: 'files',
      result,
      tookMs: 3,
    } as const;
    recorder.write(event);
    recorder.write(event); // the same picture is stored once
    recorder.close({ status: 'done', answer: '' });
    const { events } = openRecording(recorder.folder);
    expect(bare(events.slice(0, 2))).toEqual([event, event]);
    expect(linesOf(recorder.folder)[0]).toMatch(/"file":"artifacts\/[0-9a-f]{24}\.png"/);
  });

  it('cuts a long tool text in its line and keeps the whole of it in a file', () => {
    const recorder = startSample(temporaryFolder());
    const text = `begin ${'é'.repeat(MAX_TEXT_BYTES)} end`;
    const call = { id: '1', name: 'grep', args: {} };
    const details = { diff: 'd'.repeat(100_000) };
    const result = { parts: [{ type: 'text' as const, text }], isError: false, details };
    recorder.write({ type: 'tool-end', attempt: 1, turn: 1, call, source: 'files', result, tookMs: 3 });
    recorder.close({ status: 'done', answer: '' });
    expect(linesOf(recorder.folder)[0]!.length).toBeLessThan(100_000);
    expect(readArtifact(recorder.folder, 'artifacts/event-0-0.txt')?.toString('utf8')).toBe(text);
    const [event] = openRecording(recorder.folder).events;
    expect(JSON.stringify(event)).toMatch(/begin é.*bytes left out.*end.*the whole text is in artifacts/);
  });

  it('gives back any event as it was written', () => {
    const json = fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      fc.jsonValue({ noUnicodeString: false }).map((value) => JSON.parse(JSON.stringify(value))),
      { maxKeys: 4 },
    );
    const usage = fc.record({
      inputTokens: fc.nat(),
      outputTokens: fc.nat(),
      cachedInputTokens: fc.nat(),
      reasoningTokens: fc.nat(),
      costUsd: fc.option(fc.integer({ min: 0, max: 1e6 }).map((n) => n / 1e4)),
    });
    const text = fc.string({ unit: 'binary', maxLength: 200 }).filter((value) => value.isWellFormed());
    const call = fc.record({ id: text, name: text, args: json });
    const at = { attempt: fc.constantFrom(1, 2), turn: fc.nat(50) };
    const part = fc.oneof(
      fc.record({ type: fc.constant('text' as const), text }),
      fc.record({
        type: fc.constant('image' as const),
        data: fc.uint8Array({ maxLength: 64 }),
        mediaType: fc.constantFrom('image/png', 'image/x-odd'),
      }),
    );
    const error = fc.record(
      {
        kind: fc.constantFrom('auth' as const, 'other' as const),
        message: text,
        hint: text,
        status: fc.nat(),
      },
      { requiredKeys: ['kind', 'message'] },
    );
    const reply = fc.record(
      {
        text,
        calls: fc.array(call, { maxLength: 3 }),
        stop: fc.constantFrom('end' as const, 'calls' as const, 'error' as const),
        usage,
        error,
        tries: fc.nat(),
      },
      { requiredKeys: ['text', 'calls', 'stop', 'usage', 'tries'] },
    );
    const result = fc.record(
      { parts: fc.array(part, { maxLength: 3 }), isError: fc.boolean(), details: json },
      { requiredKeys: ['parts', 'isError'] },
    );
    const skill = fc.record({ skillId: text, versionId: text, name: text, reason: text });
    const event: fc.Arbitrary<RunEvent> = fc.oneof(
      fc.record({ type: fc.constant('note' as const), text }),
      fc.record({ type: fc.constant('turn-start' as const), ...at }),
      fc.record({ type: fc.constant('model-reply' as const), ...at, reply, tookMs: fc.nat() }),
      fc.record({ type: fc.constant('tool-start' as const), ...at, call, source: text }),
      fc.record({
        type: fc.constant('tool-end' as const),
        ...at,
        call,
        source: text,
        result,
        tookMs: fc.nat(),
      }),
      fc.record({ type: fc.constant('skill-retrieved' as const), attempt: at.attempt, skill }),
      fc.record({
        type: fc.constant('skills-chosen' as const),
        choice: fc.record({
          picked: fc.array(skill, { maxLength: 2 }),
          considered: fc.constant([]),
          how: fc.constantFrom('model' as const, 'rank' as const, 'none' as const),
          reason: text,
        }),
      }),
    );
    const home = temporaryFolder();
    const redactor = { add: () => undefined, text: (value: string) => value, json: <T>(value: T) => value };
    let count = 0;
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        count += 1;
        const recorder = startSample(home, { runId: `run_${count}`, redactor });
        for (const one of events) recorder.write(one);
        recorder.close({ status: 'done', answer: 'ok' });
        const read = openRecording(recorder.folder);
        expect(read.skippedLines).toBe(0);
        expect(read.events.map(({ seq }) => seq)).toEqual([...events, 0].map((_, index) => index));
        expect(bare(read.events.slice(0, -1))).toEqual(events);
      }),
      { numRuns: 150 },
    );
  });
});
