// The test that decides whether a version does worse than its parent, against known values.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chanceOfWorse, verdictOf } from '../src/domain/significance.ts';

it.each([
  // version uses, successes; parent uses, successes; one-sided p (R: fisher.test(alternative = "less"))
  [10, 2, 10, 9, 0.002739],
  [10, 5, 10, 5, 0.67186],
  [4, 1, 4, 3, 0.242857],
  [20, 6, 40, 37, 0.0000011],
])('%i/%i against %i/%i has the chance %f', (uses, successes, parentUses, parentSuccesses, expected) => {
  expect(chanceOfWorse({ uses, successes }, { uses: parentUses, successes: parentSuccesses })).toBeCloseTo(
    expected,
    5,
  );
});

const counts = fc
  .nat(3_000)
  .chain((uses) => fc.record({ uses: fc.constant(uses + 1), successes: fc.nat(uses + 1) }));

it('a chance is between 0 and 1, and more successes never make a version look worse', () => {
  fc.assert(
    fc.property(counts, counts, (version, parent) => {
      const chance = chanceOfWorse(version, parent);
      expect(chance).toBeGreaterThanOrEqual(0);
      expect(chance).toBeLessThanOrEqual(1);
      if (version.successes < version.uses)
        expect(
          chanceOfWorse({ ...version, successes: version.successes + 1 }, parent),
        ).toBeGreaterThanOrEqual(chance - 1e-9);
    }),
    { numRuns: 60 },
  );
});

it('nothing is said with few uses, and equal rates are fine', () => {
  expect(verdictOf({ uses: 9, successes: 0 }, { uses: 100, successes: 100 })).toBe('unknown');
  expect(verdictOf({ uses: 100, successes: 0 }, undefined)).toBe('unknown');
  expect(verdictOf({ uses: 50, successes: 40 }, { uses: 50, successes: 41 })).toBe('fine');
  expect(verdictOf({ uses: 50, successes: 20 }, { uses: 50, successes: 45 })).toBe('worse-than-parent');
});
