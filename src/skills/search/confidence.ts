// How sure one can be that an entry answers a query, on a scale that is the same for all queries.
import type { QueryPlan } from './query.ts';
import type { Scored } from './score.ts';
import type { Neighbour } from './vectors.ts';

/** Hits below this say: nothing in the library answers the query. */
export const CONFIDENT = 0.5;

/**
 * The middle of the widest gap on the tuning half of the judged queries that keeps both promises (four of five
 * unanswerable queries abstained, at most one answerable query in twenty); steepness from a logistic regression there.
 */
const SURE_COVERAGE = 0.3;
/**
 * For whole texts coverage is the share of the skill's title that the text speaks of: half of the original's tasks reach
 * this in their own library, few do in a library of another field.
 */
const SURE_TITLE = 0.27;
const STEEPNESS = 14;

const logistic = (value: number) => 1 / (1 + Math.exp(-value));

export function confidenceOf(plan: QueryPlan, scored: Scored, neighbour: Neighbour | undefined): number {
  const words =
    scored.matches.length === 0
      ? 0
      : logistic((scored.coverage - (plan.longText ? SURE_TITLE : SURE_COVERAGE)) * STEEPNESS);
  if (neighbour === undefined) return words;
  // Vectors of different models have different scales: what counts is how far a neighbour stands out.
  return Math.max(words, logistic((neighbour.outstanding - 4) * 1.5));
}
