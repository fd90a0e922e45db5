// Consolidation: proposals with evidence, merges that lose nothing, and everything back exactly as it was.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acceptAll, snapshotOf } from '../../evals/retrieval/consolidation.ts';
import {
  applyProposal,
  type Ledger,
  openLedger,
  type Proposal,
  proposeConsolidation,
  skillStats,
  undoConsolidation,
} from '../../src/learning/index.ts';
import { lintSkill, type Skill, type SkillFiles } from '../../src/skills/index.ts';
import { CAUSE, commitOk, complaintsOf, newHome, type OpenedLibrary, openAt } from './world.ts';

let opened: OpenedLibrary;
let ledger: Ledger;
beforeEach(() => {
  opened = openAt(newHome());
  ledger = openLedger(opened.db);
});
afterEach(() => {
  opened.close();
  rmSync(opened.home, { recursive: true, force: true });
});

const PDF = 'Extract text from scanned PDF invoices with tesseract, page by page, and repair broken tables.';
const skill = (
  name: string,
  description: string,
  body: string,
  more: Record<string, string> = {},
): SkillFiles =>
  new Map(
    Object.entries({
      'SKILL.md': `---\nname: ${name}\ndescription: ${description}\n---\n\n# ${name}\n\n${body}\n`,
      ...more,
    }).map(([path, text]) => [path, Buffer.from(text)]),
  );
const add = async (files: SkillFiles) => (await commitOk(opened.library, { files })).skill;
const propose = (target?: number) => proposeConsolidation(opened, target === undefined ? {} : { target });
const textOf = (one: Proposal) =>
  one.kind === 'archive' ? '' : Buffer.from(one.files.get('SKILL.md') ?? []).toString();
const snapshot = (only?: Parameters<typeof snapshotOf>[1]) =>
  snapshotOf({ ...opened, close: () => undefined }, only);

/** Runs that were offered the skill; `had`: and had it; `done`: the task was done. */
function runs(
  one: Skill,
  count: number,
  given: { had: boolean; applied?: boolean; done: boolean; tokens?: number },
) {
  for (let n = 0; n < count; n += 1) {
    const runId = `${one.name}-${JSON.stringify(given)}-${n}`;
    const [status, at] = [given.done ? ('done' as const) : ('incomplete' as const), '2100-01-01T00:00:00Z'];
    ledger.recordRun({
      ...{
        runId,
        source: 'openspace',
        purpose: 'task',
        task: 't',
        model: null,
        status,
        startedAt: at,
        endedAt: at,
      },
      attempts: [{ attempt: 1, outcome: status, tokens: (given.tokens ?? 100) + n, tookMs: 10 }],
    });
    const versionId = one.head;
    if (versionId === undefined) continue;
    ledger.recordUses(runId, [
      { attempt: 1, versionId, skillId: one.skillId, how: given.had ? 'chosen' : 'offered' },
    ]);
    if (given.applied === undefined) continue;
    ledger.recordAnalysis({
      ...{
        runId,
        completed: given.done,
        note: '',
        toolIssues: [],
        suggestions: [],
        analyzedBy: 'x',
        analyzedAt: at,
      },
      judgments: [{ versionId, applied: given.applied, note: '' }],
    });
  }
}

