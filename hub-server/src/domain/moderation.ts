// What people decide about versions: reviews, reports, quarantine, evaluations, proposals.
import { z } from 'zod';
import {
  AttestationStatement,
  type Decision,
  type NewQuarantine,
  type NewReport,
  type NewReview,
  readStatement,
  SignedStatement,
} from '../../../src/hub/index.ts';
import { OpenSpaceError } from '../../../src/lib/index.ts';
import type { Database, Sql } from '../store/sql.ts';
import { accountOf, type Caller, hasScope, timestamp, writeAudit } from './caller.ts';
import { setHead } from './publish.ts';
import { getDecidable, getRecord, type RecordRow, selectRecords, toRecord } from './records.ts';
import { notFound, Refused } from './refuse.ts';

const ReviewRow = z.object({
  account: z.string(),
  verdict: z.enum(['approve', 'reject', 'comment']),
  text: z.string(),
  created_at: timestamp,
});
const SELECT_REVIEWS =
  'SELECT o.name AS account, r.verdict, r.text, r.created_at FROM reviews r JOIN owners o ON o.id = r.account_id';

/** One review for each account and version; a later one replaces it. Nobody approves what they published. */
export async function addReview(
  db: Database,
  caller: Caller,
  recordId: string,
  review: z.output<typeof NewReview>,
) {
  const account = accountOf(caller);
  const row = await getRecord(db, caller, recordId);
  return db.transaction(async (sql) => {
    const own = await sql.run('SELECT 1 FROM versions WHERE id = $1 AND account_id = $2', [
      row.id,
      account.id,
    ]);
    if (own > 0 && review.verdict === 'approve')
      throw new Refused('invalid', 'Nobody approves their own version.');
    await sql.run(
      `INSERT INTO reviews (version_id, account_id, verdict, text) VALUES ($1, $2, $3, $4)
       ON CONFLICT (version_id, account_id) DO UPDATE SET verdict = excluded.verdict, text = excluded.text, created_at = now()`,
      [row.id, account.id, review.verdict, review.text],
    );
    await writeAudit(sql, caller, 'review', recordId, review.verdict);
    const [saved] = await sql.rows(
      ReviewRow,
      `${SELECT_REVIEWS} WHERE r.version_id = $1 AND r.account_id = $2`,
      [row.id, account.id],
    );
    if (saved === undefined) throw notFound();
    return saved;
  });
}

export async function listReviews(sql: Sql, caller: Caller, recordId: string) {
  const row = await getRecord(sql, caller, recordId);
  return sql.rows(ReviewRow, `${SELECT_REVIEWS} WHERE r.version_id = $1 ORDER BY r.created_at`, [row.id]);
}

export async function addReport(
  db: Database,
  caller: Caller,
  recordId: string,
  report: z.output<typeof NewReport>,
): Promise<void> {
  const account = accountOf(caller);
  const row = await getRecord(db, caller, recordId);
  await db.transaction(async (sql) => {
    await sql.run(
      'INSERT INTO reports (version_id, account_id, reason, text) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
      [row.id, account.id, report.reason, report.text],
    );
    await writeAudit(sql, caller, 'report', recordId, report.reason);
  });
}

/** Reports on what the caller decides about; an admin sees all. */
export function listReports(sql: Sql, caller: Caller, limit: number) {
  const decides = caller.groups
    .filter(({ role }) => role === 'maintainer' || role === 'owner')
    .map(({ id }) => id);
  return sql.rows(
    z.object({
      record_id: z.string(),
      account: z.string(),
      reason: z.enum(['malicious', 'secret', 'broken', 'licence', 'other']),
      text: z.string(),
      created_at: timestamp,
    }),
    `SELECT v.record_id, o.name AS account, r.reason, r.text, r.created_at FROM reports r
     JOIN versions v ON v.id = r.version_id JOIN owners o ON o.id = r.account_id
     WHERE v.owner_id = ANY($1::int[]) OR $2 ORDER BY r.id DESC LIMIT $3`,
    [[accountOf(caller).id, ...decides], hasScope(caller, 'admin'), limit],
  );
}

/** Puts a version out of use or back; a quarantined head makes room for the newest good version. */
export async function setQuarantine(
  db: Database,
  caller: Caller,
  recordId: string,
  change: z.output<typeof NewQuarantine>,
) {
  const row = await getDecidable(db, caller, recordId);
  await db.transaction(async (sql) => {
    await sql.run('SELECT 1 FROM skills WHERE id = $1 FOR UPDATE', [row.skill]);
    await sql.run('UPDATE versions SET status = $2, status_reason = $3 WHERE id = $1', [
      row.id,
      change.on ? 'quarantined' : 'active',
      change.reason,
    ]);
    await moveHead(sql, row.skill);
    await writeAudit(sql, caller, change.on ? 'quarantine' : 'release', recordId, change.reason);
  });
  return toRecord(await getRecord(db, caller, recordId));
}

