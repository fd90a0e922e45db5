import { afterEach, describe, expect, it } from 'vitest';
import {
  addSkill,
  analysisReply,
  type LearningHome,
  type LearningHomeOptions,
  makeLearningHome,
  type SampleRun,
} from '../../test/support/learning.ts';
import type { ScriptedReply } from '../agent/index.ts';
import { decodeText } from '../skills/index.ts';
import { drain, type JobReport } from './learn.ts';

const homes: LearningHome[] = [];
function open(options: LearningHomeOptions = {}): LearningHome {
  const home = makeLearningHome(options);
  homes.push(home);
  return home;
}
afterEach(() => {
  for (const home of homes.splice(0)) home.close();
});

async function work(home: LearningHome): Promise<JobReport[]> {
  const reports: JobReport[] = [];
  await drain(home.deps, { signal: new AbortController().signal, onJob: (report) => reports.push(report) });
  return reports;
}

const PDF_FAILS: SampleRun = {
  task: 'read the report and sum it up',
  steps: [
    {
      call: { name: 'run_shell', args: { command: 'pdftotext report.pdf' } },
      result: 'pdftotext: command not found',
      isError: true,
    },
    {
      call: { name: 'run_shell', args: { command: 'mutool draw report.pdf' } },
      result: 'mutool: command not found',
      isError: true,
    },
    {
      call: { name: 'run_shell', args: { command: 'python3 -c "import pypdf"' } },
      result: 'ModuleNotFoundError: pypdf',
      isError: true,
    },
    {
      call: { name: 'run_shell', args: { command: 'qpdf --json report.pdf' } },
      result: 'text of the report',
    },
  ],
};

const CAPTURE = {
  ...{ type: 'capture', target_skills: [], category: 'tool_guide' },
  direction: 'When pdftotext is missing, read a PDF with qpdf --json.',
  quotes: ['pdftotext: command not found', 'qpdf --json report.pdf'],
};

const NEW_SKILL = `---
name: pdf-without-pdftotext
description: Read a PDF where pdftotext and mutool are missing. Use when they are not found.
---

# PDF without pdftotext

1. Run \`qpdf --json <file>\` and take the text from its streams.
`;

const write = (content: string): ScriptedReply => ({
  calls: [
    { name: 'write_file', args: { path: 'SKILL.md', content } },
    { name: 'finish', args: { summary: 'How to read a PDF without pdftotext' } },
  ],
});

const edit = (old: string, now: string): ScriptedReply => ({
  calls: [
    { name: 'edit_file', args: { path: 'SKILL.md', old_text: old, new_text: now } },
    { name: 'finish', args: { summary: `${old} → ${now}` } },
  ],
});

