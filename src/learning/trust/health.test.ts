import { describe, expect, it } from 'vitest';
import { toolQuality } from './health.ts';

describe('the penalty of a failing tool', () => {
  // `x`: failed, `.`: went well; oldest first. Figures of the original's formula.
  it.each([
    ['xx', 1],
    ['xxx', 0.2],
    ['...xxxxxxx', 0.525],
    ['....xxxxxx', 1],
    ['xxxxxx....', 1],
    ['xxx.', 0.7375],
    ['.', 1],
  ])('%s → %d', (calls, expected) => {
    const rate = calls.replaceAll('x', '').length / calls.length;
    const failuresInARow = /x*$/.exec(calls)?.[0].length ?? 0;
    expect(toolQuality(calls.length, rate, failuresInARow)).toBeCloseTo(expected, 10);
  });
});
