// Re-ranks hits by what is known of their past: a pure function, fed by whoever keeps the record.
import type { SearchHit } from '../search-index.ts';
import type { SkillId } from '../skill.ts';
import { type Analyzer, createAnalyzer } from './words.ts';

/** What is known of a skill's past. */
export interface SkillPrior {
  readonly skillId: SkillId;
  /** How often it was given to a run, and how often it helped there. */
  readonly uses: number;
  readonly successes: number;
  /** UTC ISO time of the last use. */
  readonly lastUsedAt?: string | undefined;
  /** When its present version appeared: new and repaired skills get a chance. */
  readonly changedAt?: string | undefined;
  /** Texts of tasks that it helped with. */
  readonly helpedTasks: readonly string[];
}

export interface HistoryOptions {
  /** The task that a skill is sought for. */
  readonly task: string;
  /** UTC ISO time. */
  readonly now: string;
  readonly weights?: HistorySignals;
}

/** What speaks for a hit, each about 0..1; weighed against the words' score as a share of the best hit's. */
export const HISTORY_SIGNALS = ['words', 'rate', 'proven', 'similar', 'recent', 'fresh'] as const;
export type HistorySignals = Readonly<Record<(typeof HISTORY_SIGNALS)[number], number>>;

/** Fitted by `evals/retrieval`; see the page there. */
export const HISTORY_WEIGHTS: HistorySignals = {
  words: 4.45,
  rate: 0.72,
  proven: 0.5,
  similar: 1.64,
  recent: 2.35,
  fresh: 1.03,
};

/** So many imagined uses with the library's mean rate: two lucky uses do not beat twenty good ones. */
const IMAGINED_USES = 3;
/** So many successes are half of what success can add: fame does not drown the words. */
const PROVEN_SUCCESSES = 4;
/** Evidence counts half after this long, so that a skill that once failed may come back. */
const HALF_LIFE_DAYS = 60;
/** Failures of an earlier version count half: the change was made for them. */
const EARLIER_FAILURES = 0.5;
/** A skill is recent, or fresh, while about so many others have not been used, or changed, since. */
const SINCE = 5;
const MAX_TASKS_PER_SKILL = 8;
const DAY_MS = 86_400_000;

interface Evidence {
  readonly uses: number;
  readonly successes: number;
}

/**
 * Orders hits anew by words and history together. Scores are replaced, reasons added; a skill that helped with a task
 * much like this one gains confidence. Skills without a prior are judged by words alone.
 */
export function fuseHistory(
  hits: readonly SearchHit[],
  priors: readonly SkillPrior[],
  options: HistoryOptions,
): SearchHit[] {
  const weights = options.weights ?? HISTORY_WEIGHTS;
  const known = new Map(priors.map((prior) => [prior.skillId, prior]));
  return historySignals(hits, priors, options)
    .map((signals, at) => ({ hit: hits[at], signals }))
    .flatMap(({ hit, signals }) => {
      if (hit === undefined) return [];
      const score = HISTORY_SIGNALS.reduce((sum, name) => sum + weights[name] * signals[name], 0);
      const confidence = Math.max(hit.confidence, signals.similar >= MUCH_ALIKE ? signals.similar : 0);
      const reasons = [...hit.reasons, ...reasonsOf(known.get(hit.skillId), signals)];
      return [{ ...hit, score, confidence, reasons }];
    })
    .sort((a, b) => b.score - a.score);
}

/** Tasks with at least this cosine are much the same task. */
const MUCH_ALIKE = 0.6;

function reasonsOf(prior: SkillPrior | undefined, signals: HistorySignals): string[] {
  const reasons: string[] = [];
  if (prior !== undefined && prior.uses > 0) reasons.push(`helped ${prior.successes} of ${prior.uses} times`);
  if (signals.similar >= 0.2) reasons.push('helped with a similar task');
  if (signals.fresh >= 0.5) reasons.push('new: not tried much yet');
  return reasons;
}