describe('learning from a run', () => {
  it('a costly recovery becomes a skill on trial, with evidence, in two requests', async () => {
    const home = open({
      analysis: [analysisReply({ suggestions: [CAPTURE] })],
      evolution: [write(NEW_SKILL)],
    });
    home.run(PDF_FAILS);
    const reports = await work(home);
    expect(reports.map(({ kind, status }) => [kind, status])).toEqual([
      ['analyze', 'done'],
      ['evolve', 'done'],
    ]);
    const skill = home.deps.library.pickSkill('pdf-without-pdftotext');
    expect(skill).toMatchObject({ head: undefined, folder: undefined });
    const version = home.deps.library.getVersion(skill.trial ?? '');
    expect(version).toMatchObject({
      state: 'trial',
      origin: 'captured',
      author: 'learning (scripted/evolution)',
    });
    const [change] = home.deps.store.changes();
    expect(change).toMatchObject({
      state: 'committed',
      versionId: version.versionId,
      changeId: version.evidence,
    });
    expect(change?.evidence.map(({ quote }) => quote)).toEqual(CAPTURE.quotes);
    expect(home.models.analysis.requests).toHaveLength(1);
    expect(home.models.evolution.requests).toHaveLength(1);
  });

  it('an ordinary run teaches nothing and costs one request', async () => {
    const home = open({ analysis: [analysisReply()] });
    home.run({ task: 'say hello' });
    await work(home);
    expect(home.models.analysis.requests).toHaveLength(1);
    expect(home.deps.store.changes()).toEqual([]);
    expect(home.deps.queue.status()).toMatchObject({ done: 1, pending: 0 });
  });

  it('a worker that nobody listens to works all the same', async () => {
    const home = open({ analysis: [analysisReply()] });
    home.run({ task: 'say hello' });
    expect(await drain(home.deps, { signal: new AbortController().signal })).toEqual({
      jobs: 1,
      stopped: 'empty',
    });
    expect(home.deps.queue.status()).toMatchObject({ done: 1, running: 0 });
  });

  it('what is seen once waits, and becomes a change when another task meets it', async () => {
    const home = open({
      analysis: () => analysisReply({ suggestions: [CAPTURE] }),
      evolution: [write(NEW_SKILL)],
    });
    const easy = {
      ...PDF_FAILS,
      steps: PDF_FAILS.steps?.slice(1).toSpliced(0, 2, ...(PDF_FAILS.steps?.slice(0, 1) ?? [])) ?? [],
    };
    home.run({ ...easy, task: 'read the first report' });
    await work(home);
    expect(home.deps.store.topics()).toMatchObject([{ status: 'waiting' }]);
    home.run({ ...easy, task: 'read the first report' });
    await work(home);
    expect(home.deps.store.topics(), 'the same task again is no second sighting').toMatchObject([
      { status: 'waiting' },
    ]);
    home.run({ ...easy, task: 'count the pages of the other one' });
    await work(home);
    expect(home.deps.store.topics()).toMatchObject([{ status: 'changed' }]);
    expect(home.deps.store.changes()).toHaveLength(1);
  });

  it('a claim that the recording does not bear out leads to no change', async () => {
    const invented = { ...CAPTURE, quotes: ['Segmentation fault in libpdf', 'the user asked for it'] };
    const home = open({ analysis: [analysisReply({ suggestions: [invented] })] });
    home.run(PDF_FAILS);
    await work(home);
    expect(home.deps.store.suggestions({ runId: runIdOf(home) })).toMatchObject([
      { outcome: 'reject', rule: 'no-evidence', evidence: [] },
    ]);
  });

  it('a quote from the task alone is no evidence of what happened', async () => {
    const home = open({
      analysis: [analysisReply({ suggestions: [{ ...CAPTURE, quotes: ['the failed-payments report'] }] })],
    });
    home.run({ ...PDF_FAILS, task: 'sum up the failed-payments report' });
    await work(home);
    expect(home.deps.store.suggestions({ runId: runIdOf(home) })).toMatchObject([{ rule: 'no-evidence' }]);
  });

  it('an unreadable analysis is asked for once more, then the job fails with its reason', async () => {
    const home = open({ analysis: ['It went fine, I think.', 'Really fine.'] });
    home.run({ task: 'say hello' });
    const [report] = await work(home);
    expect(report).toMatchObject({ status: 'failed', note: expect.stringContaining('no JSON object') });
    expect(home.models.analysis.requests).toHaveLength(2);
    expect(home.deps.ledger.findAnalysis(runIdOf(home))).toBeUndefined();
    expect(home.deps.queue.status()).toMatchObject({ failed: 1 });
  });

  it('a repaired analysis counts like any other', async () => {
    const home = open({ analysis: ['Fine.', analysisReply({ note: 'Second try.' })] });
    home.run({ task: 'say hello' });
    await work(home);
    expect(home.deps.ledger.findAnalysis(runIdOf(home))).toMatchObject({
      completed: true,
      note: 'Second try.',
    });
  });

  it('a model that can’t be reached leaves the job for later', async () => {
    const home = open({
      analysis: [{ error: { kind: 'overloaded', message: 'busy' } }, analysisReply()],
    });
    home.run({ task: 'say hello' });
    expect(await work(home)).toMatchObject([{ status: 'retry' }]);
    expect(home.deps.queue.status()).toMatchObject({ pending: 1 });
    home.pass(2_000);
    expect(await work(home)).toMatchObject([{ status: 'done' }]);
  });

  it.each([
    ['a replay', { purpose: 'replay' as const }, 'no job'],
    ['a cancelled run', { status: 'cancelled' as const }, 'no job'],
    ['a crashed run', { crash: true }, 'nothing asked'],
  ])('%s is not learnt from', async (_, more, expected) => {
    const home = open();
    home.run({ task: 'say hello', ...more });
    const reports = await work(home);
    if (expected === 'no job') expect(reports).toEqual([]);
    expect(home.models.analysis.requests).toEqual([]);
  });
});

