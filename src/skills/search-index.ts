// The search index: finds skills by words (and by vectors, where there are some), in the shared database.
import type { Database } from '../lib/index.ts';
import { collapse } from './search/collapse.ts';
import { type Concepts, createConcepts } from './search/concepts.ts';
import { confidenceOf } from './search/confidence.ts';
import { removeEntries, writeEntries } from './search/entries.ts';
import { planQuery, type QueryPlan } from './search/query.ts';
import { SEARCH_MIGRATIONS } from './search/schema.ts';
import { type CandidateTerms, reasonsOf, type Scored, scoreCandidate } from './search/score.ts';
import { scoreForText } from './search/text-score.ts';
import {
  fuseRanks,
  type Neighbour,
  nearestEntries,
  pruneVectors,
  type StoredVector,
  storeVectors,
  type WantedVector,
  wantedVectors,
} from './search/vectors.ts';
import { type Analyzer, createAnalyzer } from './search/words.ts';
import type { SkillId, VersionId } from './skill.ts';

export type { StoredVector, WantedVector } from './search/vectors.ts';

/** What is indexed of a skill: its current version. */
export interface SearchEntry {
  readonly skillId: SkillId;
  readonly versionId: VersionId;
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  /** The headings of SKILL.md, in any form. */
  readonly headings: string;
  readonly body: string;
  /** The same for all skills that descend from one another. */
  readonly lineageKey: string;
  readonly filesHash: string;
}

export interface SearchHit {
  readonly skillId: SkillId;
  readonly versionId: VersionId;
  readonly name: string;
  readonly description: string;
  /** Orders the hits of one search; not comparable between searches. */
  readonly score: number;
  /** 0..1, comparable between queries. Below `CONFIDENT` nothing in the library answers the query. */
  readonly confidence: number;
  /** Why it was found, for people: matched words and where. */
  readonly reasons: readonly string[];
  /** Near-duplicates and members of the lineage folded into this hit. */
  readonly folded: readonly SkillId[];
}

export interface SearchOptions {
  readonly limit: number;
  /** Folds near-duplicates and lineages into their best member. Default true. */
  readonly collapse?: boolean;
  /** Leaves out entries before they are ranked. */
  readonly accept?: (skillId: SkillId) => boolean;
  /** The query's vector: the ranking by words is fused with the nearest vectors of the same embedder. */
  readonly vector?: { readonly embedderId: string; readonly query: Float32Array };
}

export interface SearchIndex {
  /** Adds or replaces entries, in the caller's transaction or its own. */
  upsert(entries: readonly SearchEntry[]): void;
  remove(skillIds: readonly SkillId[]): void;
  /** Best first; empty for a query without words. Never throws for what a query says. */
  search(query: string, options: SearchOptions): readonly SearchHit[];
  /** Texts that this embedder has not turned into vectors yet. */
  vectorsWanted(embedderId: string, limit?: number): readonly WantedVector[];
  /** Keeps vectors and drops those whose text is gone. */
  putVectors(embedderId: string, vectors: readonly StoredVector[]): void;
}

export { CONFIDENT } from './search/confidence.ts';

/** Entries scored exactly; the order of FTS5 decides which. For a whole text that order is less to be trusted. */
const CANDIDATES = 64;
const TEXT_CANDIDATES = 150;
/** Entries looked at when some may not be accepted. */
const FILTERED_CANDIDATES = 2_000;
const CANDIDATE_ORDER = 'bm25(skills_fts, 4.0, 3.0, 3.0, 1.5, 1.0)';

interface EntryRow extends CandidateTerms {
  readonly id: number;
  readonly skill_id: SkillId;
  readonly version_id: VersionId;
  readonly name: string;
  readonly description: string;
  readonly lineage_key: string;
  readonly files_hash: string;
  readonly sketch: Uint8Array;
}

const NOTHING: Scored = { score: 0, coverage: 0, matches: [] };

interface Ranked extends Scored {
  readonly row: EntryRow;
  readonly order: number;
  readonly neighbour: Neighbour | undefined;
  readonly lineageKey: string;
  readonly filesHash: string;
  readonly sketch: Uint8Array;
}

/** Opens the index on a database; makes its tables where needed. Holds nothing that grows with the library. */
export function openSearchIndex(db: Database): SearchIndex {
  if (!db.readOnly) db.migrate(SEARCH_MIGRATIONS);
  return new FtsIndex(db);
}

class FtsIndex implements SearchIndex {
  readonly #db: Database;
  readonly #analyzer: Analyzer = createAnalyzer();
  #concepts: Concepts | undefined;

  constructor(db: Database) {
    this.#db = db;
  }

