// Reading versions as records: what a caller may see, and nothing that tells of the rest.
import { z } from 'zod';
import { type HubRecord, RECORD_STATUSES, SignedStatement, VERDICTS } from '../../../src/hub/index.ts';
import type { Sql } from '../store/sql.ts';
import { type Caller, hasScope, mayDecide, timestamp } from './caller.ts';
import { notFound, Refused } from './refuse.ts';

const RecordRow = z.object({
  id: z.int(),
  record_id: z.string(),
  skill: z.int(),
  skill_id: z.string(),
  owner_id: z.int(),
  owner: z.string(),
  name: z.string(),
  description: z.string(),
  visibility: z.string(),
  created_by: z.string(),
  origin: z.string(),
  tags: z.array(z.string()),
  change_summary: z.string().nullable(),
  created_at: timestamp,
  version_number: z.int(),
  head_id: z.int().nullable(),
  head_record_id: z.string().nullable(),
  files_hash: z.string(),
  archive_hash: z.string(),
  size_bytes: z.int(),
  file_count: z.int(),
  status: z.enum(RECORD_STATUSES),
  publication: SignedStatement.nullable(),
  parent_skill_ids: z.array(z.string()),
  uses: z.int(),
  successes: z.int(),
  reporters: z.int(),
  verdict: z.enum(VERDICTS),
  fallback_record_id: z.string().nullable(),
});
export const RankedRow = RecordRow.extend({ search_rank: z.number() });
export type RecordRow = z.infer<typeof RecordRow>;

/** Columns and joins of a record; `v` is the version, `s` its skill. */
export const RECORD_COLUMNS = `v.id, v.record_id, v.skill_id AS skill, s.skill_id, v.owner_id, o.name AS owner, v.name, v.description,
  v.visibility, coalesce(v.created_by, a.name) AS created_by, v.origin, v.tags, v.change_summary, v.created_at,
  v.number AS version_number, s.head_id, h.record_id AS head_record_id, v.files_hash, v.archive_hash, v.size_bytes, v.file_count,
  v.status, v.publication,
  ARRAY(SELECT p.record_id FROM parents x JOIN versions p ON p.id = x.parent_id WHERE x.version_id = v.id ORDER BY x.position) AS parent_skill_ids,
  coalesce(q.uses, 0) AS uses, coalesce(q.successes, 0) AS successes, coalesce(q.reporters, 0) AS reporters,
  coalesce(q.verdict, 'unknown') AS verdict, f.record_id AS fallback_record_id`;
export const RECORD_JOINS = `JOIN owners o ON o.id = v.owner_id JOIN owners a ON a.id = v.account_id
  LEFT JOIN versions h ON h.id = s.head_id LEFT JOIN quality q ON q.version_id = v.id LEFT JOIN versions f ON f.id = q.fallback_id`;
const FROM_VERSIONS = `FROM versions v JOIN skills s ON s.id = v.skill_id ${RECORD_JOINS}`;

/** `$1` is the list of the caller's owners. */
export const READABLE = `(v.visibility = 'public' OR v.owner_id = ANY($1::int[]))`;

/** A row as the wire has it. `searchRank` only for search results. */
export function toRecord(row: RecordRow, searchRank?: number): HubRecord {
  return {
    record_id: row.record_id,
    name: row.name,
    description: row.description,
    visibility: row.visibility,
    created_by: row.created_by,
    origin: row.origin,
    tags: row.tags,
    parent_skill_ids: row.parent_skill_ids,
    change_summary: row.change_summary,
    created_at: row.created_at,
    ...(searchRank === undefined ? {} : { search_rank: searchRank }),
    skill_id: row.skill_id,
    owner: row.owner,
    version_number: row.version_number,
    head_record_id: row.head_record_id,
    files_hash: row.files_hash,
    size_bytes: row.size_bytes,
    file_count: row.file_count,
    status: row.status,
    publication: row.publication,
    quality: {
      uses: row.uses,
      successes: row.successes,
      reporters: row.reporters,
      verdict: row.verdict,
      fallback_record_id: row.fallback_record_id,
    },
  };
}