const runIdOf = (home: LearningHome) =>
  String(home.deps.db.get('SELECT run_id FROM learn_runs ORDER BY started_at DESC LIMIT 1')?.run_id);

describe('mending a skill', () => {
  const FIX = {
    ...{ type: 'fix', category: 'workflow', quotes: ['unknown flag: --fast'] },
    direction: 'The flag is called --quick.',
  };
  const failed = (versionId: string, suggestions: readonly unknown[]) =>
    analysisReply({
      ...{ task_done: false, failure_cause: 'skill', suggestions },
      skills: [{ skill_id: versionId, applied: true, effect: 'none', note: '' }],
    });
  const RUN: SampleRun = {
    ...{ task: 'build it', status: 'error' },
    steps: [
      {
        call: { name: 'run_shell', args: { command: 'make --fast' } },
        result: 'unknown flag: --fast',
        isError: true,
      },
    ],
  };

  it('a skill that was followed into failure is mended with a small edit, as a trial beside the head', async () => {
    const home = open({
      analysis: (_, turn) => (turn === 1 ? failed(id, [{ ...FIX, target_skills: [id] }]) : analysisReply()),
      evolution: [edit('make --fast', 'make --quick')],
    });
    const id = await addSkill(home, 'build', 'Run `make --fast`.\n\nKeep this line.');
    home.run({ ...RUN, skills: [id] });
    await work(home);
    const skill = home.deps.library.pickSkill('build');
    expect(skill.head).toBe(id);
    expect(home.deps.library.diff(skill.trial ?? '')).toContain('+Run `make --quick`.');
    expect(home.deps.store.changes()[0]).toMatchObject({ changedLines: 2, state: 'committed', kind: 'fix' });
  });

  it('an author that declines changes nothing, and the same is not asked of it again', async () => {
    const home = open({
      analysis: () => failed(id, [{ ...FIX, target_skills: [id] }]),
      evolution: [
        { calls: [{ name: 'decline', args: { reason: 'the tool changed for this machine only' } }] },
      ],
    });
    const id = await addSkill(home, 'build', 'Run `make --fast`.');
    home.run({ ...RUN, skills: [id] });
    await work(home);
    home.run({ ...RUN, task: 'build the other', skills: [id] });
    await work(home);
    expect(home.models.evolution.requests).toHaveLength(1);
    expect(home.deps.store.changes()).toMatchObject([
      { state: 'declined', reason: expect.stringContaining('this machine') },
    ]);
    expect(home.deps.library.versions(home.deps.library.pickSkill('build').skillId)).toHaveLength(1);
  });

  it('prose is no edit: nothing is written', async () => {
    const home = open({
      analysis: () => failed(id, [{ ...FIX, target_skills: [id] }]),
      evolution: ['The patch looks good. Let me verify it. <EVOLUTION_COMPLETE>'],
    });
    const id = await addSkill(home, 'build', 'Run `make --fast`.');
    home.run({ ...RUN, skills: [id] });
    await work(home);
    expect(home.deps.store.changes()).toMatchObject([{ state: 'rejected', files: null }]);
    expect(home.deps.library.pickSkill('build').trial).toBeUndefined();
  });

  it('the original’s patch format is still an edit', async () => {
    const patch =
      'CHANGE_SUMMARY: right flag\n\n*** Begin Patch\n*** Update File: SKILL.md\n@@\n-Run `make --fast`.\n+Run `make --quick`.\n*** End Patch\n<EVOLUTION_COMPLETE>';
    const home = open({ analysis: () => failed(id, [{ ...FIX, target_skills: [id] }]), evolution: [patch] });
    const id = await addSkill(home, 'build', 'Run `make --fast`.');
    home.run({ ...RUN, skills: [id] });
    await work(home);
    expect(home.deps.store.changes()).toMatchObject([{ state: 'committed', summary: 'right flag' }]);
  });

  it('what the environment broke is not mended in the skill', async () => {
    const home = open({
      analysis: [
        analysisReply({
          ...{ task_done: false, failure_cause: 'environment' },
          skills: [{ skill_id: 'x', applied: true, effect: 'none', note: '' }],
          suggestions: [{ ...FIX, target_skills: ['build'] }],
        }),
      ],
    });
    const id = await addSkill(home, 'build', 'Run `make --fast`.');
    home.run({ ...RUN, skills: [id] });
    await work(home);
    expect(home.deps.store.changes()).toEqual([]);
  });

  it('a pinned skill is left alone', async () => {
    const home = open({ analysis: () => failed(id, [{ ...FIX, target_skills: [id] }]) });
    const id = await addSkill(home, 'build', 'Run `make --fast`.');
    const { skillId } = home.deps.library.pickSkill('build');
    await home.deps.library.pin(skillId, true, { author: 'user', reason: 'mine' });
    home.run({ ...RUN, skills: [id] });
    const reports = await work(home);
    expect(reports.at(-1)?.note).toContain('is pinned');
    expect(home.models.evolution.requests).toEqual([]);
  });
});

