import { describe, expect, it } from 'vitest';
import { fuseHistory, type SkillPrior } from './search/history.ts';
import type { SearchHit } from './search-index.ts';
import type { SkillId, VersionId } from './skill.ts';

const NOW = '2026-06-01T00:00:00.000Z';
const daysAgo = (days: number) => new Date(Date.parse(NOW) - days * 86_400_000).toISOString();

function hit(id: string, score: number): SearchHit {
  return {
    skillId: id as SkillId,
    versionId: `${id}__v1_00000000` as VersionId,
    name: id,
    description: '',
    score,
    confidence: 0.6,
    reasons: [],
    folded: [],
  };
}

function prior(id: string, more: Partial<SkillPrior> = {}): SkillPrior {
  return { skillId: id as SkillId, uses: 0, successes: 0, helpedTasks: [], ...more };
}

const order = (hits: readonly SearchHit[], priors: readonly SkillPrior[], task = 'make a chart') =>
  fuseHistory(hits, priors, { task, now: NOW }).map(({ name }) => name);

describe('history', () => {
  it('keeps the order of words where nothing is known', () => {
    expect(order([hit('a', 3), hit('b', 2), hit('c', 1)], [])).toEqual(['a', 'b', 'c']);
  });

  it('twenty good uses beat two lucky ones', () => {
    const used = { lastUsedAt: daysAgo(1) };
    const priors = [
      prior('lucky', { uses: 2, successes: 2, ...used }),
      prior('proven', { uses: 22, successes: 20, ...used }),
    ];
    expect(order([hit('lucky', 1), hit('proven', 1)], priors)).toEqual(['proven', 'lucky']);
  });

  it('a skill that mostly fails falls behind one that was never tried', () => {
    const priors = [
      prior('failing', { uses: 10, successes: 0, lastUsedAt: daysAgo(90) }),
      prior('helping', { uses: 10, successes: 9, lastUsedAt: daysAgo(90) }),
    ];
    expect(order([hit('failing', 1), hit('untried', 1)], priors)).toEqual(['untried', 'failing']);
  });

  it('old failures fade, so that a demoted skill comes back', () => {
    const at = (days: number) => [
      prior('demoted', { uses: 12, successes: 0, lastUsedAt: daysAgo(days) }),
      prior('good', { uses: 12, successes: 10, lastUsedAt: daysAgo(0) }),
    ];
    const scoreOf = (days: number) =>
      fuseHistory([hit('demoted', 1)], at(days), { task: '', now: NOW })[0]?.score ?? 0;
    const used = (days: number) => scoreOf(days);
    expect(used(300)).toBeGreaterThan(used(1));
  });

  it('a repaired skill gets a chance: its earlier failures count half, and it is new', () => {
    const broken = prior('skill', { uses: 6, successes: 1, lastUsedAt: daysAgo(3) });
    const others = prior('other', { uses: 6, successes: 5, lastUsedAt: daysAgo(3), changedAt: daysAgo(200) });
    const scoreOf = (one: SkillPrior) =>
      fuseHistory([hit('skill', 1)], [one, others], { task: '', now: NOW })[0]?.score ?? 0;
    expect(scoreOf({ ...broken, changedAt: daysAgo(1) })).toBeGreaterThan(
      scoreOf({ ...broken, changedAt: daysAgo(100) }),
    );
  });

  it('a skill that helped with a similar task comes first, and says so', () => {
    const priors = [
      prior('a', {
        uses: 3,
        successes: 2,
        lastUsedAt: daysAgo(1),
        helpedTasks: ['bake bread with rye flour'],
      }),
      prior('b', {
        uses: 3,
        successes: 2,
        lastUsedAt: daysAgo(1),
        helpedTasks: ['quarterly sales chart for the board'],
      }),
    ];
    const [first] = fuseHistory([hit('a', 1), hit('b', 0.95)], priors, {
      task: 'chart of quarterly sales',
      now: NOW,
    });
    expect(first?.name).toBe('b');
    expect(first?.reasons).toEqual(['helped 2 of 3 times', 'helped with a similar task']);
  });

  it('fame does not drown the words', () => {
    const priors = [prior('famous', { uses: 5_000, successes: 5_000, lastUsedAt: daysAgo(0) })];
    expect(order([hit('fitting', 10), hit('famous', 1)], priors)).toEqual(['fitting', 'famous']);
  });

  it.each([
    ['negative counts', { uses: -3, successes: 5 }],
    ['more successes than uses', { uses: 1, successes: 9 }],
    ['a time that is none', { uses: 1, successes: 1, lastUsedAt: 'yesterday' }],
    ['a time in the future', { uses: 1, successes: 1, lastUsedAt: daysAgo(-5) }],
  ])('%s give a finite score', (_, more) => {
    const [one] = fuseHistory([hit('a', 0)], [prior('a', more)], { task: '', now: NOW });
    expect(Number.isFinite(one?.score)).toBe(true);
  });
});