/** The newest active version becomes the head; a skill without one disappears from search. */
async function moveHead(sql: Sql, skillId: number): Promise<void> {
  const newest = await sql.first(
    z.object({ id: z.int(), name: z.string(), description: z.string(), tags: z.array(z.string()) }),
    "SELECT id, name, description, tags FROM versions WHERE skill_id = $1 AND status = 'active' ORDER BY number DESC LIMIT 1",
    [skillId],
  );
  if (newest === undefined)
    await sql.run('UPDATE skills SET head_id = NULL, search = NULL, visibility = NULL WHERE id = $1', [
      skillId,
    ]);
  else await setHead(sql, skillId, newest.id, { ...newest, body: '' });
}

export async function addAttestation(
  db: Database,
  caller: Caller,
  recordId: string,
  signed: SignedStatement,
): Promise<void> {
  const account = accountOf(caller);
  const row = await getRecord(db, caller, recordId);
  let filesHash: string;
  try {
    filesHash = readStatement(signed, AttestationStatement).files_hash;
  } catch (error) {
    if (error instanceof OpenSpaceError) throw new Refused('bad_signature', error.message);
    throw error;
  }
  if (filesHash !== row.files_hash) throw new Refused('hash_mismatch', 'The evaluation is of other files.');
  await db.transaction(async (sql) => {
    const known = await sql.run('SELECT 1 FROM signing_keys WHERE account_id = $1 AND public_key = $2', [
      account.id,
      signed.public_key,
    ]);
    if (known === 0)
      throw new Refused('unknown_signing_key', 'The account has not registered this signing key.');
    await sql.run('INSERT INTO attestations (version_id, account_id, signed) VALUES ($1, $2, $3)', [
      row.id,
      account.id,
      JSON.stringify(signed),
    ]);
    await writeAudit(sql, caller, 'attest', recordId);
  });
}

export async function listAttestations(
  sql: Sql,
  caller: Caller,
  recordId: string,
): Promise<SignedStatement[]> {
  return attestationsOf(sql, await getRecord(sql, caller, recordId));
}

async function attestationsOf(sql: Sql, row: RecordRow): Promise<SignedStatement[]> {
  const rows = await sql.rows(
    z.object({ signed: SignedStatement }),
    'SELECT signed FROM attestations WHERE version_id = $1 ORDER BY id LIMIT 100',
    [row.id],
  );
  return rows.map(({ signed }) => signed);
}

/** Open proposals that the caller may read, newest first. */
export async function listProposals(sql: Sql, caller: Caller, limit: number) {
  const rows = await selectRecords(sql, caller, "v.status = 'proposed' ORDER BY v.id DESC LIMIT $2", [limit]);
  const proposals = [];
  for (const row of rows)
    proposals.push({
      record: toRecord(row),
      target_record_id: row.parent_skill_ids[0] ?? '',
      attestations: await attestationsOf(sql, row),
    });
  return proposals;
}

/** Accepting makes a proposal the head, unless the head has moved on since it was made. */
export async function decideProposal(
  db: Database,
  caller: Caller,
  recordId: string,
  { decision, reason }: z.output<typeof Decision>,
) {
  const row = await getDecidable(db, caller, recordId);
  await db.transaction(async (sql) => {
    await sql.run('SELECT 1 FROM skills WHERE id = $1 FOR UPDATE', [row.skill]);
    const fresh = await getRecord(sql, caller, recordId);
    if (fresh.status !== 'proposed')
      throw new Refused('invalid', `This is ${fresh.status}, not an open proposal.`);
    if (decision === 'accept' && fresh.parent_skill_ids[0] !== fresh.head_record_id)
      throw new Refused('stale_head', 'The skill has a newer version than the one this was made from.', {
        head_record_id: fresh.head_record_id,
      });
    const status = decision === 'accept' ? 'active' : 'declined';
    await sql.run('UPDATE versions SET status = $2, status_reason = $3 WHERE id = $1', [
      row.id,
      status,
      reason,
    ]);
    if (decision === 'accept') await setHead(sql, row.skill, row.id, { ...row, body: '' });
    await writeAudit(sql, caller, `${decision}-proposal`, recordId, reason);
  });
  return toRecord(await getRecord(db, caller, recordId));
}