describe('skills that nobody taught', () => {
  it('a harmful skill of the user is only proposed to be put away', async () => {
    const home = open({
      analysis: () =>
        analysisReply({
          skills: [{ skill_id: id, applied: true, effect: 'harmed', note: 'it deletes the sources' }],
        }),
    });
    const id = await addSkill(home, 'clean', 'Run `git clean -fdx`.');
    home.run({ task: 'tidy up', skills: [id] });
    home.run({ task: 'tidy up the other', skills: [id] });
    await work(home);
    expect(home.deps.store.changes()).toMatchObject([{ kind: 'retire', state: 'proposed' }]);
    expect(home.deps.library.pickSkill('clean').archived).toBe(false);
  });
});

describe('modes', () => {
  const options = { analysis: [analysisReply({ suggestions: [CAPTURE] })], evolution: [write(NEW_SKILL)] };

  it('observe says what it would do and writes nothing', async () => {
    const home = open({ ...options, mode: 'observe' });
    home.run(PDF_FAILS);
    await work(home);
    expect(home.deps.store.suggestions({ runId: runIdOf(home) })).toMatchObject([
      { outcome: 'admit', rule: 'costly' },
    ]);
    expect(home.models.evolution.requests).toEqual([]);
    expect(home.deps.library.count().usable).toBe(0);
  });

  it('propose writes a change for a person, and no version', async () => {
    const home = open({ ...options, mode: 'propose' });
    home.run(PDF_FAILS);
    await work(home);
    const [change] = home.deps.store.changes(['proposed']);
    expect(decodeText(change?.files?.get('SKILL.md') ?? new Uint8Array())).toBe(NEW_SKILL);
    expect(home.deps.library.findSkill('pdf-without-pdftotext')).toBeUndefined();
  });

  it('off keeps the ledger and asks no model', async () => {
    const home = open({ ...options, mode: 'off' });
    home.run(PDF_FAILS);
    expect(await work(home)).toEqual([]);
    expect(home.deps.ledger.findRun(runIdOf(home))).toMatchObject({ status: 'done' });
  });
});