describe('a merge of near-duplicates', () => {
  it('keeps the leading skill, adds what only the others say, and is lint-clean', async () => {
    const lead = await add(skill('pdf-invoices', PDF, `${PDF}\n\n## Steps\n\nRun tesseract on each page.`));
    runs(lead, 1, { had: true, applied: true, done: true });
    await add(
      skill(
        'pdf-invoice-text',
        PDF,
        `${PDF}\n\n## Steps\n\nRun tesseract on each page.\n\n## Scans that lean\n\nTurn the page first.`,
      ),
    );
    await add(skill('audio-mix', 'Mix audio tracks with ffmpeg.', 'Use amix and loudnorm.'));
    const [merge, ...rest] = propose();
    expect(rest).toEqual([]);
    expect(merge).toMatchObject({
      kind: 'merge',
      skills: [{ name: 'pdf-invoices' }, { name: 'pdf-invoice-text' }],
    });
    if (merge?.kind !== 'merge') throw new Error('no merge');
    expect(merge.evidence.join('\n')).toMatch(/alike in their words[\s\S]*followed in 1[\s\S]*tokens to/);
    expect(textOf(merge)).toContain('## Variant: pdf-invoice-text');
    expect(textOf(merge)).toContain('### Scans that lean\n\nTurn the page first.');
    expect(textOf(merge).match(/Run tesseract on each page/g)?.length).toBe(1);
    expect(lintSkill(merge.files).filter(({ severity }) => severity !== 'info')).toEqual([]);
    expect(propose()).toEqual(propose());

    const applied = await applyProposal(opened.library, merge, 'me');
    if (!applied.ok) throw new Error(applied.reason);
    const version = opened.library.getVersion(applied.skill?.head ?? '');
    expect(version).toMatchObject({
      origin: 'merged',
      name: 'pdf-invoices',
      evidence: `consolidation:${merge.id}`,
    });
    expect(version.parents).toEqual(merge.skills.map(({ versionId }) => versionId));
    expect(opened.library.list().skills.map(({ name }) => name)).toEqual(['audio-mix', 'pdf-invoices']);
    expect(complaintsOf(opened)).toEqual([]);
  });

  it('is refused when a parent has changed since, and nothing is changed then', async () => {
    const first = await add(skill('pdf-one', PDF, PDF));
    await add(skill('pdf-two', PDF, `${PDF} Twice.`));
    const [merge] = propose();
    if (merge === undefined) throw new Error('no merge');
    await opened.library.commit({
      ...{
        origin: 'edited',
        parents: [first.head ?? first.trial].flatMap((id) => id ?? []),
        state: 'trusted',
      },
      ...{ files: skill('pdf-one', PDF, 'Something else.'), reason: 'r', author: 'a' },
    });
    const before = snapshot();
    expect(await applyProposal(opened.library, merge, 'me')).toMatchObject({
      ok: false,
      reason: /changed since/,
    });
    expect(snapshot()).toEqual(before);
  });

  it('files that say different things under one name keep two skills apart', async () => {
    await add(skill('pdf-one', PDF, PDF, { 'scripts/run.sh': 'one' }));
    await add(skill('pdf-two', PDF, `${PDF} Twice.`, { 'scripts/run.sh': 'two' }));
    expect(propose()).toEqual([]);
  });

  it('a pinned skill is left alone', async () => {
    const first = await add(skill('pdf-one', PDF, PDF));
    await add(skill('pdf-two', PDF, `${PDF} Twice.`));
    await opened.library.pin(first.skillId, true, CAUSE);
    expect(propose()).toEqual([]);
  });

  it('never has more than three parents', async () => {
    for (let n = 0; n < 7; n += 1) await add(skill(`pdf-${n}`, PDF, `${PDF} Variant ${n}.`));
    const merges = propose(1);
    expect(merges.map(({ skills }) => skills.length).sort()).toEqual([3, 3]);
  });
});

describe('archives', () => {
  it('a skill with which runs do worse than without it', async () => {
    const bad = await add(skill('bad-advice', 'Deletes the cache.', 'rm -r cache'));
    runs(bad, 6, { had: true, applied: true, done: false });
    runs(bad, 6, { had: false, done: true });
    expect(propose()).toMatchObject([
      { kind: 'archive', why: 'harmful', evidence: [/0 of 6 times.*6 of 6 times/] },
    ]);
  });

  it.each([
    [5, 'never-applied', /followed in none of 5/],
    [4, undefined, undefined],
  ])('a skill that %d runs had and none followed', async (count, why, evidence) => {
    const one = await add(skill('vague', 'Be careful.', 'Think.'));
    runs(one, count, { had: true, applied: false, done: true });
    expect(propose()).toMatchObject(why === undefined ? [] : [{ why, evidence: [evidence] }]);
  });

  it('a skill that was in none of many runs, but not one that is new', async () => {
    const used = await add(skill('used', 'Mix audio tracks.', 'ffmpeg'));
    await add(skill('unused', 'Draw charts of sales.', 'matplotlib'));
    runs(used, 19, { had: true, applied: true, done: true });
    expect(propose()).toEqual([]);
    runs(used, 2, { had: true, done: true });
    expect(propose()).toMatchObject([
      { why: 'never-used', skills: [{ name: 'unused' }], evidence: [/none of 21 runs/] },
    ]);
  });
});

describe('a shrink', () => {
  const long = (title: string) =>
    `## ${title}\n\n${`Words about ${title} and much more of them. `.repeat(250)}\n\n`;

  it('moves the longest sections to pages, loses no word, and can be taken back with the same head', async () => {
    const one = await add(
      skill('huge', 'Knows everything.', `${long('First part')}${long('Second part')}## Short\n\nStays.`),
    );
    const before = snapshot();
    const [shrink] = propose();
    if (shrink?.kind !== 'shrink') throw new Error('no shrink');
    expect(textOf(shrink)).toContain('Read [references/second-part.md](references/second-part.md)');
    expect(textOf(shrink)).toContain('Stays.');
    const all = [...shrink.files.values()].map((bytes) => Buffer.from(bytes).toString()).join('\n');
    expect(all.match(/Words about/g)?.length).toBe(500);
    expect(shrink.tokensAfter).toBeLessThan(3_500);
    expect(lintSkill(shrink.files).filter(({ severity }) => severity !== 'info')).toEqual([]);
    expect(await applyProposal(opened.library, shrink, 'me')).toMatchObject({ ok: true });
    expect(opened.library.getSkill(one.skillId).head).not.toBe(one.head);
    expect(await undoConsolidation(opened.library, 'me')).toEqual({ undone: [shrink.id], left: [] });
    expect(snapshot(before.ids)).toEqual(before);
  });
});

