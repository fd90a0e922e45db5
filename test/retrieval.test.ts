import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { loadSkillFolders } from '../evals/retrieval/library.ts';
import { figuresOf } from '../evals/retrieval/measure.ts';
import {
  type OriginalCandidate,
  rankOkapi,
  rankOverlap,
  tokenizeForEngine,
  tokenizeForRanker,
} from '../evals/retrieval/original-ranker.ts';
import { loadPast } from '../evals/retrieval/past.ts';
import { askAll, loadQueries, summarise } from '../evals/retrieval/queries.ts';
import {
  originalOkapi,
  originalOverlap,
  replay,
  shippedHistory,
  shippedWords,
} from '../evals/retrieval/replay.ts';
import { openDatabase } from '../src/lib/index.ts';
import { openSearchIndex } from '../src/skills/search-index.ts';
import { describeWith, oracleCases, testData } from './support/needs.ts';

const data = join(testData, 'openspace-v1');

describeWith(['data'], 'judged queries over both libraries, words only', () => {
  const index = openSearchIndex(openDatabase({ path: ':memory:' }));
  index.upsert([
    ...loadSkillFolders(join(data, 'gdpval-skills')),
    ...loadSkillFolders(join(data, 'showcase-skills')),
  ]);
  const results = askAll(index, loadQueries());

  it('120 queries, 30 of them without an answer, half of them frozen', () => {
    expect(results).toHaveLength(120);
    expect(results.filter(({ query }) => query.acceptable.length === 0)).toHaveLength(30);
    expect(results.filter(({ query }) => query.frozen)).toHaveLength(60);
  });

  it.each([
    ['tuning', false],
    ['frozen', true],
  ])('the %s half: recall@5 at least 0.75, at least 12 of 15 abstained', (_, frozen) => {
    const half = summarise(results.filter(({ query }) => query.frozen === frozen));
    expect(half.recallAt5).toBeGreaterThanOrEqual(0.75);
    expect(half.abstained).toBeGreaterThanOrEqual(12);
  });

  it('all: recall@5 at least 0.75, at least 24 of 30 abstained, at most 5 % false abstentions', () => {
    const all = summarise(results);
    expect(all.recallAt5).toBeGreaterThanOrEqual(0.75);
    expect(all.abstained).toBeGreaterThanOrEqual(24);
    expect(all.falseAbstentions / all.answerable).toBeLessThanOrEqual(0.05);
  });
});

describeWith(['data'], 'skills that served tasks', () => {
  const run = replay(loadPast(data));
  const original = figuresOf(originalOverlap(run));

  it('the original’s rankers give their known figures', () => {
    const round = (figures: object) =>
      Object.values(figures).map((value) => Number(Number(value).toFixed(2)));
    expect(round(original)).toEqual([0.19, 0.28, 0.65, 0.21]);
    expect(round(figuresOf(originalOkapi(run)))).toEqual([0.15, 0.28, 0.54, 0.2]);
  });

  it('words alone are better than the original, with history more so', () => {
    const words = figuresOf(shippedWords(run));
    const history = figuresOf(shippedHistory(run, false));
    expect(words.mrr).toBeGreaterThan(original.mrr + 0.05);
    expect(words.recallAt5).toBeGreaterThan(original.recallAt5 + 0.1);
    expect(words.recallAt15).toBeGreaterThanOrEqual(original.recallAt15);
    expect(history.mrr).toBeGreaterThan(words.mrr);
  });
});

describeWith(['data'], 'the original’s ranker, as written anew for the comparison', () => {
  const read = (name: string) =>
    readFileSync(join(oracleCases, `cases-${name}.jsonl`), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line): unknown => JSON.parse(line));
  const Candidate = z.object({
    id: z.string(),
    name: z.string().default(''),
    description: z.string().default(''),
    body: z.string().default(''),
  });
  const Ranking = z.object({
    id: z.string(),
    disputed: z.boolean().optional(),
    input: z.object({ query: z.string(), top_k: z.number(), candidates: z.array(Candidate) }),
    expected: z.array(z.object({ id: z.string(), score: z.number() })),
  });
  const Tokens = z.object({
    id: z.string(),
    input: z.object({ text: z.string() }),
    expected: z.object({ ranker: z.array(z.string()), search: z.array(z.string()) }),
  });

  it.each(read('tokenize').map((one) => Tokens.parse(one)))(
    'splits words like $id',
    ({ input, expected }) => {
      expect(tokenizeForRanker(input.text)).toEqual(expected.ranker);
      expect(tokenizeForEngine(input.text)).toEqual(expected.search);
    },
  );

  const check =
    (
      rank: (
        query: string,
        candidates: readonly OriginalCandidate[],
        topK: number,
      ) => { id: string; score: number }[],
    ) =>
    ({ input, expected }: z.infer<typeof Ranking>) => {
      const got = rank(input.query, input.candidates, input.top_k);
      expect(got.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
      got.forEach(({ score }, at) => {
        expect(score).toBeCloseTo(expected[at]?.score ?? Number.NaN, 3);
      });
    };
  it.each(read('rank_overlap').map((one) => Ranking.parse(one)))('overlap: $id', check(rankOverlap));
  it.each(read('rank_okapi').map((one) => Ranking.parse(one)))('Okapi: $id', check(rankOkapi));
});
