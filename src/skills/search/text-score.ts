// Scores candidates for a whole task text, where most words are the task's own matter and only few name a skill's.
import type { QueryPlan } from './query.ts';
import { bodyPlaceOf, type CandidateTerms, type Match, type Scored } from './score.ts';

/**
 * What is added up over the text's words, for each entry. A word that is said again counts a little more in names; rare
 * words count more in descriptions and headings; file types and tools that the intro names count apart.
 */
export const TEXT_SIGNALS = [
  'name',
  'description',
  'headings',
  'intro',
  'thingsInTitle',
  'thingsInIntro',
] as const;
export type TextSignals = Readonly<Record<(typeof TEXT_SIGNALS)[number], number>>;

/** Fitted by `evals/retrieval` on which skills served which tasks; the page there says how. */
export const TEXT_WEIGHTS: TextSignals = {
  name: 0.92,
  description: 1.52,
  headings: 0.3,
  intro: 1.89,
  thingsInTitle: -1.11,
  thingsInIntro: 1.66,
};

/** Scores each candidate; signals are shares of the best candidate's, so that long and short texts compare. */
export function scoreForText(plan: QueryPlan, entries: readonly CandidateTerms[]): Scored[] {
  const found = entries.map((entry) => signalsOf(plan, entry));
  const shares = sharesOfBest(found.map(({ signals }) => signals));
  return found.map(({ matches }, at) => {
    const signals = shares[at];
    const score =
      signals === undefined
        ? 0
        : TEXT_SIGNALS.reduce((sum, name) => sum + TEXT_WEIGHTS[name] * signals[name], 0);
    return {
      score: matches.length === 0 ? 0 : Math.max(0, score),
      coverage: titleCover(entries[at], matches),
      matches,
    };
  });
}

/** Each signal as a share of the largest that a candidate has. */
export function sharesOfBest(all: readonly TextSignals[]): TextSignals[] {
  const largest = (name: keyof TextSignals) => Math.max(1e-9, ...all.map((signals) => signals[name]));
  const top = mapSignals(largest);
  return all.map((signals) => mapSignals((name) => signals[name] / top[name]));
}

function mapSignals(value: (name: keyof TextSignals) => number): TextSignals {
  return {
    name: value('name'),
    description: value('description'),
    headings: value('headings'),
    intro: value('intro'),
    thingsInTitle: value('thingsInTitle'),
    thingsInIntro: value('thingsInIntro'),
  };
}

export function signalsOf(
  plan: QueryPlan,
  entry: CandidateTerms,
): { readonly signals: TextSignals; readonly matches: readonly Match[] } {
  const sums = { name: 0, description: 0, headings: 0, intro: 0, thingsInTitle: 0, thingsInIntro: 0 };
  const matches: Match[] = [];
  for (const unit of plan.units) {
    for (const alternative of unit.alternatives) {
      const padded = ` ${alternative.term} `;
      const inName = entry.name_terms.includes(padded);
      const inDescription = entry.description_terms.includes(padded) || entry.tag_terms.includes(padded);
      const inHeadings = entry.heading_terms.includes(padded);
      const inTitle = inName || inDescription;
      const body = bodyPlaceOf(entry.body_terms, padded);
      if (!inTitle && !inHeadings && body === undefined) continue;
      const inIntro = inTitle || body?.intro === true;
      if (inName) sums.name += alternative.weight * unit.repeats;
      if (inDescription) sums.description += alternative.weight * unit.titleRarity;
      if (inHeadings) sums.headings += alternative.weight * unit.rarity;
      if (inIntro) sums.intro += alternative.weight;
      if (unit.isThing && inTitle) sums.thingsInTitle += unit.repeats;
      if (unit.isThing && inIntro) sums.thingsInIntro += unit.repeats;
      matches.push({
        unit,
        alternative,
        fields: [
          ...(inName ? (['name'] as const) : []),
          ...(inDescription ? (['description'] as const) : []),
          ...(inHeadings ? (['headings'] as const) : []),
          ...(body === undefined ? [] : (['body'] as const)),
        ],
      });
      break;
    }
  }
  return { signals: sums, matches };
}

/** Share of the entry's own title that the text speaks of: a skill for something else has little of it. */
function titleCover(entry: CandidateTerms | undefined, matches: readonly Match[]): number {
  if (entry === undefined) return 0;
  const terms = new Set(
    `${entry.name_terms} ${entry.description_terms}`.split(' ').filter((term) => term !== ''),
  );
  const found = new Set(matches.map(({ alternative }) => alternative.term));
  return terms.size === 0 ? 0 : [...terms].filter((term) => found.has(term)).length / terms.size;
}
