// The ledger: what is counted, and that nothing is counted twice.
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../lib/index.ts';
import type { SkillId, VersionId } from '../skills/index.ts';
import { type LedgerRun, openLedger, type Use } from './ledger.ts';

const v1 = 'demo__v1_11111111' as VersionId;
const v2 = 'demo__v2_22222222' as VersionId;
const skillId = 'sk_demo' as SkillId;
const at = '2026-01-01T00:00:00.000Z';

const ledger = () => openLedger(openDatabase({ path: ':memory:' }));
const run = (runId: string, more: Partial<LedgerRun> = {}): LedgerRun => ({
  ...{ runId, source: 'openspace', purpose: 'task', task: 'a task', model: 'x/y', status: 'done' },
  ...{ startedAt: at, endedAt: at, attempts: [{ attempt: 1, outcome: 'done', tokens: 100, tookMs: 2000 }] },
  ...more,
});
const use = (versionId: VersionId, how: Use['how'], attempt = 1): Use => ({
  attempt,
  versionId,
  skillId,
  how,
});
const judged = (runId: string, completed: boolean, applied: boolean) => ({
  ...{ runId, completed, note: '', toolIssues: [], suggestions: [], analyzedBy: 'm', analyzedAt: at },
  judgments: [{ versionId: v1, applied, note: 'because' }],
});

describe('rates', () => {
  // completed, applied → what the original counted for one analysis
  const cases: [string, boolean, boolean, object][] = [
    ['applied and completed', true, true, { selections: 1, applied: 1, completions: 1, fallbacks: 0 }],
    ['applied and failed', false, true, { selections: 1, applied: 1, completions: 0, fallbacks: 0 }],
    ['ignored and completed', true, false, { selections: 1, applied: 0, completions: 0, fallbacks: 0 }],
    ['ignored and failed', false, false, { selections: 1, applied: 0, completions: 0, fallbacks: 1 }],
  ];
  it.each(cases)('%s', (_title, completed, applied, expected) => {
    const books = ledger();
    books.recordRun(run('r'));
    books.recordUses('r', [use(v1, 'chosen')]);
    books.recordAnalysis(judged('r', completed, applied));
    expect(books.ratesOf({ versionId: v1 })).toMatchObject(expected);
    expect(books.ratesOfVersions([v1, v2]).get(v1)).toMatchObject(expected);
    expect(books.ratesOfVersions([v1, v2]).has(v2)).toBe(false);
  });

  it('a skill in two attempts of one run counts once, an offered one is no selection', () => {
    const books = ledger();
    books.recordRun(run('r'));
    books.recordUses('r', [
      use(v1, 'offered'),
      use(v1, 'chosen'),
      use(v1, 'retrieved', 2),
      use(v2, 'offered'),
    ]);
    expect(books.ratesOf({ skillId })).toMatchObject({ offered: 1, selections: 1 });
    expect(books.ratesOf({ versionId: v2 })).toMatchObject({ offered: 1, selections: 0 });
  });

  it('replays and runs that are still going on are not counted', () => {
    const books = ledger();
    books.recordRun(run('replay', { purpose: 'replay' }));
    books.recordRun(run('going', { status: 'running', endedAt: null }));
    for (const id of ['replay', 'going']) books.recordUses(id, [use(v1, 'chosen')]);
    expect(books.ratesOf({ versionId: v1 })).toEqual({
      offered: 0,
      selections: 0,
      applied: 0,
      completions: 0,
      fallbacks: 0,
    });
  });
});

it('a use tells its run, outcome, tokens and time', () => {
  const books = ledger();
  books.recordRun(run('r', { status: 'running', endedAt: null, attempts: [] }));
  books.recordUses('r', [use(v1, 'chosen')]);
  books.recordRun(run('r'));
  expect(books.usesOf({ versionId: v1 })).toMatchObject([
    { runId: 'r', task: 'a task', status: 'done', outcome: 'done', tokens: 100, tookMs: 2000, applied: null },
  ]);
  books.recordAnalysis(judged('r', true, true));
  expect(books.usesOf({ skillId })).toMatchObject([{ applied: true, note: 'because' }]);
});

it('a run is analysed once: a second analysis changes nothing', () => {
  const books = ledger();
  books.recordRun(run('r'));
  expect(books.recordAnalysis(judged('r', true, true))).toBe(true);
  expect(books.recordAnalysis(judged('r', false, false))).toBe(false);
  expect(books.findAnalysis('r')).toMatchObject({ completed: true, judgments: [{ applied: true }] });
});