describe('taking back', () => {
  it('restores heads, states, flags and folder bytes, and leaves alone what was changed since', async () => {
    for (const name of ['pdf-one', 'pdf-two']) await add(skill(name, PDF, `${PDF} As ${name} does.`));
    const mail = 'Send mail to customers with attachments.';
    for (const name of ['mail-one', 'mail-two']) await add(skill(name, mail, `${mail} As ${name} does.`));
    const before = snapshot();
    const proposals = propose();
    expect(proposals.map(({ kind }) => kind)).toEqual(['merge', 'merge']);
    const { standsFor } = await acceptAll(opened.library, proposals);
    expect(opened.library.count().usable).toBe(2);
    expect(await undoConsolidation(opened.library, 'me', [proposals[0]?.id ?? ''])).toMatchObject({
      left: [],
    });
    expect(opened.library.count().usable).toBe(3);
    expect((await undoConsolidation(opened.library, 'me')).undone).toEqual([proposals[1]?.id]);
    expect(snapshot(before.ids)).toEqual(before);
    expect(await undoConsolidation(opened.library, 'me')).toEqual({ undone: [], left: [] });
    expect(complaintsOf(opened)).toEqual([]);
    expect(standsFor.size).toBe(4);
  });

  it('a merged skill that a person edited stays, and so do its parents', async () => {
    for (const name of ['pdf-one', 'pdf-two']) await add(skill(name, PDF, `${PDF} As ${name} does.`));
    const [merge] = propose();
    const applied = merge === undefined ? undefined : await applyProposal(opened.library, merge, 'me');
    if (applied?.ok !== true || applied.skill?.folder === undefined) throw new Error('not applied');
    const path = join(applied.skill.folder, 'SKILL.md');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, skill('pdf-one', PDF, 'By hand.').get('SKILL.md') ?? '');
    await opened.library.sync();
    const { undone, left } = await undoConsolidation(opened.library, 'me');
    expect(undone).toEqual([]);
    expect(left.length).toBeGreaterThan(0);
    expect(opened.library.list().skills.map(({ skillId }) => skillId)).toEqual([applied.skill.skillId]);
  });
});

describe('what a skill is worth', () => {
  it('is told by runs with it and runs that were offered it and went without', async () => {
    const one = await add(skill('mix', 'Mix audio tracks.', 'ffmpeg'));
    runs(one, 3, { had: true, applied: true, done: true, tokens: 100 });
    runs(one, 4, { had: false, done: false, tokens: 500 });
    const stats = skillStats(opened.db).get(one.skillId);
    expect(stats).toMatchObject({
      ...{ offered: 7, chosen: 3, judged: 3, applied: 3, learningTokens: 0 },
      ...{ withIt: { runs: 3, successes: 3, rate: 1 }, without: { runs: 4, successes: 0, rate: 0 } },
    });
    expect(stats?.tokensSaved?.mean).toBeCloseTo(400.5, 5);
    expect(stats?.withIt.low).toBeCloseTo(0.4385, 3);
    expect((stats?.tokensSaved?.low ?? 0) > 395 && (stats?.tokensSaved?.high ?? 0) < 406).toBe(true);
  });

  it('a task that only the second attempt did, without the skill, is not its success', async () => {
    const one = await add(skill('mix', 'Mix audio tracks.', 'ffmpeg'));
    const at = '2100-01-01T00:00:00Z';
    ledger.recordRun({
      ...{ runId: 'r', source: 'openspace', purpose: 'task', task: 't', model: null, status: 'done' },
      ...{ startedAt: at, endedAt: at },
      attempts: [1, 2].map((attempt) => ({ attempt, outcome: 'x', tokens: 5, tookMs: 1 })),
    });
    ledger.recordUses(
      'r',
      [one.head].flatMap((versionId) =>
        versionId === undefined
          ? []
          : [{ attempt: 1, versionId, skillId: one.skillId, how: 'chosen' as const }],
      ),
    );
    expect(skillStats(opened.db).get(one.skillId)?.withIt).toMatchObject({ runs: 1, successes: 0 });
  });
});
