// The gate at work in the simulated world: a run without prepared checks is replayed, planted changes are told apart.
import { describe, expect, it } from 'vitest';
import { PLANTED, plantedFailures, runPlanted } from '../evals/world/planted.ts';
import { runReplayExample } from '../evals/world/replay-example.ts';

describe('a recorded run without any prepared check', () => {
  it('is stored, gets a check from a reviewer who knows neither skill nor author, and is replayed in three arms', async () => {
    const example = await runReplayExample('off');
    expect(example.stored?.files.map(({ path }) => path)).toEqual(
      expect.arrayContaining([expect.stringMatching(/prices.*\.csv$/)]),
    );
    expect(example.storedBytes).toBeLessThan(10_000);

    const [testCase] = example.verdict.report.cases;
    expect(testCase?.checks.map(({ origin }) => origin)).toEqual(['reviewer', 'reviewer']);
    expect(testCase?.arms.map(({ arm, passed, runs }) => [arm, passed, runs])).toEqual([
      ['candidate', 1, 1],
      ['current', 0, 1],
      ['none', 0, 1],
    ]);
    expect(testCase?.result).toBe('better');
    // One task is not enough to trust it.
    expect(example.verdict.decision).toBe('trial');
    expect(JSON.parse(example.evals)).toMatchObject({
      skill_name: 'sum-price-exports',
      evals: [{ id: example.recorded.runId, checks: [{}, {}] }],
    });

    const [review, checks] = ['skill_review', 'task_checks'].map((what) =>
      example.asked.find((each) => each.what === what),
    );
    expect(review?.text).toContain('grep -q');
    expect(review?.text).not.toContain(example.authorsReason);
    expect(checks?.text).toContain('price export');
    expect(checks?.text).not.toContain('grep -q');
    expect(checks?.text).not.toContain(example.authorsReason);

    expect(example.purposes.toSorted()).toEqual(['replay', 'replay', 'replay', 'task']);
    expect(example.newCases).toBe(0);
    // Offered to learning, only the task is learnt from, and only its own use is counted.
    expect(example.learning.learntFrom).toEqual(['task']);
    expect(example.learning.selections).toBe(example.recorded.skills.length);
  }, 60_000);
});

describe('planted changes', () => {
  // One of each kind; all seventy: `npm run bench:planted`.
  it('of one family: the good one becomes trusted, no other does or reaches a host folder', async () => {
    const own = PLANTED.filter(({ family }) => family === 'line-ends');
    const last = new Map(own.map((change) => [change.kind, change]));
    const first = own.find(({ kind }) => kind === 'good');
    if (first !== undefined) last.set('good', first);
    const changes = [...last.values()];
    expect(changes.length).toBe(4);
    const results = await runPlanted(changes, { seed: 1 });
    expect(plantedFailures(results)).toEqual([]);
    expect(results.filter(({ kind, reachedHost }) => kind === 'good' && !reachedHost)).toEqual([]);
  }, 120_000);
});
