import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../lib/index.ts';
import { createConcepts } from './search/concepts.ts';
import { planQuery, quoteTerm } from './search/query.ts';
import { typos } from './search/spelling.ts';
import { createAnalyzer } from './search/words.ts';
import { openSearchIndex, type SearchEntry, type SearchIndex } from './search-index.ts';
import type { SkillId, VersionId } from './skill.ts';

function entry(name: string, body: string, more: Partial<SearchEntry> = {}): SearchEntry {
  return {
    skillId: name as SkillId,
    versionId: `${name}__v1_00000000` as VersionId,
    name,
    description: '',
    tags: [],
    headings: '',
    body,
    lineageKey: name,
    filesHash: name,
    ...more,
  };
}

function open(entries: readonly SearchEntry[]): { db: Database; index: SearchIndex } {
  const db = openDatabase({ path: ':memory:' });
  const index = openSearchIndex(db);
  index.upsert(entries);
  return { db, index };
}

const analyzer = createAnalyzer();
const concepts = createConcepts();
const stems = (text: string) => analyzer.terms(text).map(({ stem }) => stem);

describe('terms of a text', () => {
  it.each([
    ['Extracting text from the PDFs', ['extract', 'text', 'pdf']],
    ['HTTPServer', ['http', 'server', 'httpserver']],
    ['read_file', ['read', 'file', 'readfil']],
    ['MergedCell', ['merg', 'cell', 'mergedcel']],
    ['Café ＦＵＬＬ', ['cafe', 'full']],
    ['从PDF中提取文字', ['pdf', '提取', '文字']],
    ['🎉🎉', []],
    ['', []],
  ])('%j become %j', (text, expected) => {
    expect(stems(text)).toEqual(expected);
  });

  it('any text gives terms that FTS5 reads as one word each', () => {
    const db = openDatabase({ path: ':memory:' });
    db.script(
      `CREATE VIRTUAL TABLE t USING fts5 (x, tokenize = "unicode61 remove_diacritics 0 categories 'L* M* N* Co'")`,
    );
    db.script("CREATE VIRTUAL TABLE v USING fts5vocab ('t', 'instance')");
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
        const terms = stems(text);
        db.run('DELETE FROM t');
        db.run('INSERT INTO t (x) VALUES (?)', terms.join(' '));
        const words = db.get<{ n: number }>('SELECT count(*) AS n FROM v')?.n;
        expect(words).toBe(terms.length);
      }),
    );
  });

  it('what an analyser has read before does not change the terms of a text', () => {
    const other = createAnalyzer();
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 100 }), (text) => {
        expect(analyzer.terms(`${text} ${text}`)).toEqual([...other.terms(text), ...other.terms(text)]);
      }),
    );
  });
});

