// Publishing: a staged upload becomes a version in one transaction, with parents, head, signature and quota checked.
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import {
  type CreateRecord,
  PublicationStatement,
  parentsProblem,
  readStatement,
  VISIBILITIES,
} from '../../../src/hub/index.ts';
import { OpenSpaceError } from '../../../src/lib/index.ts';
import type { Database, Sql } from '../store/sql.ts';
import { accountOf, type Caller, hasRole, writeAudit } from './caller.ts';
import { getRecord, type RecordRow } from './records.ts';
import { notFound, Refused } from './refuse.ts';
import { SEARCH_VECTOR, searchTexts } from './search-text.ts';

const Artifact = z.object({
  name: z.string(),
  description: z.string(),
  tags: z.array(z.string()),
  body: z.string(),
  files_hash: z.string(),
  archive_hash: z.string(),
  size_bytes: z.int(),
  file_count: z.int(),
  quarantine_reason: z.string().nullable(),
});
type Artifact = z.infer<typeof Artifact>;
const Skill = z.object({
  id: z.int(),
  head_id: z.int().nullable(),
  visibility: z.string().nullable(),
  head_record_id: z.string().nullable(),
});
type Skill = z.infer<typeof Skill>;

export interface Published {
  readonly recordId: string;
  readonly created: boolean;
  /** The version's own number, if it became its skill's head. */
  readonly headId: number | null;
}

/** Makes the version, or finds that it is there. Throws the refusals of the protocol; then nothing has changed. */
export async function createRecord(
  db: Database,
  caller: Caller,
  body: CreateRecord,
  quotaBytes: number,
): Promise<Published> {
  const account = accountOf(caller);
  const problem = parentsProblem(body.origin, body.parent_skill_ids.length);
  if (problem !== undefined) throw new Refused('invalid', `This can't be published: ${problem}.`);
  if (body.proposal && body.parent_skill_ids.length !== 1)
    throw new Refused('invalid', 'A proposal has exactly one parent.');
  return db.transaction(async (sql) => {
    const artifact = await sql.first(
      Artifact,
      'SELECT name, description, tags, body, files_hash, archive_hash, size_bytes, file_count, quarantine_reason FROM artifacts WHERE artifact_id = $1 AND account_id = $2 AND expires_at > now()',
      [body.artifact_id, account.id],
    );
    if (artifact === undefined) throw notFound('artifact');
    const parents: RecordRow[] = [];
    for (const id of new Set(body.parent_skill_ids)) parents.push(await getRecord(sql, caller, id));
    const target = body.proposal ? parents[0] : undefined;
    const ownerId = target?.owner_id ?? ownerFor(caller, body);
    // One publication for an owner at a time: numbers, names and duplicates are decided without races.
    await sql.run('SELECT pg_advisory_xact_lock(7790003, $1)', [ownerId]);
    const same = await findSame(sql, ownerId, body.record_id, artifact);
    if (same !== undefined) return { recordId: same, created: false, headId: null };
    await requireQuota(sql, account.id, artifact.size_bytes, quotaBytes);
    await requireSignature(sql, account.id, body, artifact);
    const skill = await findOrAddSkill(
      sql,
      ownerId,
      artifact.name,
      target ?? sameOwnerParent(body, parents, ownerId),
    );
    requireHead(body, skill, artifact.name);
    const visibility = target?.visibility ?? body.visibility;
    requireNotNarrower(skill, visibility);
    const versionId = await addVersion(sql, {
      body,
      artifact,
      ownerId,
      accountId: account.id,
      skill,
      visibility,
    });
    for (const [position, parent] of parents.entries())
      await sql.run('INSERT INTO parents (version_id, position, parent_id) VALUES ($1, $2, $3)', [
        versionId,
        position,
        parent.id,
      ]);
    const onHead =
      body.origin !== 'fixed' || parents.some(({ id }) => id === skill.head_id) || skill.head_id === null;
    const becomesHead = onHead && !body.proposal && artifact.quarantine_reason === null;
    if (becomesHead) await setHead(sql, skill.id, versionId, artifact);
    const what = body.proposal ? 'propose' : 'publish';
    await writeAudit(sql, caller, what, body.record_id, artifact.quarantine_reason ?? '');
    return { recordId: body.record_id, created: true, headId: becomesHead ? versionId : null };
  });
}

