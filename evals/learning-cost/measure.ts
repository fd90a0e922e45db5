// One trivial task from its words to a fix and a capture on a scripted server, and the bytes of each request on the way.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/index.ts';
import { openOpenSpace } from '../../src/engine/index.ts';
import {
  fault,
  type RecordedRequest,
  type ServerReply,
  startModelServer,
} from '../../test/support/model-server.ts';

/** What the original sends for the same: selection, two turns, analysis, FIX, CAPTURED (measured at d1e367d). */
export const ORIGINAL = { requests: 6, bytes: 76_000 } as const;

export interface LearningCost {
  readonly requests: readonly { readonly what: string; readonly bytes: number }[];
  /** Requests of the gate: told apart, since the original has none. */
  readonly verification: readonly { readonly what: string; readonly bytes: number }[];
  /** Bytes of the engine without verification. */
  readonly bytes: number;
  readonly outcome: readonly string[];
}

const SKILL = `---
name: greeting-files
description: Write a greeting into a file. Use for hello files.
---

# Greeting files

Write the greeting with \`echo hello > hello.txt\`.
`;

const CAPTURED = `---
name: check-written-files
description: Check a file after it was written. Use when a task writes files.
---

# Check written files

Run \`cat\` on the file and compare it with what was asked for.
`;

/** Plays the task, then learns from it, and measures. */
export async function measureLearningCost(): Promise<LearningCost> {
  const root = mkdtempSync(join(tmpdir(), 'openspace-cost-'));
  const place = {
    home: join(root, 'home'),
    workspace: join(root, 'workspace'),
    skills: join(root, 'skills'),
  };
  mkdirSync(place.workspace, { recursive: true });
  mkdirSync(join(place.skills, 'greeting-files'), { recursive: true });
  writeFileSync(join(place.skills, 'greeting-files', 'SKILL.md'), SKILL);
  await using server = await startModelServer({ key: 'sk-test', replies: answer });
  try {
    const config = loadConfig({
      env: {
        ...{ PATH: process.env.PATH, OPENSPACE_HOME: place.home, OPENSPACE_MODEL: 'openai/gpt-test' },
        ...{ OPENSPACE_LLM_API_KEY: 'sk-test', OPENSPACE_LLM_API_BASE: server.baseUrl },
      },
      cwd: place.workspace,
      userHome: root,
      flags: { 'skills.dirs': [place.skills], 'learning.mode': 'auto', mode: 'unsafe' },
    });
    await using openSpace = await openOpenSpace({ config });
    // Forced, as for the original: what one run says is done at once, and a capture is not taken in by a skill.
    const { deps } = openSpace.learning();
    const forced = { ...deps.admission, sightings: 1, changeTokens: 0, takesIn: 2 };
    Object.assign(deps, { admission: forced });
    const report = await openSpace.run({
      task: 'Write a greeting into hello.txt',
      workspace: place.workspace,
    }).report;
    const outcome: string[] = [`task ${report.status}`];
    await openSpace.learning().drain({
      signal: new AbortController().signal,
      onJob: ({ kind, note }) => outcome.push(kind === 'evolve' ? (note.split('.')[0] ?? note) : 'analysed'),
    });
    const all = server.chats.map((request) => ({ what: kindOf(request), bytes: bytesOf(request) }));
    const isGate = ({ what }: { what: string }) => what === 'verification';
    const requests = all.filter((request) => !isGate(request));
    const bytes = requests.reduce((sum, request) => sum + request.bytes, 0);
    return { requests, bytes, verification: all.filter(isGate), outcome };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const bytesOf = ({ body }: RecordedRequest) => Buffer.byteLength(JSON.stringify(body));

function kindOf({ body }: RecordedRequest): string {
  const text = JSON.stringify(body);
  if (text.includes('You decide which skills')) return 'selection';
  if (text.includes('You read the recording')) return 'analysis';
  if (text.includes('Mend a skill')) return 'fix';
  if (text.includes('Write a new skill from what the run')) return 'capture';
  return text.includes('You are OpenSpace') ? 'task' : 'verification';
}

function answer(request: RecordedRequest): ServerReply {
  const text = JSON.stringify(request.body);
  const id = /greeting-files__\w+/.exec(text)?.[0] ?? '';
  const tool = (name: string, args: Record<string, unknown>) => ({ name, args });
  switch (kindOf(request)) {
    case 'selection':
      return JSON.stringify({ skills: [id], reason: 'fits' });
    case 'task':
      return text.includes('"role":"tool"')
        ? 'The greeting is in hello.txt.'
        : { calls: [tool('run_shell', { command: 'echo hello > hello.txt; cat hello.txt' })] };
    case 'analysis':
      return JSON.stringify(analysis(id));
    case 'fix':
      return {
        calls: [
          tool('edit_file', {
            path: 'SKILL.md',
            old_text: 'hello.txt`.',
            new_text: 'hello.txt`, then read it back.',
          }),
          tool('finish', { summary: 'Read the file back' }),
        ],
      };
    case 'capture':
      return {
        calls: [
          tool('write_file', { path: 'SKILL.md', content: CAPTURED }),
          tool('finish', { summary: 'How to check written files' }),
        ],
      };
    default:
      return fault.status(400); // the reviewer is off: the change stays on trial
  }
}

function analysis(id: string) {
  const quotes = ['echo hello > hello.txt; cat hello.txt'];
  return {
    ...{ task_done: true, note: 'Done.', failure_cause: 'none', evidence: [], tool_problems: [] },
    skills: [{ skill_id: id, applied: true, effect: 'helped', note: '' }],
    suggestions: [
      {
        type: 'fix',
        target_skills: [id],
        category: 'workflow',
        direction: 'Say that the file is read back.',
        quotes,
      },
      {
        type: 'capture',
        target_skills: [],
        category: 'workflow',
        direction: 'Check files after writing them.',
        quotes,
      },
    ],
  };
}

export function renderLearningCost({ requests, bytes, verification, outcome }: LearningCost): string {
  const rows = requests.map(({ what, bytes: size }) => `| ${what} | ${size.toLocaleString('en-US')} |`);
  const share = Math.round((100 * bytes) / ORIGINAL.bytes);
  return [
    '| Request | Bytes |',
    '|---|---|',
    ...rows,
    '',
    `${requests.length} requests, ${bytes.toLocaleString('en-US')} bytes: ${share} % of the original’s ${ORIGINAL.requests} requests and ${ORIGINAL.bytes.toLocaleString('en-US')} bytes.`,
    `Verification apart: ${verification.length} requests, ${verification.reduce((sum, each) => sum + each.bytes, 0).toLocaleString('en-US')} bytes.`,
    `Outcome: ${outcome.join(', ')}.`,
  ].join('\n');
}
