// Replays the original's runs in order: at each, the index holds only what was there, and history only what was known.
import { type Database, openDatabase } from '../../src/lib/index.ts';
import { createConcepts } from '../../src/skills/search/concepts.ts';
import {
  fuseHistory,
  HISTORY_SIGNALS,
  historySignals,
  type SkillPrior,
} from '../../src/skills/search/history.ts';
import { planQuery } from '../../src/skills/search/query.ts';
import type { CandidateTerms } from '../../src/skills/search/score.ts';
import { sharesOfBest, signalsOf, TEXT_SIGNALS, termsWanted } from '../../src/skills/search/text-score.ts';
import { createAnalyzer } from '../../src/skills/search/words.ts';
import { openSearchIndex, type SearchHit } from '../../src/skills/search-index.ts';
import { crossValidate, fitNonNegative, fitWeights, type RankingCase, score } from './fit.ts';
import { skillId } from './library.ts';
import type { Rank } from './measure.ts';
import { rankOkapi, rankOverlap } from './original-ranker.ts';
import type { Pair, Past } from './past.ts';

/** Ranks of the wanted skills, one for each pair, in the pairs' order. */
export type Ranks = readonly Rank[];

interface Moment {
  readonly taskId: string;
  readonly prompt: string;
  readonly at: string;
  readonly pairs: readonly Pair[];
  /** Ids in the index, and each one's signals of words. */
  readonly ids: readonly string[];
  readonly words: readonly (readonly number[])[];
  readonly hits: readonly SearchHit[];
  /** What was known of other tasks, and of the same task too. */
  readonly otherTasks: readonly SkillPrior[];
  readonly allTasks: readonly SkillPrior[];
  readonly overlap: readonly string[];
  readonly okapi: readonly string[];
}

export interface Replay {
  readonly pairs: readonly Pair[];
  readonly moments: readonly Moment[];
}

export function replay(past: Past): Replay {
  const db = openDatabase({ path: ':memory:' });
  try {
    const index = openSearchIndex(db);
    const waiting = [...past.skills].sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
    const moments: Moment[] = [];
    for (const { taskId, at, prompt } of past.pairs) {
      if (moments.some((moment) => moment.taskId === taskId && moment.at === at)) continue;
      while (waiting[0] !== undefined && waiting[0].createdAt < at) {
        const skill = waiting.shift();
        if (skill !== undefined) index.upsert([skill.entry]);
      }
      const originals = past.skills.filter(({ createdAt }) => createdAt < at).map(({ original }) => original);
      moments.push({
        taskId,
        at,
        prompt,
        pairs: past.pairs.filter((pair) => pair.taskId === taskId && pair.at === at),
        ...wordSignals(db, prompt),
        hits: index.search(prompt, { limit: 500, collapse: false }),
        otherTasks: priorsAt(past, at, taskId),
        allTasks: priorsAt(past, at, undefined),
        overlap: rankOverlap(prompt, originals, originals.length).map(({ id }) => id),
        okapi: rankOkapi(prompt, originals, originals.length).map(({ id }) => id),
      });
    }
    return { pairs: past.pairs, moments };
  } finally {
    db.close();
  }
}

function wordSignals(db: Database, prompt: string): Pick<Moment, 'ids' | 'words'> {
  const plan = planQuery(db, createAnalyzer(), createConcepts(), prompt);
  const rows = db.all<CandidateTerms & { skill_id: string }>(
    'SELECT skill_id, name_terms, description_terms, tag_terms, heading_terms, body_terms FROM skills_search_entries',
  );
  const wanted = termsWanted(plan);
  const shares = sharesOfBest(rows.map((row) => signalsOf(plan, wanted, row).signals));
  return {
    ids: rows.map((row) => row.skill_id),
    words: shares.map((signals) => TEXT_SIGNALS.map((name) => signals[name])),
  };
}

function priorsAt(past: Past, at: string, withoutTask: string | undefined): SkillPrior[] {
  return past.skills
    .filter(({ createdAt }) => createdAt < at)
    .map(({ id, createdAt }) => {
      const known = past.judgments.filter(
        (one) => one.skillId === id && one.at < at && one.taskId !== withoutTask,
      );
      return {
        skillId: skillId(id),
        uses: known.length,
        successes: known.filter(({ applied }) => applied).length,
        lastUsedAt: known.at(-1)?.at,
        changedAt: createdAt,
        helpedTasks: known
          .filter(({ applied }) => applied)
          .map(({ taskId }) => past.prompts.get(taskId) ?? ''),
      };
    });
}

