// Tables of the search index, and their migrations.
import type { Migrations } from '../../lib/index.ts';

/** The FTS5 columns in order, each with what a match in it weighs when candidates are gathered. */
export const FIELDS = ['name', 'description', 'tags', 'headings', 'body'] as const;
export type Field = (typeof FIELDS)[number];

/**
 * Separates the parts of an entry's body terms: frequent ones of the intro, other ones of the intro, frequent ones of
 * the rest, the rest. One text instead of four columns: a term's place says the part.
 */
export const BODY_PART_SEPARATOR = ' | ';

/**
 * `skills_fts` holds stems only (the text is analysed here), without a copy of them: `skills_search_entries` has the
 * terms of each entry, for exact scores. `skills_search_terms` counts in how many entries a term occurs: the FTS5
 * vocabulary table would walk a term's whole list to say so. The row of the empty term counts the entries.
 */
export const SEARCH_MIGRATIONS: Migrations = {
  room: 'skills_search',
  steps: [
    `CREATE TABLE skills_search_entries (
       id INTEGER PRIMARY KEY,
       skill_id TEXT NOT NULL UNIQUE,
       version_id TEXT NOT NULL,
       name TEXT NOT NULL,
       description TEXT NOT NULL,
       lineage_key TEXT NOT NULL,
       files_hash TEXT NOT NULL,
       content_hash TEXT NOT NULL,
       sketch BLOB NOT NULL,
       excerpt TEXT NOT NULL,
       name_terms TEXT NOT NULL,
       description_terms TEXT NOT NULL,
       tag_terms TEXT NOT NULL,
       heading_terms TEXT NOT NULL,
       body_terms TEXT NOT NULL
     ) STRICT;
     CREATE INDEX skills_search_entries_content ON skills_search_entries (content_hash);
     CREATE TABLE skills_search_terms (
       term TEXT PRIMARY KEY,
       entries INTEGER NOT NULL,
       titles INTEGER NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE VIRTUAL TABLE skills_fts USING fts5 (
       name, description, tags, headings, body,
       content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 0 categories 'L* M* N* Co'"
     );
     CREATE TABLE skills_search_title_terms (
       id INTEGER PRIMARY KEY,
       term TEXT NOT NULL UNIQUE,
       word TEXT NOT NULL
     ) STRICT;
     CREATE VIRTUAL TABLE skills_search_grams USING fts5 (
       term, content = 'skills_search_title_terms', content_rowid = 'id', tokenize = 'trigram', detail = 'none'
     );
     CREATE TABLE skills_search_vectors (
       embedder_id TEXT NOT NULL,
       content_hash TEXT NOT NULL,
       vector BLOB NOT NULL,
       PRIMARY KEY (embedder_id, content_hash)
     ) STRICT;`,
  ],
};
