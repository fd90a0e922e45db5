// Writes the index: an entry's terms, the counts of terms, and the words that spelling is corrected to.
import { type Database, sha256 } from '../../lib/index.ts';
import type { SearchEntry } from '../search-index.ts';
import { BODY_PART_SEPARATOR } from './schema.ts';
import { sketchOf } from './sketch.ts';
import type { Analyzer, Term } from './words.ts';

/** A body beyond this is not indexed: its words would drown the rest. */
const MAX_BODY_CHARACTERS = 200_000;
/** What an embedder gets to read of a body. */
const EXCERPT_CHARACTERS = 1_000;
/** The start of a body says what the skill is for; the rest is how. */
const INTRO_CHARACTERS = 1_900;
/** From this many times on, a word of the body counts as one of its subjects. */
const OFTEN = 3;

interface Analysed {
  readonly name: readonly string[];
  readonly description: readonly string[];
  readonly tags: readonly string[];
  readonly headings: readonly string[];
  /** Four parts, see `BODY_PART_SEPARATOR`. */
  readonly body: readonly (readonly string[])[];
  /** Stem → word as written, for terms of name, description and tags that may be misspelt. */
  readonly titles: ReadonlyMap<string, string>;
}

interface OldEntry {
  readonly id: number;
  readonly name_terms: string;
  readonly description_terms: string;
  readonly tag_terms: string;
  readonly heading_terms: string;
  readonly body_terms: string;
}

/** How much more or less often terms occur; applied once for each call, since bulk loads share most terms. */
class Counts {
  readonly entries = new Map<string, number>();
  readonly titles = new Map<string, number>();
  readonly words = new Map<string, string>();

  add(all: Iterable<string>, titles: Iterable<string>, by: 1 | -1): void {
    for (const term of all) this.entries.set(term, (this.entries.get(term) ?? 0) + by);
    for (const term of titles) this.titles.set(term, (this.titles.get(term) ?? 0) + by);
    this.entries.set('', (this.entries.get('') ?? 0) + by);
  }
}

/** Writes or replaces entries. Runs inside the caller's transaction, or its own. */
export function writeEntries(db: Database, analyzer: Analyzer, entries: readonly SearchEntry[]): void {
  if (entries.length === 0) return;
  db.transaction(() => {
    const counts = new Counts();
    for (const entry of entries) {
      const old = removeEntry(db, entry.skillId, counts);
      insertEntry(db, entry, analyse(analyzer, entry), old, counts);
    }
    applyCounts(db, counts);
  });
}

export function removeEntries(db: Database, skillIds: readonly string[]): void {
  if (skillIds.length === 0) return;
  db.transaction(() => {
    const counts = new Counts();
    for (const skillId of skillIds) removeEntry(db, skillId, counts);
    applyCounts(db, counts);
  });
}

function analyse(analyzer: Analyzer, entry: SearchEntry): Analysed {
  const titles = new Map<string, string>();
  const field = (text: string, isTitle: boolean) => {
    const terms = analyzer.terms(text);
    if (isTitle) for (const term of terms) if (canBeMisspelt(term)) titles.set(term.stem, term.word);
    return unique(terms);
  };
  return {
    name: field(entry.name, true),
    description: field(entry.description, true),
    tags: field(entry.tags.join('\n'), true),
    headings: field(entry.headings, false),
    body: bodyParts(analyzer, entry.body.slice(0, MAX_BODY_CHARACTERS)),
    titles,
  };
}

/** The body's distinct terms: often and in the intro, in the intro, often, the rest. */
function bodyParts(analyzer: Analyzer, body: string): string[][] {
  const times = new Map<string, number>();
  for (const { stem } of analyzer.terms(body)) times.set(stem, (times.get(stem) ?? 0) + 1);
  const intro = new Set(analyzer.terms(body.slice(0, INTRO_CHARACTERS)).map(({ stem }) => stem));
  const parts: [string[], string[], string[], string[]] = [[], [], [], []];
  for (const [term, count] of times) {
    if (intro.has(term)) parts[count >= OFTEN ? 0 : 1].push(term);
    else parts[count >= OFTEN ? 2 : 3].push(term);
  }
  return parts;
}

function canBeMisspelt(term: Term): boolean {
  return term.kind === 'word' && /^[a-z]{3,32}$/.test(term.stem);
}

function unique(terms: readonly Term[]): string[] {
  return [...new Set(terms.map(({ stem }) => stem))];
}