function ranksBy({ pairs, moments }: Replay, order: (moment: Moment) => readonly string[]): Ranks {
  const rank = new Map<Pair, Rank>();
  for (const moment of moments) {
    const ids = order(moment);
    for (const pair of moment.pairs) {
      const at = ids.indexOf(pair.skillId);
      rank.set(pair, at < 0 ? Infinity : at + 1);
    }
  }
  return pairs.map((pair) => rank.get(pair) ?? Infinity);
}

export const originalOverlap = (run: Replay) => ranksBy(run, ({ overlap }) => overlap);
export const originalOkapi = (run: Replay) => ranksBy(run, ({ okapi }) => okapi);
/** The product as shipped: weights were fitted on these very tasks, so it looks better than it is. */
export const shippedWords = (run: Replay) => ranksBy(run, ({ hits }) => hits.map((hit) => hit.skillId));
export const shippedHistory = (run: Replay, sameTask: boolean) =>
  ranksBy(run, ({ hits, prompt, at, allTasks, otherTasks }) =>
    fuseHistory(hits, sameTask ? allTasks : otherTasks, { task: prompt, now: at }).map((hit) => hit.skillId),
  );

const sorted = (ids: readonly string[], scores: readonly number[]) =>
  ids
    .map((id, at) => ({ id, score: scores[at] ?? 0 }))
    .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
    .map(({ id }) => id);

function casesOf(
  { moments }: Replay,
  signals: (moment: Moment) => readonly (readonly number[])[],
): RankingCase[] {
  return moments.map((moment) => ({
    group: moment.taskId,
    candidates: signals(moment),
    right: moment.pairs.map((pair) => moment.ids.indexOf(pair.skillId)).filter((at) => at >= 0),
  }));
}

/** Keeps only some signals, for ablations. */
function pick(keep: readonly string[], all: readonly string[], signals: readonly number[]): number[] {
  return signals.map((value, at) => (keep.includes(all[at] ?? '') ? value : 0));
}

/** Words only, each task ranked with weights fitted on the other tasks. */
export function crossValidatedWords(run: Replay, keep: readonly string[] = TEXT_SIGNALS): Ranks {
  const of = (moment: Moment) => moment.words.map((signals) => pick(keep, TEXT_SIGNALS, signals));
  const weights = crossValidate(casesOf(run, of));
  return ranksBy(run, (moment) =>
    sorted(
      moment.ids,
      of(moment).map((signals) => score(signals, weights.get(moment.taskId) ?? [])),
    ),
  );
}

/** Words and history, each task ranked with weights (of both steps) fitted on the other tasks. */
export function crossValidatedHistory(
  run: Replay,
  sameTask: boolean,
  keep: readonly string[] = HISTORY_SIGNALS,
): Ranks {
  const wordWeights = crossValidate(casesOf(run, ({ words }) => words));
  const signals = new Map(
    run.moments.map((moment) => {
      const weights = wordWeights.get(moment.taskId) ?? [];
      return [moment, historyOf(moment, weights, sameTask).map((one) => pick(keep, HISTORY_SIGNALS, one))];
    }),
  );
  const of = (moment: Moment) => signals.get(moment) ?? [];
  const weights = crossValidate(casesOf(run, of), fitNonNegative);
  return ranksBy(run, (moment) =>
    sorted(
      moment.ids,
      of(moment).map((one) => score(one, weights.get(moment.taskId) ?? [])),
    ),
  );
}

function historyOf(moment: Moment, wordWeights: readonly number[], sameTask: boolean): number[][] {
  const hits = moment.ids.map((id, at) => ({
    skillId: skillId(id),
    score: Math.max(0, score(moment.words[at] ?? [], wordWeights)),
  }));
  return historySignals(hits, sameTask ? moment.allTasks : moment.otherTasks, {
    task: moment.prompt,
    now: moment.at,
  }).map((signals) => HISTORY_SIGNALS.map((name) => signals[name]));
}

/** Weights fitted on all tasks: what the product ships. */
export function fitAll(run: Replay): { words: Record<string, number>; history: Record<string, number> } {
  const named = (names: readonly string[], weights: readonly number[]) =>
    Object.fromEntries(names.map((name, at) => [name, Number((weights[at] ?? 0).toFixed(2))]));
  const words = fitWeights(casesOf(run, (moment) => moment.words));
  const history = fitNonNegative(casesOf(run, (moment) => historyOf(moment, words, false)));
  return { words: named(TEXT_SIGNALS, words), history: named(HISTORY_SIGNALS, history) };
}
