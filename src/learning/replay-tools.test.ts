import { describe, expect, it } from 'vitest';
import type { ToolCall, ToolContext } from '../agent/index.ts';
import { plainSpawner } from '../lib/index.ts';
import type { Recording, TimedEvent } from '../recording/index.ts';
import { recordedTools } from './replay-tools.ts';

const context: ToolContext = {
  signal: new AbortController().signal,
  workspace: '/w',
  progress: () => undefined,
  ask: async () => false,
  spawner: plainSpawner,
};

const ended = (name: string, source: string, args: ToolCall['args'], text: string): TimedEvent => ({
  ...{ type: 'tool-end', attempt: 1, turn: 1, source, tookMs: 1, at: '2026-01-01T00:00:00.000Z', seq: 0 },
  call: { id: 'call_1', name, args },
  result: { parts: [{ type: 'text', text }], isError: false },
});

const recording = (events: readonly TimedEvent[]): Recording => ({
  header: {
    ...{
      version: 1,
      runId: 'run_1',
      task: 't',
      model: 'm',
      workspace: '/w',
      purpose: 'task',
      pid: 1,
      host: 'h',
    },
    startedAt: '2026-01-01T00:00:00.000Z',
  },
  ...{ events, status: 'done', skippedLines: 0, folder: '/r' },
});

const tools = recordedTools(
  recording([
    ended('web_fetch', 'web', { url: 'https://a.example/', options: { raw: true, page: 1 } }, 'page a'),
    ended('poll', 'mcp:jobs', { id: 7 }, 'running'),
    ended('poll', 'mcp:jobs', { id: 7 }, 'finished'),
    ended('run_shell', 'shell', { command: 'ls' }, 'a.txt'),
  ]),
);
const call = async (name: string, args: Readonly<Record<string, unknown>>) => {
  const result = await tools.find((tool) => tool.name === name)?.run(args, context);
  return [result?.isError, JSON.stringify(result?.parts)];
};

describe('tools answered from a recording', () => {
  it('are those that reached out of the machine, and no others', () => {
    expect(tools.map(({ name, source }) => [name, source])).toEqual([
      ['web_fetch', 'web'],
      ['poll', 'mcp:jobs'],
    ]);
  });

  it('the same arguments get the recorded answer, in whatever order they are written', async () => {
    const args = { options: { page: 1, raw: true }, url: 'https://a.example/' };
    expect(await call('web_fetch', args)).toEqual([false, expect.stringContaining('page a')]);
  });

  it('a call that was made several times gets its answers in turn, then the last', async () => {
    const answers = [
      await call('poll', { id: 7 }),
      await call('poll', { id: 7 }),
      await call('poll', { id: 7 }),
    ];
    expect(answers.map(([, text]) => text)).toEqual([
      expect.stringContaining('running'),
      expect.stringContaining('finished'),
      expect.stringContaining('finished'),
    ]);
  });

  it('other arguments are told what is recorded instead', async () => {
    expect(await call('web_fetch', { url: 'https://b.example/' })).toEqual([
      true,
      expect.stringContaining('https://a.example/'),
    ]);
  });
});