/** Records that the caller may read, with a condition on `v` and `s`; its values start at `$2`. */
export function selectRecords(
  sql: Sql,
  caller: Caller,
  condition: string,
  values: readonly unknown[] = [],
): Promise<RecordRow[]> {
  return sql.rows(RecordRow, `SELECT ${RECORD_COLUMNS} ${FROM_VERSIONS} WHERE ${READABLE} AND ${condition}`, [
    caller.ownerIds,
    ...values,
  ]);
}

/**
 * One record. Ids are unique for each owner only: the caller's own comes first, then its groups', then the oldest.
 * Throws `not_found` for what is not there and for what the caller may not read.
 */
export async function getRecord(sql: Sql, caller: Caller, recordId: string): Promise<RecordRow> {
  const [row] = await selectRecords(
    sql,
    caller,
    'v.record_id = $2 ORDER BY v.owner_id = $3 DESC, v.owner_id = ANY($1::int[]) DESC, v.id LIMIT 1',
    [recordId, caller.accountId],
  );
  if (row === undefined) throw notFound();
  return row;
}

/** Like `getRecord`, but refuses a quarantined version to all but those who decide about it. */
export async function getUsableRecord(sql: Sql, caller: Caller, recordId: string): Promise<RecordRow> {
  const row = await getRecord(sql, caller, recordId);
  if (row.status === 'quarantined' && !mayDecide(caller, row.owner_id))
    throw new Refused('quarantined', 'This version is quarantined.', {
      hint: 'Ask a maintainer of its owner.',
    });
  return row;
}

/** The record, if the caller decides about it; who may only read it learns that. */
export async function getDecidable(sql: Sql, caller: Caller, recordId: string): Promise<RecordRow> {
  const row = await getRecord(sql, caller, recordId);
  if (!mayDecide(caller, row.owner_id) && !hasScope(caller, 'admin'))
    throw new Refused('role_too_small', 'Only the owner or a maintainer of the group decides this.');
  return row;
}

/** A page of all readable records, oldest first; the cursor is opaque. */
export async function listRecords(sql: Sql, caller: Caller, limit: number, cursor: string | undefined) {
  const after = Number(cursor ?? 0);
  if (!Number.isSafeInteger(after) || after < 0 || after > 2 ** 31 - 1)
    throw new Refused('invalid', 'The cursor is not one of ours.');
  const rows = await selectRecords(sql, caller, "v.id > $2 AND v.status = 'active' ORDER BY v.id LIMIT $3", [
    after,
    limit + 1,
  ]);
  const page = rows.slice(0, limit);
  const hasMore = rows.length > limit;
  return {
    items: page.map((row) => toRecord(row)),
    has_more: hasMore,
    next_cursor: hasMore ? String(page.at(-1)?.id) : null,
  };
}

/** A skill with the versions that the caller may read, newest first. */
export async function skillPage(sql: Sql, caller: Caller, condition: string, values: readonly unknown[]) {
  const rows = await selectRecords(sql, caller, `${condition} ORDER BY v.number DESC LIMIT 500`, values);
  const [newest] = rows;
  if (newest === undefined) throw notFound('skill');
  const head = rows.find((row) => row.id === row.head_id);
  return {
    skill_id: newest.skill_id,
    owner: newest.owner,
    name: newest.name,
    head_record_id: head?.record_id ?? null,
    versions: rows.map((row) => toRecord(row)),
  };
}

const LINEAGE_DEPTH = 100;

/** Ancestors, nearest first. A chain ends where the caller may read no further. */
export function lineageOf(sql: Sql, caller: Caller, row: RecordRow): Promise<RecordRow[]> {
  return sql.rows(
    RecordRow,
    `WITH RECURSIVE line (id, depth) AS (
       SELECT v.id, 0 FROM versions v WHERE v.id = $2
       UNION
       SELECT v.id, line.depth + 1 FROM line JOIN parents x ON x.version_id = line.id JOIN versions v ON v.id = x.parent_id
       WHERE line.depth < ${LINEAGE_DEPTH} AND ${READABLE})
     SELECT ${RECORD_COLUMNS} ${FROM_VERSIONS} JOIN (SELECT id, min(depth) AS depth FROM line GROUP BY id) l ON l.id = v.id
     WHERE l.depth > 0 ORDER BY l.depth, v.id`,
    [caller.ownerIds, row.id],
  );
}
