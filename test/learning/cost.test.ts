import { expect, it } from 'vitest';
import { measureLearningCost, ORIGINAL } from '../../evals/learning-cost/measure.ts';

it('a trivial task with a fix and a capture costs at most half of the original’s bytes, with the same outcome', async () => {
  const { requests, bytes, outcome } = await measureLearningCost();
  expect(outcome).toEqual(['task done', 'analysed', 'fix: committed', 'capture: committed']);
  expect(requests.map(({ what }) => what)).toEqual([
    'selection',
    'task',
    'task',
    'analysis',
    'fix',
    'capture',
  ]);
  expect(bytes).toBeLessThanOrEqual(ORIGINAL.bytes / 2);
});
