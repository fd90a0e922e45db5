// Plans a search: which terms a query asks for, what may stand for them, how telling they are, and the FTS5 expression.
import type { Database } from '../../lib/index.ts';
import type { Concepts } from './concepts.ts';
import { suggest } from './spelling.ts';
import type { Analyzer } from './words.ts';

/** Text beyond this is not read: a query is a task, not a library. */
const MAX_QUERY_CHARACTERS = 24_000;
/** A query with more terms than this is a text: only its telling terms are searched. */
const SHORT_QUERY_TERMS = 14;
const TELLING_TERMS = 80;
/**
 * What one FTS5 query may cost, counted in entries that it scores (about a microsecond each). Reading past an entry
 * costs an eighth. More common terms only refine what the rarer ones found.
 */
const QUERY_COST = 5_000;
const READING_COST = 1 / 8;
/** Terms of a long text that candidates are sought by. */
const SOUGHT_TERMS = 40;

/** A term of the index that counts for a unit of the query. */
export interface Alternative {
  readonly term: string;
  /** How it reads, for people. */
  readonly word: string;
  /** 1 for the word itself. */
  readonly weight: number;
  readonly how: 'word' | 'spelling' | 'part' | 'meaning';
  /** Entries that contain it anywhere, and in name, description or tags. */
  readonly entries: number;
  readonly titles: number;
}

