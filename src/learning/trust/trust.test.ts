import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseVersion, judgeTrust, type Trial, type TrustInput } from './trust.ts';

const trial = (taskKey: string, more: Partial<Trial> = {}): Trial => ({
  ...{ taskKey, applied: true, taskDone: true, effect: 'helped', environment: false, ...more },
});
const failed = (taskKey: string) => trial(taskKey, { taskDone: false, effect: 'none' });
const judge = (trials: readonly Trial[], more: Partial<TrustInput> = {}) =>
  judgeTrust({ state: 'trial', trials, learntFrom: new Set(), baseline: 0.7, ...more }).decision;

describe('trust', () => {
  it.each<[string, readonly Trial[], string]>([
    ['nothing is known', [], 'wait'],
    ['one success', [trial('a')], 'wait'],
    ['two different tasks succeeded', [trial('a'), trial('b')], 'promote'],
    ['the same task succeeded twice', [trial('a'), trial('a')], 'wait'],
    ['two tasks failed', [failed('a'), failed('b')], 'rollback'],
    ['it was never followed', [trial('a', { applied: false }), trial('b', { applied: false })], 'wait'],
    [
      'the environment failed',
      [
        trial('a', { taskDone: false, environment: true }),
        trial('b', { taskDone: false, environment: true }),
      ],
      'wait',
    ],
    [
      'it did harm twice although the tasks were done',
      [trial('a', { effect: 'harmed' }), trial('b', { effect: 'harmed' })],
      'rollback',
    ],
    [
      'a failure after two successes of the same tasks',
      [trial('a'), trial('b'), failed('a'), failed('b')],
      'rollback',
    ],
    ['three successes make up for one failure', [failed('a'), trial('b'), trial('c'), trial('d')], 'promote'],
  ])('%s', (_, trials, decision) => expect(judge(trials)).toBe(decision));

  it('the task that a version was learnt from proves nothing about it', () => {
    expect(judge([trial('a'), trial('b')], { learntFrom: new Set(['a']) })).toBe('wait');
  });

  it('a promoted version needs more against it than one on trial', () => {
    const trials = [failed('a'), failed('b')];
    expect(judge(trials)).toBe('rollback');
    expect(judge(trials, { state: 'trusted' })).toBe('wait');
    expect(judge([...trials, failed('c'), failed('d')], { state: 'trusted' })).toBe('rollback');
  });

  it('more failures never speak for a version, more successes never against it', () => {
    const outcomes = fc.array(fc.boolean(), { maxLength: 12 });
    fc.assert(
      fc.property(outcomes, fc.double({ min: 0, max: 1, noNaN: true }), (list, baseline) => {
        const trials = list.map((good, index) => (good ? trial(`t${index}`) : failed(`t${index}`)));
        const odds = (more: Trial) =>
          judgeTrust({ state: 'trial', trials: [...trials, more], learntFrom: new Set(), baseline }).odds;
        expect(odds(failed('new'))).toBeGreaterThan(odds(trial('new')));
      }),
    );
  });
});

describe('serving', () => {
  const hash = (share: number) =>
    Math.floor(share * 0xffff_ffff)
      .toString(16)
      .padStart(8, '0');

  it('a share of the tasks gets the version on trial, the others the head', () => {
    const versions = { head: 'old', trial: 'new' };
    expect([0.1, 0.4, 0.6, 0.9].map((at) => chooseVersion(versions, hash(at), 0.5))).toEqual([
      'new',
      'new',
      'old',
      'old',
    ]);
  });

  it('a skill that is only on trial is withheld from the other tasks', () => {
    expect(chooseVersion({ head: undefined, trial: 'new' }, hash(0.9), 0.5)).toBeUndefined();
  });

  it.each([
    [0, undefined],
    [1, 'new'],
  ])('a share of %d serves none or all', (share, expected) => {
    expect(chooseVersion({ head: undefined, trial: 'new' }, hash(0.999), share)).toBe(expected);
  });
});
