// Learning from the command line, with the real binary, a real background worker and a scripted provider over HTTP.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { makeUser, runCli, type TestUser } from '../support/cli.ts';
import { type RecordedRequest, type ServerReply, startModelServer } from '../support/model-server.ts';

const users: TestUser[] = [];
afterEach(() => {
  for (const user of users.splice(0)) user.remove();
});

const SKILL =
  '---\nname: count-words\ndescription: Count words. Use when wc is missing.\n---\n\nUse `awk`.\n';
const COMMANDS = ['wordcount a.txt', 'words --count a.txt', 'nwords a.txt', 'echo 3'];

/** A task that takes three failing commands, an analysis that suggests a capture, an author that writes it. */
function answer({ body }: RecordedRequest): ServerReply {
  const text = JSON.stringify(body);
  if (text.includes('You read the recording'))
    return JSON.stringify({
      ...{ task_done: true, note: 'It took four tries.', failure_cause: 'none', evidence: [], skills: [] },
      tool_problems: [],
      suggestions: [
        {
          type: 'capture',
          target_skills: [],
          direction: 'Count words with awk.',
          quotes: ['words --count a.txt'],
        },
      ],
    });
  if (text.includes('Write a new skill'))
    return {
      calls: [
        { name: 'write_file', args: { path: 'SKILL.md', content: SKILL } },
        { name: 'finish', args: { summary: 'How to count words' } },
      ],
    };
  if (!text.includes('You are OpenSpace')) return '{"verdict": "fine", "concerns": []}';
  const command = COMMANDS[text.split('"role":"tool"').length - 1];
  return command === undefined ? 'There are 3 words.' : { calls: [{ name: 'run_shell', args: { command } }] };
}

async function setUp(env: Record<string, string> = {}) {
  const user = makeUser();
  users.push(user);
  const server = await startModelServer({ key: 'sk-test', replies: answer });
  const cli = (...args: string[]) =>
    runCli(user, args, {
      env: {
        ...{ OPENSPACE_MODEL: 'openai/gpt-test', OPENSPACE_LLM_API_KEY: 'sk-test', OPENSPACE_MODE: 'unsafe' },
        ...{ OPENSPACE_LLM_API_BASE: server.baseUrl, ...env },
      },
    });
  const json = async (...args: string[]): Promise<unknown> => {
    const { stdout, stderr } = await cli(...args, '--json');
    expect(stderr.replace(/^note: .*\n/gm, '')).toBe('');
    return JSON.parse(stdout);
  };
  return { cli, json, server };
}

describe('learning from the command line', () => {
  it('the answer does not wait: a background process learns, and ends by itself', async () => {
    const { cli, json, server } = await setUp({ OPENSPACE_LEARNING_WORKER: '1' });
    try {
      const run = await cli('run', 'count the words of a.txt', '--json');
      expect(JSON.parse(run.stdout)).toMatchObject({ status: 'done', learning: 'pending' });
      let status: unknown;
      for (let turn = 0; turn < 60; turn += 1) {
        status = await json('learn', 'status');
        if ((status as { done: number }).done === 2) break;
        await sleep(200);
      }
      expect(status).toMatchObject({ mode: 'auto', done: 2, pending: 0, running: 0, failed: 0 });
      expect(await json('review', 'list', '--all')).toMatchObject([{ kind: 'capture', state: 'committed' }]);
    } finally {
      await server.close();
    }
  }, 60_000);

  it('a proposal is shown with its diff and evidence, approved, and taken back', async () => {
    const { cli, json, server } = await setUp({ OPENSPACE_LEARNING_MODE: 'propose' });
    try {
      await cli('run', 'count the words of a.txt');
      expect(await json('learn')).toMatchObject([{ kind: 'analyze', status: 'done' }, { kind: 'evolve' }]);
      const [change] = (await json('review', 'list')) as [{ change_id: string }];
      const shown = await cli('review', 'show', change.change_id);
      for (const part of ['+name: count-words', 'words --count a.txt', 'Count words with awk.', 'tokens'])
        expect(shown.stdout).toContain(part);
      expect(await json('review', 'approve', change.change_id)).toMatchObject({ state: 'committed' });
      expect(await json('review', 'undo', change.change_id)).toMatchObject({ state: 'undone' });
      expect(await json('review', 'list')).toEqual([]);
    } finally {
      await server.close();
    }
  }, 60_000);

  it('a dry run shows what would be learnt, and changes nothing', async () => {
    const { json, cli, server } = await setUp();
    try {
      const run = JSON.parse((await cli('run', 'count the words of a.txt', '--json')).stdout) as {
        run_id: string;
      };
      expect(await json('learn', run.run_id, '--dry-run')).toMatchObject({
        suggestions: [{ kind: 'capture', outcome: 'admit', rule: 'costly' }],
        drafts: [{ summary: 'How to count words', diff: expect.stringContaining('+name: count-words') }],
      });
      expect(await json('review', 'list', '--all')).toEqual([]);
      expect(await json('learn', 'status')).toMatchObject({ pending: 1, done: 0 });
    } finally {
      await server.close();
    }
  }, 60_000);
});