function removeEntry(db: Database, skillId: string, counts: Counts): number | undefined {
  const old = db.get<OldEntry>(
    `SELECT id, name_terms, description_terms, tag_terms, heading_terms, body_terms
     FROM skills_search_entries WHERE skill_id = ?`,
    skillId,
  );
  if (old === undefined) return undefined;
  const titles = termsOf(old.name_terms, old.description_terms, old.tag_terms);
  const all = termsOf(old.heading_terms, old.body_terms);
  for (const term of titles) all.add(term);
  counts.add(all, titles, -1);
  db.run('DELETE FROM skills_fts WHERE rowid = ?', old.id);
  db.run('DELETE FROM skills_search_entries WHERE id = ?', old.id);
  return old.id;
}

function termsOf(...fields: readonly string[]): Set<string> {
  const terms = new Set(fields.flatMap((field) => field.split(' ')));
  terms.delete('');
  terms.delete('|');
  return terms;
}

function insertEntry(
  db: Database,
  entry: SearchEntry,
  terms: Analysed,
  id: number | undefined,
  counts: Counts,
): void {
  const titles = new Set([...terms.name, ...terms.description, ...terms.tags]);
  const all = new Set([...titles, ...terms.headings, ...terms.body.flat()]);
  counts.add(all, titles, 1);
  for (const [term, word] of terms.titles) counts.words.set(term, word);
  const excerpt = entry.body.slice(0, EXCERPT_CHARACTERS);
  const { lastRowId } = db.run(
    `INSERT INTO skills_search_entries (id, skill_id, version_id, name, description, lineage_key, files_hash,
       content_hash, sketch, excerpt, name_terms, description_terms, tag_terms, heading_terms, body_terms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    id ?? null,
    entry.skillId,
    entry.versionId,
    entry.name,
    entry.description,
    entry.lineageKey,
    entry.filesHash,
    sha256(embeddedText({ ...entry, excerpt })),
    sketchOf(all),
    excerpt,
    padded(terms.name),
    padded(terms.description),
    padded(terms.tags),
    padded(terms.headings),
    ` ${terms.body.map((part) => part.join(' ')).join(BODY_PART_SEPARATOR)} `,
  );
  db.run(
    'INSERT INTO skills_fts (rowid, name, description, tags, headings, body) VALUES (?, ?, ?, ?, ?, ?)',
    lastRowId,
    terms.name.join(' '),
    terms.description.join(' '),
    terms.tags.join(' '),
    terms.headings.join(' '),
    // What the body says often stands twice, so that the candidates' order knows of it.
    [...terms.body.flat(), ...(terms.body[0] ?? []), ...(terms.body[2] ?? [])].join(' '),
  );
}

function padded(terms: readonly string[]): string {
  return ` ${terms.join(' ')} `;
}

/** What an embedder reads of an entry. */
export function embeddedText(entry: {
  readonly name: string;
  readonly description: string;
  readonly excerpt: string;
}): string {
  return `${entry.name}\n${entry.description}\n\n${entry.excerpt}`;
}

function applyCounts(db: Database, counts: Counts): void {
  for (const [term, by] of counts.entries) {
    const titles = counts.titles.get(term) ?? 0;
    if (by === 0 && titles === 0) continue;
    db.run(
      `INSERT INTO skills_search_terms (term, entries, titles) VALUES (?, ?, ?)
       ON CONFLICT (term) DO UPDATE SET entries = entries + excluded.entries, titles = titles + excluded.titles`,
      term,
      by,
      titles,
    );
    if (by < 0)
      db.run("DELETE FROM skills_search_terms WHERE term = ? AND entries <= 0 AND term <> ''", term);
  }
  for (const [term, by] of counts.titles) {
    if (by > 0) learnSpelling(db, term, counts.words.get(term));
    else if (by < 0) forgetSpelling(db, term);
  }
}

function learnSpelling(db: Database, term: string, word: string | undefined): void {
  if (word === undefined) return;
  const added = db.run(
    'INSERT INTO skills_search_title_terms (term, word) VALUES (?, ?) ON CONFLICT (term) DO NOTHING',
    term,
    word,
  );
  if (added.changes > 0)
    db.run('INSERT INTO skills_search_grams (rowid, term) VALUES (?, ?)', added.lastRowId, term);
}

function forgetSpelling(db: Database, term: string): void {
  const left = db.get<{ titles: number }>('SELECT titles FROM skills_search_terms WHERE term = ?', term);
  if (left !== undefined && left.titles > 0) return;
  const known = db.get<{ id: number }>('SELECT id FROM skills_search_title_terms WHERE term = ?', term);
  if (known === undefined) return;
  db.run(
    "INSERT INTO skills_search_grams (skills_search_grams, rowid, term) VALUES ('delete', ?, ?)",
    known.id,
    term,
  );
  db.run('DELETE FROM skills_search_title_terms WHERE id = ?', known.id);
}
