// Background jobs on pg-boss: verdicts, search texts and vectors, cleaning up. Any process of the hub may do any job.
import { PgBoss } from 'pg-boss';
import { z } from 'zod';
import { describeSkill } from '../../src/hub/index.ts';
import { type Logger, toMessage } from '../../src/lib/index.ts';
import { unpackSkill } from '../../src/skills/index.ts';
import { settleQuality } from './domain/quality.ts';
import { SEARCH_VECTOR, searchTexts } from './domain/search-text.ts';
import { lockArchive } from './domain/stage.ts';
import type { Embedder } from './embedder.ts';
import type { ArtifactStore } from './store/artifacts.ts';
import type { Database } from './store/sql.ts';

export interface Jobs {
  /** Work out a version's verdict anew. */
  settle(versionId: number): Promise<void>;
  /** Make the vector of a new head. */
  index(versionId: number): Promise<void>;
  /** Make the search text and vector of a skill's head anew. */
  reindexSkill(skillId: string): Promise<void>;
  /** Waits until what is queued is done, at most so long. For tests and shutting down. */
  drain(timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}

export interface JobOptions {
  readonly db: Database;
  readonly store: ArtifactStore;
  readonly embedder: Embedder | undefined;
  readonly log: Logger;
  readonly pollMs: number;
}

const QUEUES = { settle: 'hub-settle', index: 'hub-index', sweep: 'hub-sweep' } as const;
const VersionJob = z.object({ versionId: z.int() });
const CLOSE_TIMEOUT_MS = 5_000;
/** Bytes that nothing names are kept so long: an upload may be about to name them. */
const ORPHANS_KEPT_MS = 24 * 3600 * 1000;

/** Starts the queue and its workers on this database. */
export async function openJobs(options: JobOptions): Promise<Jobs> {
  const { db, log } = options;
  const boss = new PgBoss({
    schema: 'hub_jobs',
    db: {
      async executeSql(text, values) {
        if (values !== undefined && values.length > 0)
          return { rows: await db.rows(z.unknown(), text, values) };
        return { rows: (await db.script(text)).flat() };
      },
    },
  });
  boss.on('error', (error) => log.warn(`Job queue: ${toMessage(error)}`));
  await boss.start();
  for (const name of Object.values(QUEUES))
    await boss.createQueue(name, {
      policy: 'stately',
      retryLimit: 5,
      retryBackoff: true,
      expireInSeconds: 300,
    });
  const work = async (name: string, run: (data: unknown) => Promise<void>) => {
    await boss.work(name, { pollingIntervalSeconds: options.pollMs / 1000 }, async (jobs) => {
      for (const { data } of jobs) await run(data);
    });
  };
  await work(QUEUES.settle, async (data) => settleQuality(db, VersionJob.parse(data).versionId));
  await work(QUEUES.index, async (data) => indexVersion(options, VersionJob.parse(data).versionId));
  await work(QUEUES.sweep, async () => {
    await sweep(db, options.store);
  });
  await boss.schedule(QUEUES.sweep, '17 * * * *');
  const send = async (queue: string, versionId: number) => {
    await boss.send(queue, { versionId }, { singletonKey: String(versionId) });
  };
  return {
    settle: (versionId) => send(QUEUES.settle, versionId),
    async index(versionId) {
      if (options.embedder !== undefined) await send(QUEUES.index, versionId);
    },
    async reindexSkill(skillId) {
      const row = await db.first(
        z.object({ head_id: z.int().nullable() }),
        'SELECT head_id FROM skills WHERE skill_id = $1',
        [skillId],
      );
      if (row !== undefined && row.head_id !== null) await send(QUEUES.index, row.head_id);
    },
    async drain(timeoutMs) {
      const until = Date.now() + timeoutMs;
      for (;;) {
        const row = await db.first(
          z.object({ open: z.int() }),
          "SELECT count(*)::int AS open FROM hub_jobs.job WHERE state < 'completed' AND name LIKE 'hub-%'",
        );
        if ((row?.open ?? 0) === 0 || Date.now() > until) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    close: () => boss.stop({ graceful: true, timeout: CLOSE_TIMEOUT_MS }),
  };
}

/** Reads a head's archive again and makes what search needs of it. Does nothing if it is no head any more. */
async function indexVersion({ db, store, embedder }: JobOptions, versionId: number): Promise<void> {
  const Row = z.object({
    skill: z.int(),
    archive_hash: z.string(),
    name: z.string(),
    description: z.string(),
    tags: z.array(z.string()),
  });
  const row = await db.first(
    Row,
    'SELECT s.id AS skill, v.archive_hash, v.name, v.description, v.tags FROM versions v JOIN skills s ON s.head_id = v.id WHERE v.id = $1',
    [versionId],
  );
  if (row === undefined) return;
  const body = describeSkill(await unpackSkill(await store.get(row.archive_hash)), row.name)?.body ?? '';
  await db.run(`UPDATE skills SET search = ${SEARCH_VECTOR(3)} WHERE id = $1 AND head_id = $2`, [
    row.skill,
    versionId,
    ...searchTexts({ ...row, body }),
  ]);
  if (embedder === undefined) return;
  const vector = await embedder.embed(`${row.name}\n${row.description}\n${row.tags.join(' ')}\n${body}`);
  await db.run(
    `INSERT INTO vectors (skill_id, version_id, model, embedding) VALUES ($1, $2, $3, $4::vector)
     ON CONFLICT (skill_id) DO UPDATE SET version_id = excluded.version_id, model = excluded.model, embedding = excluded.embedding`,
    [row.skill, versionId, embedder.model, `[${vector.join(',')}]`],
  );
}

/** Removes uploads that nobody published, and archives that nothing names. Returns how many archives went. */
export async function sweep(db: Database, store: ArtifactStore, keptMs = ORPHANS_KEPT_MS): Promise<number> {
  await db.run("DELETE FROM artifacts WHERE expires_at < now() - interval '10 minutes'");
  await db.run('DELETE FROM invites WHERE expires_at < now() OR uses_left = 0');
  let removed = 0;
  for await (const { hash, storedAt } of store.list()) {
    if (Date.now() - storedAt.getTime() < keptMs) continue;
    await db.transaction(async (sql) => {
      await lockArchive(sql, hash);
      const named = await sql.run(
        'SELECT 1 FROM versions WHERE archive_hash = $1 UNION SELECT 1 FROM artifacts WHERE archive_hash = $1',
        [hash],
      );
      if (named > 0) return;
      await store.remove(hash);
      removed += 1;
    });
  }
  return removed;
}