/** The owner that the record will have: a group for `group_only` or where one is named, else the account. */
function ownerFor(caller: Caller, body: CreateRecord): number {
  const { id } = accountOf(caller);
  if (body.visibility === 'private') return id;
  const [only] = caller.groups;
  if (body.group === undefined) {
    if (body.visibility === 'public') return id;
    if (only === undefined || caller.groups.length > 1)
      throw new Refused('invalid', 'Name the group that owns the skill.');
  }
  const group = body.group === undefined ? only : caller.groups.find(({ name }) => name === body.group);
  if (group === undefined) throw notFound('group');
  if (!hasRole(caller, group.id, 'member'))
    throw new Refused('role_too_small', 'Readers of a group can’t publish in it.');
  return group.id;
}

const sameOwnerParent = (body: CreateRecord, parents: readonly RecordRow[], ownerId: number) =>
  body.origin === 'fixed' ? parents.find((parent) => parent.owner_id === ownerId) : undefined;

/** The record id if it is there with the same files; throws the original's two conflicts. */
async function findSame(
  sql: Sql,
  ownerId: number,
  recordId: string,
  artifact: Artifact,
): Promise<string | undefined> {
  const Row = z.object({ record_id: z.string(), files_hash: z.string() });
  const taken = await sql.first(
    Row,
    'SELECT record_id, files_hash FROM versions WHERE owner_id = $1 AND record_id = $2',
    [ownerId, recordId],
  );
  if (taken?.files_hash === artifact.files_hash) return taken.record_id;
  if (taken !== undefined)
    throw new Refused('record_id_fingerprint_conflict', 'This id belongs to other files.');
  const twin = await sql.first(
    Row,
    "SELECT record_id, files_hash FROM versions WHERE files_hash = $1 AND (owner_id = $2 OR visibility = 'public') ORDER BY owner_id = $2 DESC, id LIMIT 1",
    [artifact.files_hash, ownerId],
  );
  if (twin === undefined) return undefined;
  throw new Refused('fingerprint_record_id_conflict', 'These files are published already.', {
    existing_record_id: twin.record_id,
  });
}

async function requireQuota(
  sql: Sql,
  accountId: number,
  sizeBytes: number,
  quotaBytes: number,
): Promise<void> {
  const used = await usedBytes(sql, accountId);
  if (used + sizeBytes > quotaBytes)
    throw new Refused('quota_exceeded', `The account has ${quotaBytes} bytes, of which ${used} are used.`);
}

export async function usedBytes(sql: Sql, accountId: number): Promise<number> {
  const row = await sql.first(
    z.object({ used: z.number() }),
    'SELECT coalesce(sum(size_bytes), 0)::float8 AS used FROM versions WHERE account_id = $1',
    [accountId],
  );
  return row?.used ?? 0;
}

/** A signature must be right, for these files, under this id, and by a key that the account has registered. */
async function requireSignature(
  sql: Sql,
  accountId: number,
  body: CreateRecord,
  artifact: Artifact,
): Promise<void> {
  const { publication } = body;
  if (publication === undefined) return;
  let statement: z.infer<typeof PublicationStatement>;
  try {
    statement = readStatement(publication, PublicationStatement);
  } catch (error) {
    if (error instanceof OpenSpaceError) throw new Refused('bad_signature', error.message);
    throw error;
  }
  if (statement.files_hash !== artifact.files_hash)
    throw new Refused('hash_mismatch', 'The signature is for other files.');
  if (statement.record_id !== body.record_id || statement.name !== artifact.name)
    throw new Refused('bad_signature', 'The signature is for another record.');
  const known = await sql.run('SELECT 1 FROM signing_keys WHERE account_id = $1 AND public_key = $2', [
    accountId,
    publication.public_key,
  ]);
  if (known === 0)
    throw new Refused('unknown_signing_key', 'The account has not registered this signing key.');
}

const SELECT_SKILL =
  'SELECT s.id, s.head_id, s.visibility, h.record_id AS head_record_id FROM skills s LEFT JOIN versions h ON h.id = s.head_id';