  upsert(entries: readonly SearchEntry[]): void {
    writeEntries(this.#db, this.#analyzer, entries);
  }

  remove(skillIds: readonly SkillId[]): void {
    removeEntries(this.#db, skillIds);
  }

  search(query: string, options: SearchOptions): readonly SearchHit[] {
    if (options.limit <= 0) return [];
    this.#concepts ??= createConcepts();
    const plan = planQuery(this.#db, this.#analyzer, this.#concepts, query);
    const neighbours =
      options.vector === undefined
        ? []
        : nearestEntries(this.#db, options.vector.embedderId, options.vector.query);
    const ids = this.#candidates(plan, options);
    const ranked = rank(
      this.#rows([...new Set([...ids, ...neighbours.map(({ id }) => id)])]),
      plan,
      neighbours,
    ).filter(({ row }) => options.accept?.(row.skill_id) ?? true);
    if (options.collapse ?? true)
      return collapse(ranked, options.limit).map(({ best, folded }) => toHit(best, folded, plan));
    return ranked.slice(0, options.limit).map((one) => toHit(one, [], plan));
  }

  vectorsWanted(embedderId: string, limit = 1_000): readonly WantedVector[] {
    return wantedVectors(this.#db, embedderId, limit);
  }

  putVectors(embedderId: string, vectors: readonly StoredVector[]): void {
    storeVectors(this.#db, embedderId, vectors);
    pruneVectors(this.#db);
  }

  /** Ids of the entries to score, by FTS5's order. Looks further down the list only where too few were accepted. */
  #candidates(plan: QueryPlan, { accept = () => true, limit }: SearchOptions): number[] {
    const ids = new Set<number>();
    const wanted = Math.max(plan.longText ? TEXT_CANDIDATES : CANDIDATES, limit);
    for (const expression of plan.expressions) {
      for (const depth of [wanted, Math.max(wanted, FILTERED_CANDIDATES)]) {
        const found = this.#db.all<{ id: number; skill_id: SkillId }>(
          `SELECT f.rowid AS id, e.skill_id FROM
             (SELECT rowid FROM skills_fts WHERE skills_fts MATCH ? ORDER BY ${CANDIDATE_ORDER} LIMIT ?) f
           JOIN skills_search_entries e ON e.id = f.rowid`,
          expression,
          depth,
        );
        for (const { id, skill_id } of found) {
          if (ids.size < wanted && accept(skill_id)) ids.add(id);
        }
        if (ids.size >= limit || found.length < depth) break;
      }
      if (ids.size >= limit) break;
    }
    return [...ids];
  }

  #rows(ids: readonly number[]): EntryRow[] {
    return this.#db.all<EntryRow>(
      `SELECT id, skill_id, version_id, name, description, lineage_key, files_hash, sketch,
         name_terms, description_terms, tag_terms, heading_terms, body_terms
       FROM skills_search_entries WHERE id IN (SELECT value FROM json_each(?))`,
      JSON.stringify(ids),
    );
  }
}

function rank(rows: readonly EntryRow[], plan: QueryPlan, neighbours: readonly Neighbour[]): Ranked[] {
  const near = new Map(neighbours.map((one) => [one.id, one]));
  const scores = plan.longText ? scoreForText(plan, rows) : rows.map((row) => scoreCandidate(plan, row));
  const scored = rows.map((row, at) => ({
    ...(scores[at] ?? NOTHING),
    row,
    neighbour: near.get(row.id),
    lineageKey: row.lineage_key,
    filesHash: row.files_hash,
    sketch: row.sketch,
  }));
  // Equal scores are put in a fixed order, so that two searches answer alike.
  scored.sort((a, b) => b.score - a.score || (a.row.skill_id < b.row.skill_id ? -1 : 1));
  if (neighbours.length === 0) return scored.map((one) => ({ ...one, order: one.score }));
  const byWords = scored.filter(({ score }) => score > 0).map(({ row }) => row.id);
  const fused = fuseRanks([byWords, neighbours.map(({ id }) => id)]);
  return scored
    .map((one) => ({ ...one, order: fused.get(one.row.id) ?? 0 }))
    .sort((a, b) => b.order - a.order);
}

function toHit(best: Ranked, folded: readonly Ranked[], plan: QueryPlan): SearchHit {
  const reasons = reasonsOf(best.matches);
  if (best.neighbour !== undefined) reasons.push(`close in meaning (${best.neighbour.likeness.toFixed(2)})`);
  return {
    skillId: best.row.skill_id,
    versionId: best.row.version_id,
    name: best.row.name,
    description: best.row.description,
    score: best.order,
    confidence: confidenceOf(plan, best, best.neighbour),
    reasons,
    folded: folded.map(({ row }) => row.skill_id),
  };
}
