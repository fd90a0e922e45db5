// Plans a search: which terms a query asks for, what may stand for them, how telling they are, and the FTS5 expression.
import type { Database } from '../../lib/index.ts';
import type { Concepts } from './concepts.ts';
import { type Spelling, suggest } from './spelling.ts';
import type { Analyzer } from './words.ts';

/** Text beyond this is not read: a query is a task, not a library. */
const MAX_QUERY_CHARACTERS = 24_000;
/** A query with more terms than this is a text: only its telling terms are searched. */
const SHORT_QUERY_TERMS = 14;
const TELLING_TERMS = 24;
/** Entries that one FTS5 query may score (about a microsecond each); common terms beyond it only refine. */
const SCORED_ENTRIES = 30_000;

/** A term of the index that counts for a unit of the query. */
export interface Alternative {
  readonly term: string;
  /** How it reads, for people. */
  readonly word: string;
  /** 1 for the word itself. */
  readonly weight: number;
  readonly how: 'word' | 'spelling' | 'part' | 'meaning';
  /** Entries that contain it. */
  readonly entries: number;
}

/** One thing that the query asks for: a word with all that may stand for it. */
export interface Unit {
  readonly word: string;
  /** How often the query says it, damped. */
  readonly repeats: number;
  /** How telling it is: the rarer in the library, the higher; words that the library does not know are highest. */
  readonly rarity: number;
  /** Empty if the library knows nothing of it. */
  readonly alternatives: readonly Alternative[];
}

export interface QueryPlan {
  readonly units: readonly Unit[];
  readonly longText: boolean;
  /** FTS5 expressions, to be tried in order until enough is found. Quoted terms only: never a syntax error. */
  readonly expressions: readonly string[];
}

interface Asked {
  readonly stem: string;
  readonly word: string;
  readonly joined: boolean;
  count: number;
}

export function planQuery(db: Database, analyzer: Analyzer, concepts: Concepts, query: string): QueryPlan {
  const asked = termsAsked(analyzer, concepts, query.slice(0, MAX_QUERY_CHARACTERS));
  const total = countOf(db, '');
  if (asked.length === 0 || total === 0) return { units: [], longText: false, expressions: [] };
  const longText = asked.length > SHORT_QUERY_TERMS;
  const rarity = (entries: number) => Math.log(1 + (total - entries + 0.5) / (entries + 0.5));

  const units: Unit[] = [];
  for (const term of asked) {
    const alternatives = alternativesOf(db, analyzer, concepts, term, longText);
    if (alternatives.length === 0 && (longText || term.joined || /^\p{N}+$/u.test(term.stem))) continue;
    const own = alternatives.filter(({ weight }) => weight >= 0.6);
    const entries = Math.max(0, ...(own.length > 0 ? own : alternatives).map((one) => one.entries));
    units.push({
      word: term.word,
      repeats: 1 + Math.log(term.count),
      rarity: rarity(Math.min(entries, total)),
      alternatives,
    });
  }
  const chosen = longText ? tellingUnits(units) : units;
  return { units: chosen, longText, expressions: expressionsFor(chosen) };
}

function termsAsked(analyzer: Analyzer, concepts: Concepts, query: string): Asked[] {
  const asked = new Map<string, Asked>();
  const ask = (stem: string, word: string, joined: boolean) => {
    const known = asked.get(stem);
    if (known === undefined) asked.set(stem, { stem, word, joined, count: 1 });
    else known.count += 1;
  };
  for (const term of analyzer.terms(query)) {
    if (term.kind !== 'wide') ask(term.stem, term.word, term.kind === 'joined');
  }
  for (const run of analyzer.unspacedRuns(query)) {
    for (const part of concepts.cut(run)) {
      if (part.known) ask(part.text, part.text, false);
      else for (const term of analyzer.terms(part.text)) ask(term.stem, term.word, false);
    }
  }
  return [...asked.values()];
}

function countOf(db: Database, term: string): number {
  return (
    db.get<{ entries: number }>('SELECT entries FROM skills_search_terms WHERE term = ?', term)?.entries ?? 0
  );
}

function alternativesOf(
  db: Database,
  analyzer: Analyzer,
  concepts: Concepts,
  asked: Asked,
  longText: boolean,
): Alternative[] {
  const found: Alternative[] = [];
  const tryTerm = (term: string, word: string, weight: number, how: Alternative['how']) => {
    if (found.some((other) => other.term === term)) return;
    const entries = countOf(db, term);
    if (entries > 0) found.push({ term, word, weight, how, entries });
  };
  tryTerm(asked.stem, asked.word, 1, 'word');
  const meanings = concepts.meanings(asked.stem, longText);
  for (const meaning of meanings) tryTerm(meaning.term, meaning.word, meaning.weight, 'meaning');
  if (found.length > 0 || longText || asked.joined) return found;
  // A known word of another script may be cut differently in the library's texts.
  if (meanings.length > 0) {
    for (const part of analyzer.terms(asked.word)) tryTerm(part.stem, part.word, 0.5, 'part');
    return found;
  }
  for (const guess of suggest(db, asked.stem)) {
    tryTerm(guess.term, guess.word, guess.weight, howOf(guess));
    for (const meaning of concepts.meanings(guess.term, longText))
      tryTerm(meaning.term, meaning.word, guess.weight * meaning.weight, 'meaning');
  }
  return found;
}

function howOf(guess: Spelling): Alternative['how'] {
  return guess.how;
}

/** The terms of a long text that set it apart, rarest and most repeated first. */
function tellingUnits(units: readonly Unit[]): Unit[] {
  return [...units].sort((a, b) => b.rarity * b.repeats - a.rarity * a.repeats).slice(0, TELLING_TERMS);
}

/**
 * Any of the units' terms, rare units first, as long as the number of entries to score stays bounded. Where even the
 * rarest unit is everywhere, first the entries that have all units, then the rarest unit alone.
 */
function expressionsFor(units: readonly Unit[]): string[] {
  const known = units
    .filter((unit) => unit.alternatives.length > 0)
    .map((unit) => ({
      expression: anyOf(unit.alternatives),
      entries: unit.alternatives.reduce((sum, { entries }) => sum + entries, 0),
      rarity: unit.rarity,
    }))
    .sort((a, b) => b.rarity - a.rarity);
  const [rarest] = known;
  if (rarest === undefined) return [];
  const picked: string[] = [];
  let entries = 0;
  for (const unit of known) {
    if (entries + unit.entries > SCORED_ENTRIES) continue;
    entries += unit.entries;
    picked.push(unit.expression);
  }
  if (picked.length > 0) return [picked.join(' OR ')];
  if (known.length === 1) return [rarest.expression];
  const all = known.map(({ expression }) => `(${expression})`).join(' AND ');
  return [all, rarest.expression];
}

function anyOf(alternatives: readonly Alternative[]): string {
  return alternatives.map(({ term }) => quoteTerm(term)).join(' OR ');
}

/** A term as an FTS5 string: nothing in it is read as syntax. */
export function quoteTerm(term: string): string {
  return `"${term.replaceAll('"', '""').replaceAll('\0', '')}"`;
}
