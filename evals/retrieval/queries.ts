// The set of judged queries: loading, and scoring a search against it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CONFIDENT, type SearchIndex } from '../../src/skills/search-index.ts';

const Query = z.object({
  id: z.string(),
  kind: z.string(),
  language: z.string(),
  query: z.string(),
  acceptable: z.array(z.string()),
  frozen: z.boolean(),
});
export type JudgedQuery = z.infer<typeof Query>;

export function loadQueries(): JudgedQuery[] {
  return readFileSync(join(import.meta.dirname, 'queries.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Query.parse(JSON.parse(line)));
}

export interface QueryResult {
  readonly query: JudgedQuery;
  /** Rank of the first acceptable hit, from 1; undefined if none is among the first 15. */
  readonly rank: number | undefined;
  readonly confidence: number;
  readonly abstained: boolean;
  readonly first: readonly string[];
}

export interface QuerySetResult {
  readonly queries: number;
  /** Share of the answerable queries with an acceptable skill among the first five; abstaining counts as a miss. */
  readonly recallAt5: number;
  /** The same, whatever the confidence. */
  readonly recallAt5Unsure: number;
  readonly mrr: number;
  readonly unanswerable: number;
  readonly abstained: number;
  /** Answerable queries on which search abstained. */
  readonly falseAbstentions: number;
  readonly answerable: number;
}

export function askAll(index: SearchIndex, queries: readonly JudgedQuery[]): QueryResult[] {
  return queries.map((query) => {
    const hits = index.search(query.query, { limit: 15 });
    const rank = hits.findIndex(({ skillId }) => query.acceptable.includes(skillId));
    const confidence = hits[0]?.confidence ?? 0;
    return {
      query,
      rank: rank < 0 ? undefined : rank + 1,
      confidence,
      abstained: confidence < CONFIDENT,
      first: hits.slice(0, 5).map((hit) => hit.name),
    };
  });
}

export function summarise(results: readonly QueryResult[]): QuerySetResult {
  const answerable = results.filter(({ query }) => query.acceptable.length > 0);
  const unanswerable = results.filter(({ query }) => query.acceptable.length === 0);
  const share = (count: number) => count / Math.max(1, answerable.length);
  const inFive = answerable.filter(({ rank }) => rank !== undefined && rank <= 5);
  return {
    queries: results.length,
    recallAt5: share(inFive.filter(({ abstained }) => !abstained).length),
    recallAt5Unsure: share(inFive.length),
    mrr: share(answerable.reduce((sum, { rank }) => sum + (rank === undefined ? 0 : 1 / rank), 0)),
    unanswerable: unanswerable.length,
    abstained: unanswerable.filter(({ abstained }) => abstained).length,
    falseAbstentions: answerable.filter(({ abstained }) => abstained).length,
    answerable: answerable.length,
  };
}
