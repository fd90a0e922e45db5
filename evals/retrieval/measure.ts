// Figures of a ranking, and how sure they are.

/** Rank of the wanted skill, from 1; Infinity if it was not offered. */
export type Rank = number;

export interface Figures {
  readonly recallAt2: number;
  readonly recallAt5: number;
  readonly recallAt15: number;
  readonly mrr: number;
}
export const FIGURES = ['recallAt2', 'recallAt5', 'recallAt15', 'mrr'] as const;

const gain: Record<keyof Figures, (rank: Rank) => number> = {
  recallAt2: (rank) => (rank <= 2 ? 1 : 0),
  recallAt5: (rank) => (rank <= 5 ? 1 : 0),
  recallAt15: (rank) => (rank <= 15 ? 1 : 0),
  mrr: (rank) => 1 / rank,
};

export function figuresOf(ranks: readonly Rank[]): Figures {
  const mean = (name: keyof Figures) =>
    ranks.reduce((sum, rank) => sum + gain[name](rank), 0) / Math.max(1, ranks.length);
  return {
    recallAt2: mean('recallAt2'),
    recallAt5: mean('recallAt5'),
    recallAt15: mean('recallAt15'),
    mrr: mean('mrr'),
  };
}

export interface Difference {
  readonly mean: number;
  /** 95 % interval. */
  readonly low: number;
  readonly high: number;
}

/**
 * How much better `ranks` is than `base`, pair by pair, with a bootstrap interval. Whole groups (tasks) are drawn, since
 * the pairs of one task are not independent. Deterministic.
 */
export function differencesOf(
  ranks: readonly Rank[],
  base: readonly Rank[],
  groups: readonly string[],
  draws = 4_000,
): Record<keyof Figures, Difference> {
  const byGroup = new Map<string, number[]>();
  groups.forEach((group, at) => {
    byGroup.set(group, [...(byGroup.get(group) ?? []), at]);
  });
  const blocks = [...byGroup.values()];
  const one = (name: keyof Figures): Difference => {
    const gains = ranks.map((rank, at) => gain[name](rank) - gain[name](base[at] ?? Infinity));
    const random = randomNumbers(7);
    const means = Array.from({ length: draws }, () => {
      let [sum, count] = [0, 0];
      for (let n = 0; n < blocks.length; n += 1)
        for (const at of blocks[Math.floor(random() * blocks.length)] ?? []) {
          sum += gains[at] ?? 0;
          count += 1;
        }
      return sum / count;
    }).sort((a, b) => a - b);
    return {
      mean: gains.reduce((sum, value) => sum + value, 0) / gains.length,
      low: means[Math.floor(draws * 0.025)] ?? 0,
      high: means[Math.floor(draws * 0.975)] ?? 0,
    };
  };
  return {
    recallAt2: one('recallAt2'),
    recallAt5: one('recallAt5'),
    recallAt15: one('recallAt15'),
    mrr: one('mrr'),
  };
}

/** Mulberry32: the same draws in each run. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}