describe('queries', () => {
  const { db, index } = open([
    entry('pdf-read', 'read pdf files'),
    entry('sql-tool', 'DROP TABLE and SELECT statements'),
    entry('and-or-not', 'NEAR and OR and NOT'),
  ]);

  it.each([
    ['empty', ''],
    ['blank', ' \n\t '],
    ['emoji only', '🎉🔥👩‍👩‍👧‍👦'],
    ['punctuation only', '"*(){}:^-+~'],
    ['stop words only', 'the of and'],
    ['a NUL character', 'pdf\0read'],
    ['a lone surrogate', 'pdf \ud800 read'],
  ])('%s is answered, with nothing or something', (_, query) => {
    expect(() => index.search(query, { limit: 5 })).not.toThrow();
  });

  it.each([
    "'; DROP TABLE skills_search_entries; --",
    'name:pdf AND "x',
    'NEAR(a b, 3)',
    '{name description} : pdf*',
    'foo-bar AND "x',
    'rowid = 1 OR 1=1',
  ])('%j is read as words, never as SQL or FTS5', (query) => {
    index.search(query, { limit: 5 });
    expect(index.search('read pdf', { limit: 1 })[0]?.name).toBe('pdf-read');
  });

  it('100 KB of text is answered from its beginning', () => {
    const text = `read pdf files ${'lorem ipsum dolor sit amet '.repeat(4_000)}`;
    expect(index.search(text, { limit: 5 })[0]?.name).toBe('pdf-read');
    expect(() => index.search('x'.repeat(100_000), { limit: 5 })).not.toThrow();
    expect(() => index.search('中'.repeat(50_000), { limit: 5 })).not.toThrow();
  });

  it('no query makes an FTS5 syntax error', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.constantFrom('"', '*', 'AND', 'OR', 'NOT', 'NEAR(', '{name} :', '^', '提取', 'pdf', "'", '--', '\0'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        const query = pieces.join(' ');
        const plan = planQuery(db, analyzer, concepts, query);
        for (const expression of plan.expressions)
          db.all('SELECT rowid FROM skills_fts WHERE skills_fts MATCH ?', expression);
        index.search(query, { limit: 3 });
      }),
      { numRuns: 150 },
    );
  });

  it('a quoted term is one FTS5 string, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }), (term) => {
        expect(() =>
          db.all('SELECT rowid FROM skills_fts WHERE skills_fts MATCH ?', quoteTerm(term)),
        ).not.toThrow();
      }),
    );
  });

  it('an identifier that the library knows is not taken apart', () => {
    const { index: own } = open([
      entry('typescript-check', 'TypeScript compile check'),
      entry('type-of-script', 'a type of script for theatre'),
    ]);
    expect(own.search('TypeScript', { limit: 1 })[0]?.reasons).toEqual(['“typescript” in name, body']);
  });
});

describe('typos', () => {
  it.each([
    ['extarct', 'extract', 1],
    ['ffmepg', 'ffmpeg', 1],
    ['spredsheet', 'spreadsheet', 1],
    ['same', 'same', 0],
    ['', 'abc', 3],
  ])('%s and %s are %i apart', (first, second, expected) => {
    expect(typos(first, second)).toBe(expected);
    expect(typos(second, first)).toBe(expected);
  });
});

describe('folding and filtering', () => {
  const body = Array.from({ length: 60 }, (_, n) => `word${n}`).join(' ');
  const { index } = open([
    entry('first', `${body} alpha`, { lineageKey: 'family' }),
    entry('second', 'alpha and something else', { lineageKey: 'family' }),
    entry('copy', `${body} alpha`, { description: 'alpha' }),
    entry('other', 'alpha of another kind'),
  ]);

  it('a lineage and near-duplicates are one hit that names the others', () => {
    const hits = index.search('alpha', { limit: 10 });
    const folded = hits.map((hit) => [hit.name, [...hit.folded].sort()]);
    expect(folded).toHaveLength(2);
    expect(folded.find(([name]) => name !== 'other')?.[1]).toHaveLength(2);
  });

  it('collapse: false shows each', () => {
    expect(index.search('alpha', { limit: 10, collapse: false })).toHaveLength(4);
  });

  it('what is not accepted is neither a hit nor folded', () => {
    const hits = index.search('alpha', { limit: 10, accept: (id) => id !== 'copy' });
    expect(hits.flatMap((hit) => [hit.skillId, ...hit.folded])).not.toContain('copy');
    expect(hits).toHaveLength(2);
  });

  it('a skill that few accept is found behind hundreds that are not', () => {
    const { index: large } = open(
      Array.from({ length: 600 }, (_, n) => entry(`alpha-${n}`, 'alpha alpha alpha')).concat(
        entry('wanted', 'alpha at the end of a long list of other words'),
      ),
    );
    const hits = large.search('alpha', { limit: 3, accept: (id) => id === 'wanted' });
    expect(hits.map((hit) => hit.name)).toEqual(['wanted']);
  });
});

