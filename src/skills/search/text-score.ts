// Scores candidates for a whole task text, where most words are the task's own matter and only few name a skill's.
import type { QueryPlan } from './query.ts';
import { BODY_PART_SEPARATOR, type Field } from './schema.ts';
import type { CandidateTerms, Match, Scored } from './score.ts';

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
  name: 0.85,
  description: 1.61,
  headings: 0.43,
  intro: 1.82,
  thingsInTitle: -1.17,
  thingsInIntro: 1.81,
};

/** Scores each candidate; signals are shares of the best candidate's, so that long and short texts compare. */
export function scoreForText(plan: QueryPlan, entries: readonly CandidateTerms[]): Scored[] {
  const wanted = termsWanted(plan);
  const found = entries.map((entry) => signalsOf(plan, wanted, entry));
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

/** The terms that the text asks for: an entry's terms are looked up here, which is quicker than the other way round. */
export function termsWanted(plan: QueryPlan): ReadonlySet<string> {
  return new Set(plan.units.flatMap(({ alternatives }) => alternatives.map(({ term }) => term)));
}

export function signalsOf(
  plan: QueryPlan,
  wanted: ReadonlySet<string>,
  entry: CandidateTerms,
): { readonly signals: TextSignals; readonly matches: readonly Match[] } {
  const places = new Map<string, Set<Field>>();
  const look = (terms: string, field: Field) => {
    for (const term of terms.split(' ')) {
      if (!wanted.has(term)) continue;
      const fields = places.get(term);
      if (fields === undefined) places.set(term, new Set([field]));
      else fields.add(field);
    }
  };
  look(entry.name_terms, 'name');
  look(entry.description_terms, 'description');
  look(entry.tag_terms, 'tags');
  look(entry.heading_terms, 'headings');
  look(introOf(entry.body_terms), 'body');
  const sums = { name: 0, description: 0, headings: 0, intro: 0, thingsInTitle: 0, thingsInIntro: 0 };
  const matches: Match[] = [];
  // Added up in the text's order, so that entries with the same words get the very same sums.
  for (const unit of plan.units) {
    const alternative = unit.alternatives.find(({ term }) => places.has(term));
    const fields = places.get(alternative?.term ?? '');
    if (alternative === undefined || fields === undefined) continue;
    const described = fields.has('description') || fields.has('tags');
    const inTitle = described || fields.has('name');
    const inIntro = inTitle || fields.has('body');
    if (fields.has('name')) sums.name += alternative.weight * unit.repeats;
    if (described) sums.description += alternative.weight * unit.titleRarity;
    if (fields.has('headings')) sums.headings += alternative.weight * unit.rarity;
    if (inIntro) sums.intro += alternative.weight;
    if (unit.isThing && inTitle) sums.thingsInTitle += unit.repeats;
    if (unit.isThing && inIntro) sums.thingsInIntro += unit.repeats;
    matches.push({ unit, alternative, fields: [...fields] });
  }
  return { signals: sums, matches };
}

function introOf(body: string): string {
  const first = body.indexOf(BODY_PART_SEPARATOR);
  return body.slice(0, body.indexOf(BODY_PART_SEPARATOR, first + 1));
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
