// Finds what a word that no skill uses may have been meant to be: trigrams of the words in names and descriptions.
import type { Database } from '../../lib/index.ts';

export interface Spelling {
  readonly term: string;
  readonly word: string;
  readonly weight: number;
  readonly how: 'spelling' | 'part';
}

const MAX_GUESSES = 5;
/** A short word that the library lacks is often just another word. */
const SHORT_WORD = 0.75;
const MAX_CANDIDATES = 60;

/** Likely meanings of a stem that the library does not have, best first; none for short words and other scripts. */
export function suggest(db: Database, stem: string): Spelling[] {
  if (!/^[a-z]{4,32}$/.test(stem)) return [];
  const grams = new Set(Array.from({ length: stem.length - 2 }, (_, at) => stem.slice(at, at + 3)));
  const expression = [...grams].map((gram) => `"${gram}"`).join(' OR ');
  const candidates = db.all<{ term: string; word: string }>(
    `SELECT t.term, t.word FROM skills_search_grams g JOIN skills_search_title_terms t ON t.id = g.rowid
     WHERE skills_search_grams MATCH ? ORDER BY g.rank LIMIT ?`,
    expression,
    MAX_CANDIDATES,
  );
  const allowed = stem.length >= 9 ? 3 : stem.length >= 6 ? 2 : 1;
  const guesses: (Spelling & { distance: number })[] = [];
  for (const { term, word } of candidates) {
    const distance = Math.min(typos(stem, term), typos(stem, word));
    if (distance <= allowed) {
      const weight = (stem.length < 6 ? SHORT_WORD : 1) - 0.15 * distance;
      guesses.push({ term, word, weight, how: 'spelling', distance });
    } else if (term.includes(stem) || (term.length >= 5 && stem.includes(term))) {
      guesses.push({ term, word, weight: 0.5, how: 'part', distance: allowed + 1 });
    }
  }
  guesses.sort((a, b) => a.distance - b.distance || a.term.length - b.term.length);
  const nearest = guesses[0]?.distance ?? 0;
  return guesses.filter(({ distance }) => distance === nearest).slice(0, MAX_GUESSES);
}

/** Edits between two words, where two letters in the wrong order are one edit (optimal string alignment). */
export function typos(first: string, second: string): number {
  let before: number[] = [];
  let row = Array.from({ length: second.length + 1 }, (_, at) => at);
  for (let i = 1; i <= first.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= second.length; j += 1) {
      const same = first[i - 1] === second[j - 1] ? 0 : 1;
      let cost = Math.min((row[j - 1] ?? 0) + same, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && first[i - 1] === second[j - 2] && first[i - 2] === second[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      next.push(cost);
    }
    before = row;
    row = next;
  }
  return row[second.length] ?? 0;
}
