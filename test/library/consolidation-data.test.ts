// Consolidation of the original's library: smaller, no worse for later tasks, and taken back exactly.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  acceptAll,
  heldOut,
  momentAt,
  openImported,
  ranksIn,
  snapshotOf,
} from '../../evals/retrieval/consolidation.ts';
import { figuresOf } from '../../evals/retrieval/measure.ts';
import { loadPast } from '../../evals/retrieval/past.ts';
import { proposeConsolidation, undoConsolidation } from '../../src/learning/index.ts';
import { describeWith, testData } from '../support/needs.ts';

describeWith(['data'], 'the original’s 203 skills', () => {
  it('come down to a hundred that find what later tasks need as well, and back again exactly', async () => {
    const data = join(testData, 'openspace-v1');
    const past = loadPast(data);
    const imported = await openImported(data);
    try {
      const { library } = imported;
      const moment = momentAt(past, 0.5);
      const pairs = heldOut(past, moment);
      expect(pairs.length).toBeGreaterThanOrEqual(20);
      const before = snapshotOf(imported);
      // A near-duplicate folded into a hit counts as found; bench:consolidation prints the other way of counting too.
      const recall = (standsFor?: Parameters<typeof ranksIn>[3]) =>
        figuresOf(ranksIn(library, pairs, 'folded', standsFor)).recallAt15;
      const full = recall();
      const proposals = proposeConsolidation(imported, { target: 100, before: moment });
      expect(proposals.filter(({ evidence }) => evidence.length === 0)).toEqual([]);
      const { standsFor, refused } = await acceptAll(library, proposals);
      expect(refused).toEqual([]);
      expect(library.count().usable).toBeLessThanOrEqual(100);
      expect(recall(standsFor)).toBeGreaterThanOrEqual(full);
      expect((await undoConsolidation(library, 'test')).left).toEqual([]);
      const after = snapshotOf(imported, before.ids);
      expect(after.skills).toEqual(before.skills);
      expect(after.folders).toEqual(before.folders);
    } finally {
      imported.close();
    }
  }, 120_000);
});
