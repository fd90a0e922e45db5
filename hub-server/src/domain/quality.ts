// Collective learning: members' counts about a version, the verdict against its parent, advice for clients.
import { z } from 'zod';
import type { NewEvidence } from '../../../src/hub/index.ts';
import type { Database, Sql } from '../store/sql.ts';
import { accountOf, type Caller } from './caller.ts';
import { getUsableRecord, selectRecords, toRecord } from './records.ts';
import { Refused } from './refuse.ts';
import { verdictOf } from './significance.ts';

/** What one account may count for: a single busy machine must not speak for the group. */
const USES_PER_ACCOUNT = 200;

/** Takes counts in; the same report twice counts once. Returns the version whose verdict has to be looked at. */
export async function addEvidence(
  db: Database,
  caller: Caller,
  recordId: string,
  evidence: z.output<typeof NewEvidence>,
): Promise<number> {
  if (evidence.successes > evidence.uses) throw new Refused('invalid', 'More successes than uses.');
  const row = await getUsableRecord(db, caller, recordId);
  await db.run(
    'INSERT INTO evidence (version_id, account_id, report_id, uses, successes) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING',
    [row.id, accountOf(caller).id, evidence.report_id, evidence.uses, evidence.successes],
  );
  return row.id;
}

const Totals = z.object({ uses: z.number(), successes: z.number(), reporters: z.int() });

/** Sums over accounts; one with more than its share is scaled down to it, rate kept. */
const TOTALS = `SELECT coalesce(sum(least(uses, ${USES_PER_ACCOUNT})), 0)::float8 AS uses,
    coalesce(sum(successes * least(1, ${USES_PER_ACCOUNT}::float8 / uses)), 0)::float8 AS successes, count(*)::int AS reporters
  FROM (SELECT account_id, sum(uses) AS uses, sum(successes) AS successes FROM evidence WHERE version_id = $1 GROUP BY account_id) each`;

async function totalsOf(sql: Sql, versionId: number) {
  const row = (await sql.first(Totals, TOTALS, [versionId])) ?? { uses: 0, successes: 0, reporters: 0 };
  return { ...row, uses: Math.round(row.uses), successes: Math.round(row.successes) };
}

/** Works out a version's aggregated quality anew, and that of the versions made from it. Repeating it is harmless. */
export async function settleQuality(db: Database, versionId: number): Promise<void> {
  await db.transaction(async (sql) => {
    await sql.run('SELECT pg_advisory_xact_lock(7790005, $1)', [versionId]);
    await settleOne(sql, versionId);
    const children = await sql.rows(
      z.object({ id: z.int() }),
      'SELECT x.version_id AS id FROM parents x JOIN quality q ON q.version_id = x.version_id WHERE x.parent_id = $1 ORDER BY 1',
      [versionId],
    );
    for (const { id } of children) await settleOne(sql, id);
  });
}

async function settleOne(sql: Sql, versionId: number): Promise<void> {
  const own = await totalsOf(sql, versionId);
  const parent = await sql.first(
    z.object({ id: z.int() }),
    "SELECT p.id FROM parents x JOIN versions p ON p.id = x.parent_id WHERE x.version_id = $1 AND p.status = 'active' ORDER BY x.position LIMIT 1",
    [versionId],
  );
  const verdict = verdictOf(own, parent === undefined ? undefined : await totalsOf(sql, parent.id));
  await sql.run(
    `INSERT INTO quality (version_id, uses, successes, reporters, verdict, fallback_id, updated_at) VALUES ($1, $2, $3, $4, $5, $6, now())
     ON CONFLICT (version_id) DO UPDATE SET uses = excluded.uses, successes = excluded.successes, reporters = excluded.reporters,
       verdict = excluded.verdict, fallback_id = excluded.fallback_id, updated_at = now()`,
    [
      versionId,
      own.uses,
      own.successes,
      own.reporters,
      verdict,
      verdict === 'worse-than-parent' ? (parent?.id ?? null) : null,
    ],
  );
}

/** Quality of the records that the caller may read; others are left out of the answer. */
export async function adviceFor(sql: Sql, caller: Caller, recordIds: readonly string[]) {
  const rows = await selectRecords(sql, caller, 'v.record_id = ANY($2::text[])', [recordIds]);
  return {
    advice: rows.flatMap((row) => {
      const { record_id, quality } = toRecord(row);
      return quality === undefined ? [] : [{ record_id, quality }];
    }),
  };
}
