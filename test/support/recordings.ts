// A recorded run with one of everything, and a recorder with fixed time, chance and process.
import { createRedactor, type World } from '../../src/lib/index.ts';
import type { RunEvent } from '../../src/recording/format.ts';
import { type Recorder, type RecorderOptions, startRecording } from '../../src/recording/recorder.ts';

/** Time goes on by 250 ms with each look at it; chance counts up. */
export function fixedWorld(): World {
  let time = Date.parse('2026-11-24T22:00:00.000Z');
  let chance = 0;
  return {
    now: () => {
      time += 250;
      return new Date(time);
    },
    randomHex: (bytes) => {
      chance += 1;
      return chance.toString(16).padStart(bytes * 2, '0');
    },
  };
}

export function startSample(home: string, options: Partial<RecorderOptions> = {}): Recorder {
  return startRecording({
    home,
    task: 'say hello',
    model: 'scripted/sample',
    workspace: '/home/someone/project',
    purpose: 'task',
    redactor: createRedactor(),
    world: fixedWorld(),
    ...options,
  });
}

const usage = (inputTokens: number, outputTokens: number, costUsd: number | null) => ({
  inputTokens,
  outputTokens,
  cachedInputTokens: 0,
  reasoningTokens: 0,
  costUsd,
});
const skill = {
  skillId: 'greeting',
  versionId: 'greeting__v1_00c0ffee',
  name: 'greeting',
  reason: 'it is about greeting',
};
const call = { id: 'call_1', name: 'write_file', args: { path: 'hello.txt', content: 'hello\n' } };
const step = { attempt: 1, turn: 1 } as const;

/** A small run: a skill, one turn with a tool that is asked for, one that answers. */
export const sampleEvents: readonly RunEvent[] = [
  {
    type: 'skills-chosen',
    choice: { picked: [skill], considered: [{ ...skill, score: 0.7 }], how: 'model', reason: 'fits' },
  },
  { type: 'attempt-start', attempt: 1, skills: [skill] },
  { type: 'turn-start', ...step },
  {
    type: 'model-reply',
    ...step,
    reply: { text: 'I write it.', calls: [call], stop: 'calls', usage: usage(100, 25, 0.002), tries: 1 },
    tookMs: 812,
  },
  { type: 'tool-start', ...step, call, source: 'files' },
  {
    type: 'approval-start',
    ...step,
    callId: 'call_1',
    question: { tool: 'write_file', action: 'write hello.txt', reason: 'it is a new file' },
  },
  { type: 'approval-end', ...step, callId: 'call_1', allowed: true },
  { type: 'tool-progress', ...step, callId: 'call_1', text: 'writing' },
  {
    type: 'tool-end',
    ...step,
    call,
    source: 'files',
    result: {
      parts: [{ type: 'text', text: 'Created hello.txt (6 bytes, 1 line).' }],
      isError: false,
      details: { path: 'hello.txt', created: true },
    },
    tookMs: 4,
  },
  { type: 'skill-retrieved', attempt: 1, skill },
  { type: 'turn-start', attempt: 1, turn: 2 },
  { type: 'context-fitted', attempt: 1, turn: 2, droppedMessages: 1, tokens: 120 },
  {
    type: 'model-reply',
    attempt: 1,
    turn: 2,
    reply: { text: 'Done: hello.txt', calls: [], stop: 'end', usage: usage(120, 10, 0.0011), tries: 2 },
    tookMs: 400,
  },
  { type: 'note', text: 'one retry after 429' },
  {
    type: 'attempt-end',
    attempt: 1,
    outcome: { status: 'done', answer: 'Done: hello.txt', turns: 2, usage: usage(220, 35, 0.0031) },
  },
];