/** The signals of each hit, in the hits' order. */
export function historySignals(
  hits: readonly Pick<SearchHit, 'skillId' | 'score'>[],
  priors: readonly SkillPrior[],
  { task, now }: HistoryOptions,
): HistorySignals[] {
  const best = Math.max(1e-9, ...hits.map(({ score }) => score));
  const evidence = new Map(priors.map((prior) => [prior.skillId, evidenceOf(prior, now)]));
  const all = [...evidence.values()];
  const uses = all.reduce((sum, one) => sum + one.uses, 0);
  const mean = (all.reduce((sum, one) => sum + one.successes, 0) + 1) / (uses + 2);
  const known = new Map(priors.map((prior) => [prior.skillId, prior]));
  const likeness = compareTasks(task, priors);
  const used = newestFirst(priors.map(({ lastUsedAt }) => lastUsedAt));
  const changed = newestFirst(priors.map(({ changedAt }) => changedAt));
  return hits.map((hit) => {
    const prior = known.get(hit.skillId);
    const { uses, successes } = evidence.get(hit.skillId) ?? { uses: 0, successes: 0 };
    const untried = 1 / (1 + uses);
    const rate = (successes + IMAGINED_USES * mean) / (uses + IMAGINED_USES);
    return {
      words: hit.score / best,
      rate: rate - mean,
      proven: successes / (successes + PROVEN_SUCCESSES),
      similar: prior === undefined ? 0 : likeness(prior),
      recent: (successes / (successes + 1)) * closeness(used, prior?.lastUsedAt),
      fresh: untried * closeness(changed, prior?.changedAt),
    };
  });
}

function evidenceOf(prior: SkillPrior, now: string): Evidence {
  const days = prior.lastUsedAt === undefined ? 0 : (Date.parse(now) - Date.parse(prior.lastUsedAt)) / DAY_MS;
  const faded = 0.5 ** (Math.max(0, Number.isFinite(days) ? days : 0) / HALF_LIFE_DAYS);
  const earlier =
    prior.changedAt !== undefined && prior.lastUsedAt !== undefined && prior.changedAt > prior.lastUsedAt;
  const uses = Math.max(0, prior.uses);
  const successes = Math.min(Math.max(0, prior.successes), uses);
  const failures = (uses - successes) * (earlier ? EARLIER_FAILURES : 1);
  return { uses: (successes + failures) * faded, successes: successes * faded };
}

function newestFirst(times: readonly (string | undefined)[]): string[] {
  return times.filter((time) => time !== undefined).sort((a, b) => (a < b ? 1 : a > b ? -1 : 0));
}

/** 1 for the newest, falling with the number of newer ones: time at the library's own pace, not the calendar's. */
function closeness(sorted: readonly string[], time: string | undefined): number {
  if (time === undefined) return 0;
  let newer = sorted.findIndex((other) => other <= time);
  if (newer < 0) newer = sorted.length;
  return 1 / (1 + newer / SINCE);
}

type Vector = ReadonlyMap<string, number>;

/** How much a task is like those that a skill helped with: cosines of their telling words, summed, at most 1. */
function compareTasks(task: string, priors: readonly SkillPrior[]): (prior: SkillPrior) => number {
  const analyzer = createAnalyzer();
  const counts = new Map<string, Map<string, number>>();
  const texts = new Set(priors.flatMap(({ helpedTasks }) => helpedTasks.slice(-MAX_TASKS_PER_SKILL)));
  for (const text of [task, ...texts]) if (!counts.has(text)) counts.set(text, countTerms(analyzer, text));
  const found = new Map<string, number>();
  for (const terms of counts.values())
    for (const term of terms.keys()) found.set(term, (found.get(term) ?? 0) + 1);
  const vectors = new Map<string, Vector>();
  for (const [text, terms] of counts) vectors.set(text, toVector(terms, found, counts.size));
  const own = vectors.get(task) ?? new Map<string, number>();
  return ({ helpedTasks }) => {
    let sum = 0;
    for (const text of helpedTasks.slice(-MAX_TASKS_PER_SKILL))
      sum += cosine(own, vectors.get(text) ?? new Map());
    return Math.min(1, sum);
  };
}

function countTerms(analyzer: Analyzer, text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { stem } of analyzer.terms(text.slice(0, 24_000))) counts.set(stem, (counts.get(stem) ?? 0) + 1);
  return counts;
}

function toVector(
  terms: ReadonlyMap<string, number>,
  found: ReadonlyMap<string, number>,
  texts: number,
): Vector {
  const vector = new Map<string, number>();
  let squares = 0;
  for (const [term, count] of terms) {
    const value = (1 + Math.log(count)) * Math.log(1 + texts / (found.get(term) ?? 1));
    vector.set(term, value);
    squares += value * value;
  }
  const length = Math.sqrt(squares) || 1;
  for (const [term, value] of vector) vector.set(term, value / length);
  return vector;
}

function cosine(first: Vector, second: Vector): number {
  let sum = 0;
  for (const [term, value] of first) sum += value * (second.get(term) ?? 0);
  return sum;
}