describe('the index keeps its counts', () => {
  it('after any upserts and removals it answers like one built afresh', () => {
    const words = ['pdf', 'excel', 'audio', 'video', 'check', 'write', 'panel'];
    const change = fc.record({
      id: fc.constantFrom('a', 'b', 'c'),
      words: fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 4 }),
      remove: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
        const { db, index } = open([]);
        const left = new Map<string, SearchEntry>();
        for (const { id, words: text, remove } of changes) {
          const made = entry(id, text.join(' '), { description: text.join(' ') });
          if (remove) index.remove([id as SkillId]);
          else index.upsert([made]);
          if (remove) left.delete(id);
          else left.set(id, made);
        }
        const fresh = open([...left.values()]);
        const counts = (of: Database) =>
          of.all('SELECT term, entries, titles FROM skills_search_terms WHERE entries <> 0 ORDER BY term');
        const spelt = (of: Database) => of.all('SELECT term FROM skills_search_title_terms ORDER BY term');
        expect(counts(db)).toEqual(counts(fresh.db));
        expect(spelt(db)).toEqual(spelt(fresh.db));
        db.script("INSERT INTO skills_search_grams (skills_search_grams) VALUES ('integrity-check')");
        for (const word of words)
          expect(index.search(word, { limit: 9 })).toEqual(fresh.index.search(word, { limit: 9 }));
      }),
      { numRuns: 25 },
    );
  });

  it('rolls back with the transaction that it is called in', () => {
    const { db, index } = open([entry('kept', 'alpha')]);
    expect(() =>
      db.transaction(() => {
        index.upsert([entry('lost', 'alpha beta')]);
        throw new Error('the commit failed');
      }),
    ).toThrow('the commit failed');
    expect(index.search('beta', { limit: 5 })).toEqual([]);
    expect(index.search('alpha', { limit: 5 }).map((hit) => hit.name)).toEqual(['kept']);
  });
});

describe('vectors', () => {
  const { db, index } = open([
    entry('car-repair', 'fix an automobile'),
    entry('boat', 'sail a boat'),
    entry('plane', 'fly'),
  ]);
  const toVector: Record<string, number[]> = { 'car-repair': [1, 0, 0], boat: [0, 1, 0], plane: [0, 0, 1] };

  it('texts without a vector are asked for once, and found by meaning afterwards', () => {
    const wanted = index.vectorsWanted('model@3');
    expect(wanted).toHaveLength(3);
    index.putVectors(
      'model@3',
      wanted.map(({ contentHash, text }) => ({
        contentHash,
        vector: Float32Array.from(toVector[text.split('\n')[0] ?? ''] ?? []),
      })),
    );
    expect(index.vectorsWanted('model@3')).toEqual([]);
    expect(index.vectorsWanted('other@3')).toHaveLength(3);
    const vector = { embedderId: 'model@3', query: Float32Array.from([0.9, 0.1, 0]) };
    expect(index.search('vehicle', { limit: 1, vector })[0]?.name).toBe('car-repair');
    expect(index.search('vehicle', { limit: 1, vector: { ...vector, embedderId: 'other@3' } })).toEqual([]);
  });

  it.each([
    ['another length', [1, 0]],
    ['no direction', [0, 0, 0]],
    ['not a number', [Number.NaN, 0, 0]],
    ['empty', []],
  ])('a query vector of %s leaves the words to answer', (_, values) => {
    const vector = { embedderId: 'model@3', query: Float32Array.from(values) };
    expect(index.search('sail', { limit: 1, vector })[0]?.name).toBe('boat');
  });

  it('a changed text loses its vector, an equal one keeps it', () => {
    index.upsert([entry('boat', 'sail a ship'), entry('plane', 'fly')]);
    expect(index.vectorsWanted('model@3').map(({ text }) => text)).toEqual(['boat\n\n\nsail a ship']);
    index.putVectors('model@3', []);
    expect(db.get<{ n: number }>('SELECT count(*) AS n FROM skills_search_vectors')?.n).toBe(2);
  });
});
