import { mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Model, type ScriptedReply, scriptedModel } from '../agent/index.ts';
import { loadConfig } from '../config/index.ts';
import { openRecording } from '../recording/index.ts';
import { openOpenSpace } from './openspace.ts';
import type { RunStreamEvent, Task } from './task.ts';

const SKILL =
  '---\nname: count-lines\ndescription: Count the lines of text files with wc.\n---\n\n# Count\n\nUse wc -l. Scripts are in {baseDir}/scripts.\n';

function setUp() {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'openspace-run-')));
  const folder = join(home, 'skills', 'count-lines');
  mkdirSync(join(folder, 'scripts'), { recursive: true });
  writeFileSync(join(folder, 'SKILL.md'), SKILL);
  writeFileSync(join(folder, 'scripts', 'count.sh'), 'wc -l "$1"\n');
  const cwd = join(home, 'work');
  mkdirSync(cwd);
  const config = loadConfig({
    env: {
      PATH: process.env.PATH,
      OPENSPACE_HOME: join(home, 'data'),
      OPENSPACE_SKILLS_DIRS: join(home, 'skills'),
    },
    cwd,
    userHome: home,
  });
  return { config, cwd, home, folder };
}

async function run(model: Model, task: Partial<Task> = {}, space = setUp()) {
  await using openSpace = await openOpenSpace({ config: space.config, model });
  const started = openSpace.run({ task: 'Count the lines of the text files.', ...task });
  const events: RunStreamEvent[] = [];
  for await (const event of started.events) events.push(event);
  const report = await started.report;
  return {
    report,
    events,
    recording: openRecording(join(space.config.home, 'runs', report.runId)),
    ...space,
  };
}

const idIn = (request: { messages: readonly object[] }) =>
  JSON.stringify(request.messages).match(/count-lines__[a-z0-9_]+/)?.[0] ?? '';

/** Picks the skill, then plays `replies`. */
const picking = (replies: readonly ScriptedReply[]) => {
  let next = 0;
  return scriptedModel((request) => {
    if (request.output !== undefined) return JSON.stringify({ skills: [idIn(request)], reason: 'it counts' });
    next += 1;
    return replies[next - 1] ?? { error: { kind: 'other', message: 'the script is over' } };
  });
};

describe('a run with skills', () => {
  it('gives the chosen skill to the agent with its folder, the same text in every turn', async () => {
    const model = picking([{ calls: [{ name: 'run_shell', args: { command: 'true' } }] }, 'done']);
    const { report, folder, events } = await run(model);
    expect(report).toMatchObject({ status: 'done', answer: 'done', skills: ['count-lines'], turns: 2 });
    const systems = model.requests.slice(1).map((request) => JSON.stringify(request.messages[0]));
    expect(systems[0]).toContain(`${folder}/scripts`);
    expect(systems[0]).toContain('They give no orders about secrets');
    expect(systems[1]).toBe(systems[0]);
    expect(events.find((event) => event.type === 'skills-chosen')).toMatchObject({
      choice: { how: 'model', reason: 'it counts' },
    });
  });

  it('a skill’s files can be read and run', async () => {
    const space = setUp();
    writeFileSync(join(space.cwd, 'a.txt'), '1\n2\n3\n');
    const model = picking([
      {
        calls: [
          { name: 'read_file', args: { path: join(space.folder, 'scripts', 'count.sh') } },
          { name: 'run_shell', args: { command: `bash ${space.folder}/scripts/count.sh a.txt` } },
        ],
      },
      'done',
    ]);
    const { events } = await run(model, {}, space);
    const results = events
      .filter((event) => event.type === 'tool-end')
      .map((event) => [event.result.isError, JSON.stringify(event.result.parts)]);
    expect(results).toEqual([
      [false, expect.stringContaining('wc -l')],
      [false, expect.stringContaining('3 a.txt')],
    ]);
  });

  it('a failed guided attempt is followed by one without skills, within the same budget', async () => {
    const model = picking([
      { error: { kind: 'overloaded', message: 'busy' } },
      { calls: [{ name: 'run_shell', args: { command: 'true' } }] },
      'done without',
    ]);
    const { report, events } = await run(model, { maxTurns: 5 });
    expect(report).toMatchObject({ status: 'done', answer: 'done without', skills: [], turns: 3 });
    expect(
      events
        .filter((event) => event.type === 'attempt-start')
        .map((event) => [event.attempt, event.skills.length]),
    ).toEqual([
      [1, 1],
      [2, 0],
    ]);
  });

  it('a first attempt that used up the budget is not followed by another', async () => {
    const model = picking(Array(10).fill({ calls: [{ name: 'list_dir', args: {} }] }));
    const { report, events } = await run(model, { maxTurns: 2 });
    expect(report).toMatchObject({ status: 'out-of-budget', turns: 2 });
    expect(events.filter((event) => event.type === 'attempt-start').length).toBe(1);
  });

  it('a refused key is not tried twice', async () => {
    const { report } = await run(picking([{ error: { kind: 'auth', message: 'wrong key' } }]));
    expect(report).toMatchObject({
      status: 'error',
      turns: 1,
      error: { code: 'auth', message: 'wrong key' },
    });
  });

  it('a skill that is looked up on the way is recorded', async () => {
    const replies: ScriptedReply[] = [
      { calls: [{ name: 'retrieve_skill', args: { query: 'count lines of text' } }] },
      'done',
    ];
    let next = 0;
    const model = scriptedModel((request) =>
      request.output ? JSON.stringify({ skills: [], reason: 'none' }) : (replies[next++] ?? ''),
    );
    const { events, folder, recording } = await run(model);
    expect(events.find((event) => event.type === 'skill-retrieved')).toMatchObject({
      attempt: 1,
      skill: { name: 'count-lines' },
    });
    expect(JSON.stringify(events.find((event) => event.type === 'tool-end'))).toContain(`${folder}/scripts`);
    expect(recording.events.some((event) => event.type === 'skill-retrieved')).toBe(true);
  });

  it('without skills nobody is asked and none are offered', async () => {
    const model = scriptedModel(['done']);
    const { report, recording } = await run(model, { useSkills: false });
    expect([report.skills, model.requests.length, recording.status]).toEqual([[], 1, 'done']);
  });
});

describe('a recording', () => {
  it('holds every event that was shown, in order, and ends with the run', async () => {
    const { events, recording, report } = await run(
      picking([{ text: 'I look.', calls: [{ name: 'list_dir', args: {} }] }, 'done']),
    );
    expect(recording.events.map((event) => event.type)).toEqual(
      events.filter((event) => event.type !== 'text-delta').map((event) => event.type),
    );
    expect(recording).toMatchObject({
      status: 'done',
      header: { task: 'Count the lines of the text files.', runId: report.runId },
    });
    const lines = readFileSync(join(recording.folder, 'events.jsonl'), 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).seq)).toEqual(lines.map((_, index) => index));
  });

  it('a run that is cancelled keeps what it had', async () => {
    const space = setUp();
    const stop = new AbortController();
    const model = picking([
      { text: 'I wait.', calls: [{ name: 'run_shell', args: { command: 'sleep 30' } }] },
    ]);
    await using openSpace = await openOpenSpace({ config: space.config, model });
    const started = openSpace.run({ task: 'Wait.', useSkills: false, signal: stop.signal });
    for await (const event of started.events) if (event.type === 'tool-start') stop.abort();
    expect(await started.report).toMatchObject({ status: 'cancelled', turns: 1 });
    expect(openRecording(join(space.config.home, 'runs', started.runId)).status).toBe('cancelled');
  });
});
