// Search over heads of skills: by words always, joined with vectors where there are some.
import type { z } from 'zod';
import type { HubRecord } from '../../../src/hub/index.ts';
import type { Embedder } from '../embedder.ts';
import type { Sql } from '../store/sql.ts';
import type { Caller } from './caller.ts';
import { RankedRow, RECORD_COLUMNS, RECORD_JOINS, toRecord } from './records.ts';
import { searchWords } from './search-text.ts';

export interface SearchQuery {
  readonly query: string;
  readonly limit: number;
  readonly tags: readonly string[];
}

/** Hits that are ranked at all: bounds the time for words that are in every skill. */
const CANDIDATES = 400;
/** With fewer hits for all words together, skills with some of them follow. */
const ENOUGH = 5;
const MAX_QUERY_WORDS = 40;

/** Where visible heads are found; `$1` the caller's owners, `$2` tags that all must be there. */
const VISIBLE = `(s.visibility = 'public' OR s.owner_id = ANY($1::int[])) AND s.head_id IS NOT NULL AND s.tags @> $2::text[]`;

const foundBy = (words: 'every_word' | 'some_word') =>
  `SELECT s.id, ts_rank(s.search, q.${words}) + CASE WHEN s.name = $4 THEN 1 ELSE 0 END AS search_rank
    FROM skills s, q WHERE s.search @@ q.${words} AND ${VISIBLE}`;

/**
 * Skills with all words; where they are fewer than `$6`, skills with some of the words follow. `$3` holds the words,
 * `$4` a bare name, `$5` the number wanted. One statement, as each costs a round trip.
 */
const BY_WORDS = `WITH q AS (SELECT query AS every_word, replace(query::text, '&', '|')::tsquery AS some_word FROM plainto_tsquery('english', $3) query),
    strict AS MATERIALIZED (${foundBy('every_word')} LIMIT ${CANDIDATES}),
    loose AS (${foundBy('some_word')} AND (SELECT count(*) FROM strict) < $6 LIMIT ${CANDIDATES}),
    ranked AS (SELECT id, search_rank, true AS is_strict FROM strict
      UNION ALL SELECT id, search_rank, false FROM loose WHERE id NOT IN (SELECT id FROM strict)
      ORDER BY is_strict DESC, search_rank DESC, id LIMIT $5)
    SELECT ${RECORD_COLUMNS}, r.search_rank FROM ranked r JOIN skills s ON s.id = r.id JOIN versions v ON v.id = s.head_id ${RECORD_JOINS}
    ORDER BY r.is_strict DESC, r.search_rank DESC, s.id`;

const BY_VECTOR = `WITH ranked AS (SELECT s.id, 1 - (x.embedding <=> $3::vector) AS search_rank FROM vectors x JOIN skills s ON s.id = x.skill_id
      WHERE x.model = $4 AND ${VISIBLE} ORDER BY x.embedding <=> $3::vector LIMIT $5)
    SELECT ${RECORD_COLUMNS}, r.search_rank FROM ranked r JOIN skills s ON s.id = r.id JOIN versions v ON v.id = s.head_id ${RECORD_JOINS}
    ORDER BY r.search_rank DESC, s.id`;

type Hit = z.infer<typeof RankedRow>;

/** Heads that fit, best first. An empty query lists the newest. */
export async function searchSkills(
  sql: Sql,
  caller: Caller,
  { query, limit, tags }: SearchQuery,
  embedder?: Embedder,
): Promise<HubRecord[]> {
  const words = searchWords(query).slice(0, MAX_QUERY_WORDS);
  const base = [caller.ownerIds, tags];
  if (words.length === 0) {
    const rows = await sql.rows(
      RankedRow,
      `SELECT ${RECORD_COLUMNS}, 0::float8 AS search_rank FROM skills s JOIN versions v ON v.id = s.head_id ${RECORD_JOINS}
       WHERE ${VISIBLE} ORDER BY s.id DESC LIMIT $3`,
      [...base, limit],
    );
    return rows.map((row) => toRecord(row, 0));
  }
  const enough = words.length > 1 ? Math.min(ENOUGH, limit) : 0;
  const values = [...base, words.join(' '), query.trim(), limit, enough];
  const hits = await sql.rows(RankedRow, BY_WORDS, values);
  const byMeaning = await searchVectors(sql, base, query, limit, embedder);
  return fuse(hits, byMeaning).slice(0, limit);
}

async function searchVectors(
  sql: Sql,
  base: readonly unknown[],
  query: string,
  limit: number,
  embedder: Embedder | undefined,
): Promise<Hit[]> {
  const vector = await embedder?.embedQuery(query);
  if (embedder === undefined || vector === undefined) return [];
  return sql.rows(RankedRow, BY_VECTOR, [...base, `[${vector.join(',')}]`, embedder.model, limit]);
}

/** Reciprocal rank fusion: a skill that both lists have high comes first. */
function fuse(words: readonly Hit[], vectors: readonly Hit[]): HubRecord[] {
  if (vectors.length === 0) return words.map((hit) => toRecord(hit, hit.search_rank));
  const scores = new Map<number, { hit: Hit; score: number }>();
  for (const list of [words, vectors])
    list.forEach((hit, at) => {
      scores.set(hit.skill, { hit, score: (scores.get(hit.skill)?.score ?? 0) + 1 / (60 + at) });
    });
  return [...scores.values()]
    .sort((a, b) => b.score - a.score || a.hit.skill - b.hit.skill)
    .map(({ hit, score }) => toRecord(hit, score));
}
