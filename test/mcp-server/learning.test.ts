// Learning over MCP: a skill is repaired, a run's lessons appear in its result, proposals are shown and decided.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { makeUser, runCli, type TestUser } from '../support/cli.ts';
import { type RecordedRequest, type ServerReply, startModelServer } from '../support/model-server.ts';
import { addSkill, call, connectStdio } from './support.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const CAPTURED =
  '---\nname: count-words\ndescription: Count words. Use when wc is missing.\n---\n\nUse `awk`.\n';
const COMMANDS = ['wordcount a.txt', 'words --count a.txt', 'nwords a.txt', 'echo 3'];

/** The agent of a task, the analyst, the author of a repair and of a capture, and the reviewer. */
function answer({ body }: RecordedRequest): ServerReply {
  const text = JSON.stringify(body);
  const finish = (summary: string) => ({ name: 'finish', args: { summary } });
  if (text.includes('You read the recording'))
    return JSON.stringify({
      ...{ task_done: true, note: 'It took four tries.', failure_cause: 'none', evidence: [], skills: [] },
      tool_problems: [],
      suggestions: [
        {
          ...{ type: 'capture', target_skills: [], direction: 'Count words with awk.' },
          quotes: ['words --count a.txt'],
        },
      ],
    });
  if (text.includes('Write a new skill'))
    return {
      calls: [
        { name: 'write_file', args: { path: 'SKILL.md', content: CAPTURED } },
        finish('Counting words'),
      ],
    };
  if (text.includes('Mend a skill')) {
    if (text.includes('nothing is wrong'))
      return { calls: [{ name: 'decline', args: { reason: 'It is fine' } }] };
    const edit = { path: 'SKILL.md', old_text: 'Do it step by step.', new_text: 'Run `qpdf --pages`.' };
    return { calls: [{ name: 'edit_file', args: edit }, finish('Names the command')] };
  }
  if (!text.includes('You are OpenSpace')) return '{"verdict": "fine", "concerns": []}';
  const command = COMMANDS[text.split('"role":"tool"').length - 1];
  return command === undefined ? 'There are 3 words.' : { calls: [{ name: 'run_shell', args: { command } }] };
}

async function setUp(more: Record<string, string> = {}) {
  const user = makeUser();
  const server = await startModelServer({ key: 'sk-test', replies: answer });
  const env = {
    ...{ OPENSPACE_MODEL: 'openai/gpt-test', OPENSPACE_LLM_API_KEY: 'sk-test', OPENSPACE_MODE: 'unsafe' },
    ...{ OPENSPACE_LLM_API_BASE: server.baseUrl, OPENSPACE_LEARNING_WORKER: '0', ...more },
  };
  const { client, close } = await connectStdio(user, env);
  cleanups.push(
    () => user.remove(),
    () => server.close(),
    close,
  );
  return { user, client, env };
}

const skillLog = async (user: TestUser, env: Record<string, string>, name: string) =>
  JSON.parse((await runCli(user, ['skills', 'log', name, '--json'], { env })).stdout);

describe('learning over MCP', { timeout: 90_000 }, () => {
  it('fix_skill makes a new version in the library, and answers in the original’s fields', async () => {
    const { user, client, env } = await setUp();
    addSkill(user, 'pdf-merge', 'Merge PDF files and add page numbers');
    const folder = join(user.dataHome, 'skills', 'pdf-merge');
    const { json, isError } = await call(client, 'fix_skill', {
      skill_dir: folder,
      direction: 'Say which command merges the files.',
    });
    expect([isError, json.status]).toEqual([false, 'success']);
    expect(json.new_skill).toMatchObject({
      ...{ skill_dir: folder, name: 'pdf-merge', origin: 'fixed', change_summary: 'Names the command' },
      ...{ upload_ready: json.new_skill.state === 'trusted' },
    });
    const versions = await skillLog(user, env, 'pdf-merge');
    expect(JSON.stringify(versions)).toContain('fixed');
    expect(readFileSync(join(folder, 'SKILL.md'), 'utf8')).toContain(
      json.new_skill.state === 'trusted' ? 'qpdf' : 'step by step',
    );
  });

  it('fix_skill takes in a folder outside of the library, and says why nothing was changed', async () => {
    const { user, client } = await setUp();
    const elsewhere = { ...user, dataHome: user.project };
    addSkill(elsewhere, 'notes', 'Take notes');
    const { json, isError } = await call(client, 'fix_skill', {
      skill_dir: join(user.project, 'skills', 'notes'),
      direction: 'nothing is wrong',
    });
    expect([isError, json.status, json.code]).toEqual([true, 'error', 'invalid']);
    expect(json.error).toContain('It is fine');
  });

  it('a task’s result tells what was learnt from it in the background', async () => {
    const { client } = await setUp({ OPENSPACE_LEARNING_WORKER: '1' });
    const done = await call(client, 'execute_task', { task: 'count the words of a.txt' });
    expect(done.json).toMatchObject({ status: 'success', learning: 'pending' });
    let evolved: unknown;
    for (let turn = 0; turn < 100 && evolved === undefined; turn += 1) {
      await sleep(200);
      evolved = (await call(client, 'get_task', { task_id: done.json.task_id })).json.evolved_skills;
    }
    expect(evolved).toMatchObject([{ name: 'count-words', origin: 'captured', state: 'trial' }]);
  });

  it('a proposal is listed, shown with its diff, approved, and taken back', async () => {
    const { user, client, env } = await setUp({ OPENSPACE_LEARNING_MODE: 'propose' });
    expect((await call(client, 'list_proposals', {})).json).toMatchObject({ count: 0, proposals: [] });
    const done = await call(client, 'execute_task', { task: 'count the words of a.txt' });
    expect(done.json.learning).toBe('pending');
    expect((await runCli(user, ['learn'], { env })).code).toBe(0);
    const { json: list } = await call(client, 'list_proposals', {});
    expect(list.proposals).toMatchObject([{ kind: 'capture', state: 'proposed', summary: 'Counting words' }]);
    const change = { change_id: list.proposals[0].change_id };
    const { json: whole } = await call(client, 'list_proposals', change);
    expect(whole.diff).toContain('+name: count-words');
    expect(whole.evidence.join()).toContain('words --count');

    const decide = async (decision: string) =>
      (await call(client, 'decide_proposal', { ...change, decision })).json;
    expect(await decide('reject')).toMatchObject({ state: 'rejected', decided_by: 'mcp:test-host' });
    expect(await decide('undo')).toMatchObject({ state: 'proposed' });
    expect(await decide('approve_trusted')).toMatchObject({ state: 'committed', version_state: 'trusted' });
    const found = await call(client, 'search_skills', { query: 'count words' });
    expect(found.json.results[0].name).toBe('count-words');
    expect(await decide('approve')).toMatchObject({ code: 'invalid' });
    expect(await decide('undo')).toMatchObject({ state: 'undone' });
  });
});
