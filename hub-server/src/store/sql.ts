// The SQL layer: one interface over PGlite (embedded) and PostgreSQL (by connection string).
import { PGlite, type Transaction } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import pg from 'pg';
import type { z } from 'zod';
import { OpenSpaceError, sha256, toMessage } from '../../../src/lib/index.ts';

/** Statements with `$1` parameters. Rows are checked against a schema where they come in. */
export interface Sql {
  readonly kind: 'pglite' | 'postgres';
  rows<T>(schema: z.ZodType<T>, text: string, values?: readonly unknown[]): Promise<T[]>;
  /** The first row, or undefined. */
  first<T>(schema: z.ZodType<T>, text: string, values?: readonly unknown[]): Promise<T | undefined>;
  /** Returns the number of rows that were changed. */
  run(text: string, values?: readonly unknown[]): Promise<number>;
}

export interface Database extends Sql {
  /** All or nothing. The body must use the `Sql` that it is given. */
  transaction<T>(body: (sql: Sql) => Promise<T>): Promise<T>;
  /** Several statements without parameters; the rows of each, in order. */
  script(text: string): Promise<unknown[][]>;
  close(): Promise<void>;
}

interface RawResult {
  readonly rows: unknown[];
  readonly count: number;
}
type Query = (text: string, values: readonly unknown[]) => Promise<RawResult>;

function sqlOver(kind: Sql['kind'], query: Query): Sql {
  const rows: Sql['rows'] = async (schema, text, values = []) =>
    (await query(text, values)).rows.map((row) => schema.parse(row));
  return {
    kind,
    rows,
    async first(schema, text, values) {
      const [row] = await rows(schema, text, values);
      return row;
    },
    async run(text, values = []) {
      return (await query(text, values)).count;
    },
  };
}

/** Opens the embedded database in a folder, or in memory. One process at a time may have it open. */
export async function openPglite(folder: string | undefined): Promise<Database> {
  const db = await PGlite.create({
    ...(folder === undefined ? {} : { dataDir: folder }),
    extensions: { vector },
  });
  const queryOn =
    (target: PGlite | Transaction): Query =>
    async (text, values) => {
      const { rows, affectedRows } = await target.query<unknown>(text, [...values]);
      return { rows, count: rows.length > 0 ? rows.length : (affectedRows ?? 0) };
    };
  return {
    ...sqlOver('pglite', queryOn(db)),
    transaction: (body) => db.transaction((tx) => body(sqlOver('pglite', queryOn(tx)))),
    async script(text) {
      return (await db.exec(text)).map(({ rows }) => rows);
    },
    close: () => db.close(),
  };
}

/** How long a statement may run and a connection may be waited for, in ms. */
const STATEMENT_TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Statements of this many characters are prepared once on each connection: to plan their joins takes PostgreSQL as
 * long as to run them. Our texts are few and fixed, so their number is bounded.
 */
const PREPARED_FROM = 300;

/** All connections were in use for too long: the client may come again, and nobody needs a stack for it. */
function saysBusy(error: unknown): never {
  if (error instanceof Error && error.message === 'timeout exceeded when trying to connect')
    throw new OpenSpaceError('busy', 'All connections to the database are in use.', { cause: error });
  throw error;
}

/** Opens a PostgreSQL (15 or later). Throws `network` if it can't be reached. */
export async function openPostgres(connectionString: string, maxConnections = 10): Promise<Database> {
  const pool = new pg.Pool({
    connectionString,
    max: maxConnections,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    application_name: 'openspace-hub',
  });
  pool.on('error', () => undefined); // an idle connection was cut: the next query opens another or says why not
  const queryOn =
    (target: pg.Pool | pg.PoolClient): Query =>
    async (text, values) => {
      const name = text.length < PREPARED_FROM ? undefined : sha256(text).slice(0, 32);
      const result = await target
        .query<Record<string, unknown>>({ name, text, values: [...values] })
        .catch(saysBusy);
      return { rows: result.rows, count: result.rowCount ?? 0 };
    };
  try {
    await pool.query('SELECT 1');
  } catch (error) {
    await pool.end();
    throw new OpenSpaceError('network', `The database does not answer: ${toMessage(error)}`, {
      hint: 'Check the connection string (OPENSPACE_HUB_DATABASE or --database).',
      cause: error,
    });
  }
  return {
    ...sqlOver('postgres', queryOn(pool)),
    async transaction(body) {
      const client = await pool.connect().catch(saysBusy);
      try {
        await client.query('BEGIN');
        const result = await body(sqlOver('postgres', queryOn(client)));
        await client.query('COMMIT');
        client.release();
        return result;
      } catch (error) {
        // A broken connection can't roll back and is thrown away; the server rolls back by itself.
        const broken = await client.query('ROLLBACK').then(
          () => false,
          () => true,
        );
        client.release(broken);
        throw error;
      }
    },
    async script(text) {
      const result: unknown = await pool.query(text); // several statements give several results
      const results = Array.isArray(result) ? result : [result];
      return results.map(({ rows }: pg.QueryResult<Record<string, unknown>>) => rows);
    },
    close: () => pool.end(),
  };
}

/** PostgreSQL's code of an error (`23505`, …), from either driver. */
export function sqlStateOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