/** One thing that the query asks for: a word with all that may stand for it. */
export interface Unit {
  /** A file type or tool: what a task is made of. */
  readonly isThing: boolean;
  /** How telling it is among names, descriptions and tags alone; 0 if none has it. */
  readonly titleRarity: number;
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

/** `budget_2024.xlsx` asks for a spreadsheet, not for a budget. `node.js` is a name. */
const FILE_NAME = /(?<![\p{L}\p{N}_-])[\p{L}\p{N}_-]{1,80}\.(?=(\p{L}[\p{L}\p{N}]{1,4})(?![\p{L}\p{N}_]))/gu;

interface Asked {
  readonly stem: string;
  readonly word: string;
  readonly joined: boolean;
  readonly wide: boolean;
  count: number;
}

export function planQuery(db: Database, analyzer: Analyzer, concepts: Concepts, query: string): QueryPlan {
  const asked = termsAsked(db, analyzer, concepts, query.slice(0, MAX_QUERY_CHARACTERS));
  const total = countsOf(db, '').entries;
  if (asked.length === 0 || total === 0) return { units: [], longText: false, expressions: [] };
  const longText = asked.length > SHORT_QUERY_TERMS;
  const rarity = (entries: number) => Math.log(1 + (total - entries + 0.5) / (entries + 0.5));

  const units: Unit[] = [];
  for (const term of asked) {
    const alternatives = longText
      ? titleAlternatives(db, concepts, term)
      : alternativesOf(db, analyzer, concepts, term);
    if (alternatives.length === 0 && (longText || tellsNothing(term))) continue;
    const close = alternatives.filter(({ weight }) => weight >= 0.6);
    const counted = close.length > 0 ? close : alternatives;
    const titles = Math.max(0, ...counted.map((one) => one.titles));
    units.push({
      word: term.word,
      repeats: 1 + Math.log(term.count),
      rarity: rarity(Math.min(total, Math.max(0, ...counted.map((one) => one.entries)))),
      titleRarity: titles === 0 ? 0 : rarity(Math.min(total, titles)),
      isThing: alternatives.some((one) => concepts.isThing(one.term)),
      alternatives,
    });
  }
  const chosen = longText ? tellingUnits(units) : units;
  return { units: chosen, longText, expressions: expressionsFor(chosen, longText) };
}

/** Words whose absence from the library says nothing: numbers, identifiers beside their parts, single characters. */
function tellsNothing(term: Asked): boolean {
  return term.joined || /^\p{N}+$/u.test(term.stem) || (term.wide && Array.from(term.stem).length === 1);
}

function termsAsked(db: Database, analyzer: Analyzer, concepts: Concepts, query: string): Asked[] {
  const asked = new Map<string, Asked>();
  const ask = (stem: string, word: string, kind: 'word' | 'wide' | 'joined') => {
    const known = asked.get(stem);
    if (known === undefined) {
      asked.set(stem, { stem, word, joined: kind === 'joined', wide: kind === 'wide', count: 1 });
    } else known.count += 1;
  };
  const text = query.replace(FILE_NAME, (name, extension: string) =>
    extension.toLowerCase() !== 'js' && concepts.isThing(extension.toLowerCase()) ? ' ' : name,
  );
  for (const term of analyzer.terms(text)) {
    if (term.kind === 'wide') continue;
    ask(term.stem, term.word, term.kind);
    // `TypeScript`, where the library knows it, is not about types and scripts.
    if (term.parts !== undefined && countsOf(db, term.stem).entries > 0)
      for (const part of term.parts) forget(asked, part);
  }
  for (const run of analyzer.unspacedRuns(text)) {
    for (const part of concepts.cut(run)) {
      if (part.known) ask(part.text, part.text, 'wide');
      else for (const term of analyzer.terms(part.text)) ask(term.stem, term.word, 'wide');
    }
  }
  return [...asked.values()];
}

function forget(asked: Map<string, Asked>, stem: string): void {
  const known = asked.get(stem);
  if (known === undefined) return;
  known.count -= 1;
  if (known.count === 0) asked.delete(stem);
}

interface Counts {
  readonly entries: number;
  readonly titles: number;
}

function countsOf(db: Database, term: string): Counts {
  return (
    db.get<Counts>('SELECT entries, titles FROM skills_search_terms WHERE term = ?', term) ?? {
      entries: 0,
      titles: 0,
    }
  );
}

/** In a whole text only words count that skills have in their titles: the others are the task's own matter. */
function titleAlternatives(db: Database, concepts: Concepts, asked: Asked): Alternative[] {
  const own = countsOf(db, asked.stem);
  if (own.titles > 0) return [{ term: asked.stem, word: asked.word, weight: 1, how: 'word', ...own }];
  return concepts
    .meanings(asked.stem)
    .filter(({ weight }) => weight >= 0.6)
    .map(({ term, word, weight }) => ({ term, word, weight, how: 'meaning' as const, ...countsOf(db, term) }))
    .filter(({ titles }) => titles > 0);
}

function alternativesOf(db: Database, analyzer: Analyzer, concepts: Concepts, asked: Asked): Alternative[] {
  const found: Alternative[] = [];
  const tryTerm = (term: string, word: string, weight: number, how: Alternative['how']) => {
    if (found.some((other) => other.term === term)) return;
    const counts = countsOf(db, term);
    if (counts.entries > 0) found.push({ term, word, weight, how, ...counts });
  };
  tryTerm(asked.stem, asked.word, 1, 'word');
  const meanings = concepts.meanings(asked.stem);
  for (const meaning of meanings) tryTerm(meaning.term, meaning.word, meaning.weight, 'meaning');
  if (found.length > 0 || asked.joined) return found;
  // A known word of another script may be cut differently in the library's texts.
  if (meanings.length > 0) {
    for (const part of analyzer.terms(asked.word)) tryTerm(part.stem, part.word, 0.5, 'part');
    return found;
  }
  for (const guess of suggest(db, asked.stem)) {
    tryTerm(guess.term, guess.word, guess.weight, guess.how);
    for (const meaning of concepts.meanings(guess.term))
      tryTerm(meaning.term, meaning.word, guess.weight * meaning.weight, 'meaning');
  }
  return found;
}

/** The terms of a long text that set it apart, rarest and most repeated first. */
function tellingUnits(units: readonly Unit[]): Unit[] {
  return [...units]
    .sort((a, b) => b.titleRarity * b.repeats - a.titleRarity * a.repeats)
    .slice(0, TELLING_TERMS);
}

/**
 * Any of the units' terms, rare units first, as long as the cost stays bounded. Where even the rarest unit is
 * everywhere, first the entries that have the rarest units together in their titles, then those that have them together
 * anywhere, then those with the rarest in their title.
 */
function expressionsFor(units: readonly Unit[], longText: boolean): string[] {
  const columns = longText ? '{name description tags headings} : ' : '';
  const known = units
    .filter((unit) => unit.alternatives.length > 0)
    .map((unit) => ({
      expression: anyOf(unit.alternatives),
      affordable: anyOf(affordable(unit.alternatives)),
      cost: unit.alternatives.reduce(
        (sum, one) => sum + (longText ? one.titles : one.entries) + one.entries * READING_COST,
        0,
      ),
      rarity: longText ? unit.titleRarity : unit.rarity,
    }))
    .sort((a, b) => b.rarity - a.rarity);
  const [rarest] = known;
  if (rarest === undefined) return [];
  const picked: string[] = [];
  let cost = 0;
  for (const unit of known) {
    if (longText && picked.length === SOUGHT_TERMS) break;
    if (cost + unit.cost > QUERY_COST) continue;
    cost += unit.cost;
    picked.push(unit.expression);
  }
  if (picked.length > 0) return [`${columns}(${picked.join(' OR ')})`];
  const together = `(${known
    .slice(0, 3)
    .map((unit) => unit.affordable)
    .join(' AND ')})`;
  const titles = '{name description tags} : ';
  return [`${titles}${together}`, `${columns}${together}`, `${titles}${rarest.affordable}`];
}

const anyOf = (alternatives: readonly Alternative[]) =>
  `(${alternatives.map(({ term }) => quoteTerm(term)).join(' OR ')})`;

/** The word itself and what may stand for it, as far as reading past all their entries costs no more than one query. */
function affordable(alternatives: readonly Alternative[]): readonly Alternative[] {
  let cost = 0;
  return alternatives.filter(({ entries }, at) => {
    cost += entries * READING_COST;
    return at === 0 || cost <= QUERY_COST;
  });
}

/** A term as an FTS5 string: nothing in it is read as syntax. */
export function quoteTerm(term: string): string {
  return `"${term.replaceAll('"', '""').replaceAll('\0', '')}"`;
}