async function findOrAddSkill(
  sql: Sql,
  ownerId: number,
  name: string,
  parent: RecordRow | undefined,
): Promise<Skill> {
  if (parent !== undefined) {
    const skill = await sql.first(Skill, `${SELECT_SKILL} WHERE s.id = $1 FOR UPDATE OF s`, [parent.skill]);
    if (skill !== undefined) return skill;
  }
  await sql.run(
    'INSERT INTO skills (skill_id, owner_id, name) VALUES ($1, $2, $3) ON CONFLICT (owner_id, name) DO NOTHING',
    [`hsk_${randomBytes(8).toString('hex')}`, ownerId, name],
  );
  const skill = await sql.first(
    Skill,
    `${SELECT_SKILL} WHERE s.owner_id = $1 AND s.name = $2 FOR UPDATE OF s`,
    [ownerId, name],
  );
  if (skill === undefined) throw notFound('skill');
  return skill;
}

/** A publisher that says which head it has seen is told if the head has moved. */
function requireHead(body: CreateRecord, skill: Skill, name: string): void {
  if (body.expected_head === undefined || body.proposal || body.expected_head === skill.head_record_id)
    return;
  throw new Refused('stale_head', `"${name}" has another newest version than the one this was made from.`, {
    head_record_id: skill.head_record_id,
    hint: 'Get it with: openspace hub update, and publish again.',
  });
}

function requireNotNarrower(skill: Skill, visibility: string): void {
  const order: readonly (string | null)[] = VISIBILITIES;
  const rank = (value: string | null) => order.indexOf(value);
  if (skill.visibility !== null && rank(visibility) < rank(skill.visibility))
    throw new Refused(
      'invalid',
      `The skill is ${skill.visibility}; a ${visibility} version would take it away from its readers.`,
      {
        hint: `Publish it as ${skill.visibility}, or under another name.`,
      },
    );
}

interface NewVersion {
  readonly body: CreateRecord;
  readonly artifact: Artifact;
  readonly ownerId: number;
  readonly accountId: number;
  readonly skill: Skill;
  readonly visibility: string;
}

async function addVersion(
  sql: Sql,
  { body, artifact, ownerId, accountId, skill, visibility }: NewVersion,
): Promise<number> {
  const status = artifact.quarantine_reason !== null ? 'quarantined' : body.proposal ? 'proposed' : 'active';
  const row = await sql.first(
    z.object({ id: z.int() }),
    `INSERT INTO versions (record_id, skill_id, owner_id, account_id, number, name, description, tags, visibility, origin, level,
       created_by, change_summary, files_hash, archive_hash, size_bytes, file_count, status, status_reason, publication)
     VALUES ($1, $2, $3, $4, (SELECT coalesce(max(number), 0) + 1 FROM versions WHERE skill_id = $2), $5, $6, $7, $8, $9, $10,
       $11, $12, $13, $14, $15, $16, $17, $18, $19) RETURNING id`,
    [
      body.record_id,
      skill.id,
      ownerId,
      accountId,
      artifact.name,
      artifact.description,
      [...new Set([...artifact.tags, ...body.tags])].slice(0, 50),
      visibility,
      body.origin,
      body.level,
      body.created_by ?? null,
      body.change_summary ?? null,
      artifact.files_hash,
      artifact.archive_hash,
      artifact.size_bytes,
      artifact.file_count,
      status,
      artifact.quarantine_reason,
      body.publication === undefined ? null : JSON.stringify(body.publication),
    ],
  );
  if (row === undefined) throw new Error('INSERT returned no row');
  return row.id;
}

/** Makes a version the skill's head, and what search finds. */
export async function setHead(
  sql: Sql,
  skillId: number,
  versionId: number,
  texts: { name: string; tags: readonly string[]; description: string; body: string },
): Promise<void> {
  await sql.run(
    `UPDATE skills s SET head_id = v.id, visibility = v.visibility, tags = v.tags, search = ${SEARCH_VECTOR(3)}
     FROM versions v WHERE v.id = $2 AND s.id = $1`,
    [skillId, versionId, ...searchTexts(texts)],
  );
}
