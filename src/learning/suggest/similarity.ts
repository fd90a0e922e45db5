// How much two short texts are about the same: stems weighed by how rare they are, compared as directions.
import { stemmer } from 'stemmer';

/** Words that every suggestion has: they say that something is suggested, not what. */
const COMMON = new Set(
  `a an the and or of to in on for with when while by from as is are be been was were it its this that these those into
  not no if then than so such can could should would may might must will do does did done has have had at any all each
  add added adding capture captured pattern patterns skill skills explicit explicitly guidance agent agents task tasks
  include including includes handle handling approach use uses used using create created creating enhance enhanced
  derive version workflow workflows step steps where which their they them instead before after during also only more
  very make makes made via per e g i.e etc case cases technique document documented general`
    .split(/\s+/)
    .filter((word) => word !== ''),
);

/** The telling stems of a text with their counts; identifiers count whole and in their parts. */
export function telling(text: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const add = (word: string) => {
    if (word.length < 2 || COMMON.has(word)) return;
    const stem = /^[a-z]+$/.test(word) ? stemmer(word) : word;
    counts.set(stem, (counts.get(stem) ?? 0) + 1);
  };
  for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{N}]+(?:[_-][\p{L}\p{N}]+)*/gu)) {
    add(word);
    const parts = word.split(/[_-]/);
    if (parts.length > 1) for (const part of parts) add(part);
  }
  return counts;
}

type Vector = ReadonlyMap<string, number>;

/** Compares texts against the background of all texts that are known: what stands in many of them tells little. */
export interface Similarity {
  /** 0 to 1. */
  compare(first: string, second: string): number;
}

/** `background`: the texts that there are, the compared ones among them. */
export function createSimilarity(background: Iterable<string>): Similarity {
  const found = new Map<string, number>();
  let texts = 0;
  for (const text of new Set(background)) {
    texts += 1;
    for (const term of telling(text).keys()) found.set(term, (found.get(term) ?? 0) + 1);
  }
  const vectors = new Map<string, Vector>();
  const vectorOf = (text: string): Vector => {
    const known = vectors.get(text);
    if (known !== undefined) return known;
    const vector = toVector(telling(text), found, texts);
    vectors.set(text, vector);
    return vector;
  };
  return { compare: (first, second) => cosine(vectorOf(first), vectorOf(second)) };
}

function toVector(terms: ReadonlyMap<string, number>, found: ReadonlyMap<string, number>, texts: number) {
  const vector = new Map<string, number>();
  let squares = 0;
  for (const [term, count] of terms) {
    const weight = (1 + Math.log(count)) * Math.log(1 + (texts + 1) / (1 + (found.get(term) ?? 0)));
    vector.set(term, weight);
    squares += weight * weight;
  }
  const length = Math.sqrt(squares) || 1;
  for (const [term, weight] of vector) vector.set(term, weight / length);
  return vector;
}

function cosine(first: Vector, second: Vector): number {
  const [small, large] = first.size < second.size ? [first, second] : [second, first];
  let sum = 0;
  for (const [term, weight] of small) sum += weight * (large.get(term) ?? 0);
  return Math.min(1, sum);
}
