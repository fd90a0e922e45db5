// Backup and restore: every table of one moment as lines of JSON, and every archive that they name.
import { createReadStream, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { OpenSpaceError, sha256, writeFileAtomic } from '../../src/lib/index.ts';
import type { ArtifactStore } from './store/artifacts.ts';
import { migrate, readMigrations } from './store/migrate.ts';
import type { Database, Sql } from './store/sql.ts';

/** In an order in which references point backwards; `skills.head_id` is filled in at the end. */
const TABLES = [
  'owners',
  'members',
  'keys',
  'invites',
  'signing_keys',
  'skills',
  'versions',
  'parents',
  'reviews',
  'reports',
  'attestations',
  'evidence',
  'quality',
  'audit',
] as const;

const Manifest = z.object({
  format: z.literal('openspace-hub-backup/1'),
  schema: z.int(),
  made_at: z.string(),
  tables: z.record(z.string(), z.object({ rows: z.int(), sha256: z.string() })),
  archives: z.int(),
});

/** Writes a backup into a new folder. Rows are of one moment; archives never change, so they may be copied after. */
export async function backup(
  db: Database,
  store: ArtifactStore,
  folder: string,
): Promise<{ rows: number; archives: number }> {
  mkdirSync(join(folder, 'archives'), { recursive: true });
  if (readdirSync(folder).length > 1) throw new OpenSpaceError('already-exists', `${folder} is not empty.`);
  const tables: Record<string, { rows: number; sha256: string }> = {};
  const archives = await db.transaction(async (sql) => {
    await sql.run('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    for (const table of TABLES) {
      // to_json keeps arrays, times and documents as PostgreSQL itself reads them back.
      const rows = await sql.rows(
        z.object({ line: z.string() }),
        `SELECT to_json(t)::text AS line FROM ${table} t`,
      );
      const text = rows.map(({ line }) => `${line}\n`).join('');
      writeFileSync(join(folder, `${table}.jsonl`), text, { mode: 0o600 });
      tables[table] = { rows: rows.length, sha256: sha256(text) };
    }
    return sql.rows(z.object({ hash: z.string() }), 'SELECT DISTINCT archive_hash AS hash FROM versions');
  });
  for (const { hash } of archives)
    writeFileAtomic(join(folder, 'archives', `${hash}.zip`), await store.get(hash));
  const schema = readMigrations().at(-1)?.version ?? 0;
  const manifest: z.infer<typeof Manifest> = {
    format: 'openspace-hub-backup/1',
    schema,
    made_at: new Date().toISOString(),
    tables,
    archives: archives.length,
  };
  // Last: a folder without a manifest is no backup.
  writeFileAtomic(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return { rows: Object.values(tables).reduce((sum, { rows }) => sum + rows, 0), archives: archives.length };
}

/** Fills an empty database and its store from a backup, of this schema or an earlier one. All rows or none. */
export async function restore(db: Database, store: ArtifactStore, folder: string): Promise<void> {
  const manifest = Manifest.parse(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')));
  const existing = await db.first(
    z.object({ there: z.boolean() }),
    "SELECT to_regclass('owners') IS NOT NULL AS there",
  );
  if (
    existing?.there === true &&
    (await db.first(z.object({}), 'SELECT 1 AS one FROM owners LIMIT 1')) !== undefined
  )
    throw new OpenSpaceError('already-exists', 'The database is not empty.', {
      hint: 'Restore into a new one.',
    });
  await migrate(db, manifest.schema);
  for (const name of readdirSync(join(folder, 'archives'))) {
    const bytes = new Uint8Array(readFileSync(join(folder, 'archives', name)));
    const hash = name.replace(/\.zip$/, '');
    if (sha256(bytes) !== hash)
      throw new OpenSpaceError('corrupt', `The backup’s archive ${name} has other bytes than its name says.`);
    await store.put(hash, bytes);
  }
  await db.transaction(async (sql) => {
    await sql.run('ALTER TABLE skills DROP CONSTRAINT skills_head');
    for (const table of TABLES) await fillTable(sql, folder, table, manifest.tables[table]);
    await sql.run('ALTER TABLE skills ADD CONSTRAINT skills_head FOREIGN KEY (head_id) REFERENCES versions');
  });
  await migrate(db);
}

async function fillTable(
  sql: Sql,
  folder: string,
  table: string,
  expected: { rows: number; sha256: string } | undefined,
): Promise<void> {
  if (expected === undefined) return; // a table that this backup's schema did not have
  const path = join(folder, `${table}.jsonl`);
  if (sha256(readFileSync(path)) !== expected.sha256)
    throw new OpenSpaceError('corrupt', `${path} was changed since the backup.`);
  let batch: string[] = [];
  const flush = async () => {
    if (batch.length === 0) return;
    await sql.run(
      `INSERT INTO ${table} OVERRIDING SYSTEM VALUE SELECT * FROM json_populate_recordset(NULL::${table}, $1::json)`,
      [`[${batch.join(',')}]`],
    );
    batch = [];
  };
  for await (const line of createInterface({ input: createReadStream(path) })) {
    batch.push(line);
    if (batch.length >= 500) await flush();
  }
  await flush();
  const identity = await sql.first(
    z.object({ name: z.string().nullable() }),
    "SELECT CASE WHEN EXISTS (SELECT 1 FROM information_schema.columns WHERE table_name = $1 AND column_name = 'id') THEN pg_get_serial_sequence($1, 'id') END AS name",
    [table],
  );
  if (identity !== undefined && identity.name !== null)
    await sql.run(`SELECT setval($1::regclass, (SELECT coalesce(max(id), 0) + 1 FROM ${table}), false)`, [
      identity.name,
    ]);
}
