import { join } from 'node:path';
import { expect, it } from 'vitest';
import { replayOriginal } from '../../evals/admission/replay-original.ts';
import { describeWith, testData } from '../support/needs.ts';

describeWith(['data'], 'admission of the original’s 175 suggestions', () => {
  const result = replayOriginal(join(testData, 'openspace-v1', 'gdpval.db'));

  it('becomes fewer than 40 changes, duplicates merged, each with its reason', () => {
    expect(result.suggestions).toBe(175);
    expect(result.changes).toBeLessThan(40);
    expect(result.changes).toBeGreaterThan(10);
    expect(result.rows.reduce((sum, { count }) => sum + count, 0)).toBe(175);
  });

  it('keeps more than two thirds of the lessons that later runs really used', () => {
    expect(result.applied).toEqual({ all: 31, imported: 9, learnt: 22 });
    expect(result.surviving.length / result.applied.learnt).toBeGreaterThan(2 / 3);
  });
});
