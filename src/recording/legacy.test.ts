// The original's recordings, as they are found: whole, broken and half empty.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readOriginalRecording } from './legacy.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'openspace-original-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, ...lines: unknown[]) =>
  writeFileSync(
    join(folder, name),
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
  );

it('reads task, choice, messages, calls and outcome', () => {
  write('metadata.json', {
    ...{ task_id: 't1', start_time: '2026-03-16T10:00:00', end_time: '2026-03-16T10:02:00' },
    skill_selection: {
      task: 'cut off',
      selected: ['a__v0_1'],
      available_skills: ['a__v0_1', 'b__v0_2'],
      model: 'm/x',
    },
    execution_outcome: { status: 'incomplete', iterations: 2, execution_time: 1.25 },
  });
  write(
    'conversations.jsonl',
    {
      type: 'setup',
      agent_name: 'GroundingAgent',
      messages: [
        { role: 'system', content: 's' },
        { role: 'user', content: 'The whole task' },
      ],
    },
    {
      type: 'iteration',
      agent_name: 'GroundingAgent',
      iteration: 1,
      delta_messages: [
        {
          role: 'assistant',
          content: [{ type: 'text', text: 'look' }],
          tool_calls: [{ function: { name: 'run_shell', arguments: '{"command":"ls"}' } }],
        },
        { role: 'tool', content: 'a.txt' },
      ],
    },
  );
  write('traj.jsonl', {
    step: 1,
    timestamp: '2026-03-16T10:00:05.123456',
    backend: 'mcp',
    server: 's',
    tool: 't',
    command: 's.t',
    result: { status: 'error', output: 'no' },
  });
  expect(readOriginalRecording(folder)).toMatchObject({
    ...{
      taskId: 't1',
      task: 'The whole task',
      model: 'm/x',
      status: 'incomplete',
      iterations: 2,
      tookMs: 1250,
    },
    ...{
      selected: ['a__v0_1'],
      available: ['a__v0_1', 'b__v0_2'],
      problems: [],
      startedAt: '2026-03-16T10:00:00.000Z',
    },
    messages: [
      { iteration: 0, role: 'system' },
      { iteration: 0, role: 'user' },
      {
        iteration: 1,
        role: 'assistant',
        text: 'look',
        toolCalls: [{ name: 'run_shell', args: '{"command":"ls"}' }],
      },
      { iteration: 1, role: 'tool', text: 'a.txt' },
    ],
    steps: [{ step: 1, tool: 'mcp:s:t', succeeded: false, output: 'no', at: '2026-03-16T10:00:05.123Z' }],
  });
});

it('leaves out broken lines and says so; a run without an outcome is no success', () => {
  write('metadata.json', '{"task_id": "t2"');
  write('conversations.jsonl', { type: 'setup', messages: 'odd' }, 'half a li', '', [1, 2], {
    type: 'iteration',
    delta_messages: [null, 7],
  });
  expect(readOriginalRecording(folder)).toMatchObject({ status: 'error', task: '', steps: [] });
  expect(readOriginalRecording(folder)?.problems).toHaveLength(2);
});

it('a folder without any of the files is no recording', () => {
  mkdirSync(join(folder, 'screenshots'));
  expect(readOriginalRecording(folder)).toBeUndefined();
});
