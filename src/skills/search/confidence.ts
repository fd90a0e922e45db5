// How sure one can be that an entry answers a query, on a scale that is the same for all queries.
import type { QueryPlan } from './query.ts';
import type { Scored } from './score.ts';
import type { Neighbour } from './vectors.ts';

/** Hits below this say: nothing in the library answers the query. */
export const CONFIDENT = 0.5;

const logistic = (value: number) => 1 / (1 + Math.exp(-value));

export function confidenceOf(plan: QueryPlan, scored: Scored, neighbour: Neighbour | undefined): number {
  const words =
    scored.matches.length === 0 ? 0 : logistic((scored.coverage - (plan.longText ? 0.25 : 0.4)) * 12);
  if (neighbour === undefined) return words;
  // Vectors of different models have different scales: what counts is how far a neighbour stands out.
  return Math.max(words, logistic((neighbour.outstanding - 4) * 1.5));
}
