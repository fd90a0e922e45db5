// The vectors of an embedder beside the words: stored by content, compared with a query, fused by rank.
import type { Database } from '../../lib/index.ts';
import { embeddedText } from './entries.ts';

/** A text that has no vector of this embedder yet. */
export interface WantedVector {
  readonly contentHash: string;
  readonly text: string;
}

export interface StoredVector {
  readonly contentHash: string;
  readonly vector: Float32Array;
}

export interface Neighbour {
  readonly id: number;
  /** Cosine, -1..1. */
  readonly likeness: number;
  /** How far it stands out of all vectors, in standard deviations. */
  readonly outstanding: number;
}

const NEIGHBOURS = 100;
/** The usual constant of reciprocal rank fusion: how soon a lower rank stops to matter. */
const FUSION_CONSTANT = 60;

/** Texts of the index that this embedder has not seen, at most `limit`. Equal texts come once. */
export function wantedVectors(db: Database, embedderId: string, limit: number): WantedVector[] {
  return db
    .all<{ content_hash: string; name: string; description: string; excerpt: string }>(
      `SELECT content_hash, name, description, excerpt FROM skills_search_entries e
       WHERE NOT EXISTS (SELECT 1 FROM skills_search_vectors v
                         WHERE v.embedder_id = ? AND v.content_hash = e.content_hash)
       GROUP BY content_hash LIMIT ?`,
      embedderId,
      limit,
    )
    .map((row) => ({ contentHash: row.content_hash, text: embeddedText(row) }));
}

/** Keeps vectors, scaled to length 1. A vector without direction (empty, zeros, not finite) is kept as unknown. */
export function storeVectors(db: Database, embedderId: string, vectors: readonly StoredVector[]): void {
  db.transaction(() => {
    for (const { contentHash, vector } of vectors) {
      const unit = toUnitLength(vector) ?? new Float32Array(0);
      db.run(
        'INSERT OR REPLACE INTO skills_search_vectors (embedder_id, content_hash, vector) VALUES (?, ?, ?)',
        embedderId,
        contentHash,
        new Uint8Array(unit.buffer, unit.byteOffset, unit.byteLength),
      );
    }
  });
}

/** Drops vectors of texts that are no longer in the index. */
export function pruneVectors(db: Database): void {
  db.run(
    `DELETE FROM skills_search_vectors WHERE NOT EXISTS
       (SELECT 1 FROM skills_search_entries e WHERE e.content_hash = skills_search_vectors.content_hash)`,
  );
}

/** The entries whose vectors lie nearest to the query's. One vector is in memory at a time. */
export function nearestEntries(db: Database, embedderId: string, query: Float32Array): Neighbour[] {
  const unit = toUnitLength(query);
  if (unit === undefined) return [];
  const near: { id: number; likeness: number }[] = [];
  let [count, sum, squares] = [0, 0, 0];
  const rows = db.iterate<{ id: number; vector: Uint8Array }>(
    `SELECT e.id, v.vector FROM skills_search_vectors v
     JOIN skills_search_entries e ON e.content_hash = v.content_hash WHERE v.embedder_id = ?`,
    embedderId,
  );
  for (const { id, vector } of rows) {
    if (vector.byteLength !== unit.length * 4) continue;
    const likeness = dot(unit, vector);
    count += 1;
    sum += likeness;
    squares += likeness * likeness;
    if (near.length < NEIGHBOURS || likeness > (near.at(-1)?.likeness ?? 0))
      insertSorted(near, { id, likeness });
  }
  const mean = sum / Math.max(1, count);
  const deviation = Math.sqrt(Math.max(0, squares / Math.max(1, count) - mean * mean));
  return near.map((one) => ({
    ...one,
    outstanding: deviation > 1e-6 ? (one.likeness - mean) / deviation : 0,
  }));
}

function insertSorted(near: { id: number; likeness: number }[], one: { id: number; likeness: number }): void {
  let at = near.length;
  while (at > 0 && (near[at - 1]?.likeness ?? 0) < one.likeness) at -= 1;
  near.splice(at, 0, one);
  if (near.length > NEIGHBOURS) near.pop();
}

function dot(unit: Float32Array, bytes: Uint8Array): number {
  // SQLite's memory may start anywhere: copied when it is not on a word boundary.
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  const vector = new Float32Array(aligned.buffer, aligned.byteOffset, unit.length);
  let sum = 0;
  for (let at = 0; at < unit.length; at += 1) sum += (unit[at] ?? 0) * (vector[at] ?? 0);
  return sum;
}

function toUnitLength(vector: Float32Array): Float32Array | undefined {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return length > 0 && Number.isFinite(length) ? vector.map((value) => value / length) : undefined;
}

/** Reciprocal rank fusion: the score of each id from its places in the lists. */
export function fuseRanks(lists: readonly (readonly number[])[]): Map<number, number> {
  const scores = new Map<number, number>();
  for (const list of lists)
    list.forEach((id, rank) => {
      scores.set(id, (scores.get(id) ?? 0) + 1 / (FUSION_CONSTANT + rank + 1));
    });
  return scores;
}
