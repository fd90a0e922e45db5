// Brings a database to the newest schema: numbered SQL files, each in one transaction, one process at a time.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { OpenSpaceError, sha256 } from '../../../src/lib/index.ts';
import type { Database } from './sql.ts';

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly text: string;
}

/** The files of `migrations/`, in order. */
export function readMigrations(): Migration[] {
  // From hub-server/src/store, or from dist/hub-server/src/store in the package.
  const places = ['../../migrations/', '../../../../migrations/'].map((way) =>
    fileURLToPath(new URL(way, import.meta.url)),
  );
  for (const folder of places) {
    const names = listIfThere(folder);
    if (names.length > 0)
      return names.map((name) => ({
        version: Number(name.slice(0, 4)),
        name,
        text: readFileSync(join(folder, name), 'utf8'),
      }));
  }
  throw new OpenSpaceError('corrupt', 'The folder migrations/ of openspace-hub is missing.', {
    hint: 'Install openspace-hub again.',
  });
}

function listIfThere(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d{4}-.*\.sql$/.test(name))
      .sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Advisory lock that migrating processes take. */
const MIGRATION_LOCK = 7_790_001;

/**
 * Applies what is missing, up to `upTo`. Safe to call from several processes at once.
 * Throws `newer-data` for a schema of a newer hub, `corrupt` if an applied file was changed since.
 */
export async function migrate(db: Database, upTo = Number.POSITIVE_INFINITY): Promise<number> {
  await db.transaction(async (sql) => {
    await sql.run('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await sql.run(
      'CREATE TABLE IF NOT EXISTS hub_migrations (version int PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
    );
  });
  const migrations = readMigrations();
  for (const migration of migrations.filter(({ version }) => version <= upTo)) await applyOne(db, migration);
  const newest = await db.first(
    z.object({ version: z.int().nullable() }),
    'SELECT max(version) AS version FROM hub_migrations',
  );
  const version = newest?.version ?? 0;
  const known = migrations.at(-1)?.version ?? 0;
  if (version > known)
    throw new OpenSpaceError('newer-data', `The database has schema ${version}; this hub knows ${known}.`, {
      hint: 'Update openspace-hub.',
    });
  await enableVectors(db);
  return version;
}

async function applyOne(db: Database, { version, name, text }: Migration): Promise<void> {
  await db.transaction(async (sql) => {
    await sql.run('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    const applied = await sql.first(
      z.object({ sha256: z.string() }),
      'SELECT sha256 FROM hub_migrations WHERE version = $1',
      [version],
    );
    const hash = sha256(text);
    if (applied?.sha256 === hash) return;
    if (applied !== undefined)
      throw new OpenSpaceError('corrupt', `Migration ${name} was changed after it had been applied.`);
    for (const statement of splitStatements(text)) await sql.run(statement);
    await sql.run('INSERT INTO hub_migrations (version, name, sha256) VALUES ($1, $2, $3)', [
      version,
      name,
      hash,
    ]);
  });
}

/** Cuts a script at the semicolons that end lines, outside of `$$` bodies. */
export function splitStatements(text: string): string[] {
  const statements: string[] = [];
  let current = '';
  let inBody = false;
  for (const line of text.split('\n')) {
    if (!inBody && line.trimStart().startsWith('--')) continue;
    if ((line.match(/\$\$/g)?.length ?? 0) % 2 === 1) inBody = !inBody;
    current += `${line}\n`;
    if (!inBody && line.trimEnd().endsWith(';')) {
      statements.push(current.trim());
      current = '';
    }
  }
  if (current.trim() !== '') statements.push(current.trim());
  return statements;
}

/** Vectors are an extra: the table is made where the server has pgvector. */
async function enableVectors(db: Database): Promise<void> {
  const offered = await db.first(
    z.object({}),
    "SELECT 1 AS one FROM pg_available_extensions WHERE name = 'vector'",
  );
  if (offered === undefined) return;
  await db.transaction(async (sql) => {
    await sql.run('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await sql.run('CREATE EXTENSION IF NOT EXISTS vector');
    await sql.run(
      'CREATE TABLE IF NOT EXISTS vectors (skill_id int PRIMARY KEY REFERENCES skills, version_id int NOT NULL, model text NOT NULL, embedding vector NOT NULL)',
    );
  });
}

/** True if this database can hold vectors. */
export async function hasVectors(db: Database): Promise<boolean> {
  return (
    (await db.first(z.object({}), "SELECT 1 AS one FROM pg_extension WHERE extname = 'vector'")) !== undefined
  );
}
