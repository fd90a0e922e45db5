import { describe, expect, it } from 'vitest';
import { type Model, NO_USAGE, type ScriptedReply, scriptedModel } from '../agent/index.ts';
import { OpenSpaceError } from '../lib/index.ts';
import { type Draft, encodeText, type Library, type SkillFiles } from '../skills/index.ts';
import type { Arm, Check, GateCase, GateDeps, Runner } from './gate.ts';
import { verify } from './gate.ts';

const SKILL =
  '---\nname: count-lines\ndescription: Count the lines of log files.\n---\n\n# Count\n\nUse `wc -l`.\n';
const files: SkillFiles = new Map([['SKILL.md', encodeText(SKILL)]]);
const draft: Draft = {
  origin: 'captured',
  parents: [],
  files,
  reason: 'AUTHORS-REASON',
  author: 'a',
  state: 'trial',
};
const FINE = JSON.stringify({ verdict: 'fine', concerns: [] });
const CHECK: Check = { name: 'it is right', command: 'true', origin: 'task' };

const testCase = (number: number, checks: readonly Check[] = [CHECK]): GateCase => ({
  ...{ caseId: `run_${number}`, task: `Count the lines of the log file number ${number}.`, workspace: '/w' },
  ...{ versionIds: [], checks },
});

/** Passes by arm; `tokens` for each replay. */
function runner(passes: (arm: Arm['kind'], testCase: GateCase) => boolean, tokens = 1_000) {
  const replays: string[] = [];
  const fake: Runner = {
    async replay(item, arm) {
      replays.push(`${item.caseId} ${arm.kind}`);
      const passed = passes(arm.kind, item);
      return {
        ...{ runId: `r${replays.length}`, status: 'done', turns: 2 },
        usage: { ...NO_USAGE, inputTokens: tokens },
        checks: item.checks.map(({ name }) => ({ name, passed, output: '' })),
      };
    },
    async lookAtStart(_, checks) {
      const outcomes = checks.map(({ name, command }) => ({ name, passed: command === 'true', output: '' }));
      return { files: [{ path: 'a.log', sizeBytes: 3, head: 'a\n' }], checks: outcomes };
    },
  };
  return { fake, replays };
}

const noLibrary: Pick<Library, 'read' | 'getVersion' | 'versions'> = {
  read: () => new Map(),
  getVersion: () => {
    throw new Error('not asked for');
  },
  versions: () => [],
};

function deps(
  of: Partial<GateDeps> & { cases?: never; list?: readonly GateCase[]; judge?: Model | undefined },
): GateDeps {
  const { list = [], judge = scriptedModel(() => FINE), ...rest } = of;
  return {
    ...{ library: noLibrary, runner: undefined, signal: new AbortController().signal },
    model: () => judge,
    cases: { list: () => list, keepChecks: () => undefined },
    ...rest,
  };
}

const better = runner((arm) => arm === 'candidate').fake;
const four = [1, 2, 3].map((number) => testCase(number));
/** Done whatever the arm. */
const easy = testCase(9);
const byCase = (arm: Arm['kind'], item: GateCase) => item.caseId === 'run_9' || arm === 'candidate';

describe('the gate', () => {
  it('trusts what got other tasks done and broke none', async () => {
    const { fake } = runner(byCase);
    const verdict = await verify(draft, { runIds: ['run_1'] }, deps({ runner: fake, list: [...four, easy] }));
    expect(verdict.reasons.join(' ')).toContain('None got worse');
    expect(verdict.decision).toBe('trusted');
  });

  it('stops at the first task that it made worse, after looking twice', async () => {
    const { fake, replays } = runner((arm) => arm !== 'candidate');
    const verdict = await verify(draft, { runIds: [] }, deps({ runner: fake, list: four }));
    expect(verdict.decision).toBe('reject');
    expect(replays.map((replay) => replay.split(' ')[1])).toEqual(['candidate', 'none', 'candidate']);
  });

  it.each<[string, Partial<GateDeps> & { list?: readonly GateCase[] }, string]>([
    ['no runner', { list: four }, 'Nothing can be replayed'],
    ['no recorded task', { runner: better }, 'no recorded task'],
    ['no budget', { runner: better, list: four, budget: { maxTokens: 1 } }, 'budget ended after 0 of 3'],
    [
      'no model to review it',
      { runner: runner(byCase).fake, list: [...four, easy], model: () => undefined },
      'nobody reviewed it',
    ],
  ])('with %s a change stays on trial, and the report says why', async (_, given, why) => {
    const verdict = await verify(draft, { runIds: [] }, deps(given));
    expect(verdict.decision).toBe('trial');
    expect(verdict.report.missing.join(' ')).toContain(why);
  });

  it('an unsound change costs nothing: no model is asked, nothing is replayed', async () => {
    const judge = scriptedModel(() => FINE);
    const { fake, replays } = runner(() => true);
    const unsound = {
      ...draft,
      files: new Map([['SKILL.md', encodeText(`${SKILL}See [this](missing.md).\n`)]]),
    };
    const verdict = await verify(unsound, { runIds: [] }, deps({ judge, runner: fake, list: four }));
    expect([verdict.decision, judge.requests.length, replays.length]).toEqual(['reject', 0, 0]);
  });

  it('what the reviewer refuses is not replayed', async () => {
    const { fake, replays } = runner(() => true);
    const judge = scriptedModel(() =>
      JSON.stringify({ verdict: 'refuse', concerns: ['It sends files away.'] }),
    );
    const verdict = await verify(draft, { runIds: [] }, deps({ judge, runner: fake, list: four }));
    expect([verdict.decision, replays.length]).toEqual(['reject', 0]);
    expect(verdict.reasons).toContain('It sends files away.');
  });

  it.each<[string, ScriptedReply, string]>([
    ['hold already', JSON.stringify({ checks: [{ name: 'there', command: 'true' }] }), 'tell nothing'],
    ['are none', JSON.stringify({ checks: [] }), 'nothing to check'],
    ['are no JSON', 'I would look at it.', 'not in the expected form'],
  ])('a reviewer’s checks that %s make a case tell nothing', async (_, reply, note) => {
    const judge = scriptedModel((request) => (request.output?.name === 'skill_review' ? FINE : reply));
    const { fake, replays } = runner(() => true);
    const verdict = await verify(
      draft,
      { runIds: [] },
      deps({ judge, runner: fake, list: [testCase(1, [])] }),
    );
    expect(verdict.report.cases).toMatchObject([{ result: 'open', note: expect.stringContaining(note) }]);
    expect(replays).toEqual([]);
  });

  it('a case whose files are gone tells nothing, and the others go on', async () => {
    const { fake } = runner(byCase);
    const broken: Runner = {
      ...fake,
      replay(item, arm, signal) {
        if (item.caseId === 'run_2') throw new OpenSpaceError('not-found', 'its files are gone');
        return fake.replay(item, arm, signal);
      },
    };
    const list = [...four, testCase(4), easy];
    const verdict = await verify(draft, { runIds: [] }, deps({ runner: broken, list }));
    expect(verdict.decision).toBe('trusted');
    expect(verdict.report.cases.find(({ caseId }) => caseId === 'run_2')).toMatchObject({ result: 'open' });
  });

  it('a task that has nothing to do with the skill is not replayed', async () => {
    const { fake, replays } = runner(byCase);
    const other = { ...testCase(7), task: 'Translate the greeting into Norwegian, please.' };
    await verify(draft, { runIds: [] }, deps({ runner: fake, list: [...four, other] }));
    expect(replays.filter((replay) => replay.startsWith('run_7'))).toEqual([]);
  });
});
