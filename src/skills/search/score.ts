// Scores candidates exactly: which units of the query are found where, how much that is worth, and how sure one can be.
import type { Alternative, QueryPlan, Unit } from './query.ts';
import { BODY_PART_SEPARATOR, type Field } from './schema.ts';

/** A candidate's terms: each field is its stems with a space on both sides; the body is in parts. */
export interface CandidateTerms {
  readonly name_terms: string;
  readonly description_terms: string;
  readonly tag_terms: string;
  readonly heading_terms: string;
  readonly body_terms: string;
}

/** Chosen on the unfrozen half of `evals/retrieval` and by cross-validation over its tasks. */
export const WEIGHTS = {
  name: 4,
  description: 3,
  tags: 3,
  headings: 1.5,
  bodyOften: 1.2,
  bodyOnce: 0.6,
  /** Saturation: a match worth this much counts half. */
  half: 2.5,
  /** Bonus for a name that the query covers wholly. */
  wholeName: 1.5,
} as const;

/** How good a sign of relevance a match in this place is, 0..1; for confidence. */
const SIGN = { name: 1, description: 1, tags: 1, headings: 0.6, bodyOften: 0.45, bodyOnce: 0.3 } as const;
/** A word is not surer a sign the rarer it is, beyond this; unknown words count as this. */
const RAREST = 3.5;

type Place = keyof typeof SIGN;

/** Where in an entry's body a term stands, if it does. */
function bodyPlaceOf(body: string, padded: string): 'bodyOften' | 'bodyOnce' | undefined {
  const at = body.indexOf(padded);
  if (at < 0) return undefined;
  const first = body.indexOf(BODY_PART_SEPARATOR);
  if (at < first) return 'bodyOften';
  const second = body.indexOf(BODY_PART_SEPARATOR, first + 1);
  return at > second && at < body.indexOf(BODY_PART_SEPARATOR, second + 1) ? 'bodyOften' : 'bodyOnce';
}

export interface Match {
  readonly unit: Unit;
  readonly alternative: Alternative;
  readonly fields: readonly Field[];
}

export interface Scored {
  readonly score: number;
  /** Share of the query's telling weight that is found, 0..1. */
  readonly coverage: number;
  readonly matches: readonly Match[];
}

export function scoreCandidate(plan: QueryPlan, entry: CandidateTerms): Scored {
  const matches: Match[] = [];
  let score = 0;
  let found = 0;
  let asked = 0;
  for (const unit of plan.units) {
    const worth = unit.rarity * unit.repeats;
    const telling = Math.min(RAREST, unit.rarity);
    asked += telling;
    let best: { value: number; sign: number; alternative: Alternative; places: Place[] } | undefined;
    for (const alternative of unit.alternatives) {
      const places = placesOf(entry, alternative.term);
      if (places.length === 0) continue;
      const weight = places.reduce((sum, place) => sum + WEIGHTS[place], 0);
      const value = (alternative.weight * weight) / (WEIGHTS.half + weight);
      if (best === undefined || value > best.value) {
        const sign = alternative.weight * Math.max(...places.map((place) => SIGN[place]));
        best = { value, sign, alternative, places };
      }
    }
    if (best === undefined) continue;
    score += worth * best.value;
    found += telling * best.sign;
    matches.push({ unit, alternative: best.alternative, fields: fieldsOf(best.places) });
  }
  const named = nameCover(entry.name_terms, matches);
  return {
    score: score + WEIGHTS.wholeName * named * named,
    coverage: asked === 0 ? 0 : found / asked,
    matches,
  };
}

function placesOf(entry: CandidateTerms, term: string): Place[] {
  const padded = ` ${term} `;
  const places: Place[] = [];
  if (entry.name_terms.includes(padded)) places.push('name');
  if (entry.description_terms.includes(padded)) places.push('description');
  if (entry.tag_terms.includes(padded)) places.push('tags');
  if (entry.heading_terms.includes(padded)) places.push('headings');
  const body = bodyPlaceOf(entry.body_terms, padded);
  if (body !== undefined) places.push(body);
  return places;
}

function fieldsOf(places: readonly Place[]): Field[] {
  return places.map((place) => (place === 'bodyOften' || place === 'bodyOnce' ? 'body' : place));
}

/** Share of the name's terms that the query asks for. */
function nameCover(nameTerms: string, matches: readonly Match[]): number {
  const names = nameTerms.split(' ').filter((term) => term !== '' && !/\d/.test(term));
  if (names.length === 0) return 0;
  const asked = new Set(
    matches.filter(({ fields }) => fields.includes('name')).map(({ alternative }) => alternative.term),
  );
  return names.filter((name) => asked.has(name)).length / names.length;
}

/** Why an entry was found, for people: at most four lines, the most telling first. */
export function reasonsOf(matches: readonly Match[]): string[] {
  return [...matches]
    .sort((a, b) => b.unit.rarity * b.unit.repeats - a.unit.rarity * a.unit.repeats)
    .slice(0, 4)
    .map(({ unit, alternative, fields }) => {
      const where = `in ${[...new Set(fields)].join(', ')}`;
      if (alternative.how === 'word') return `“${unit.word}” ${where}`;
      if (alternative.how === 'spelling') return `“${unit.word}” read as “${alternative.word}” ${where}`;
      if (alternative.how === 'part') return `“${unit.word}” near “${alternative.word}” ${where}`;
      return `“${unit.word}” as “${alternative.word}” ${where}`;
    });
}
