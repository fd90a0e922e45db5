// One SQLite file for all rooms: opening, migrations by room, transactions, cached statements.
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { OpenSpaceError, toDiskError, toMessage } from './errors.ts';

/** Marks a file as ours: "OSpc". The original's file of the same name has 0 here. */
const APPLICATION_ID = 0x4f537063;

export type Row = Record<string, SQLInputValue>;

/** A room's schema as a list of steps; step n brings the room from version n to n + 1. Steps are never edited once released. */
export interface Migrations {
  readonly room: string;
  readonly steps: readonly (string | ((db: Database) => void))[];
}

/** An open database. Statements are prepared once for each SQL text. */
export interface Database {
  readonly path: string;
  readonly readOnly: boolean;
  /** Runs one statement; returns how many rows it changed and the last row id. */
  run(sql: string, ...values: SQLInputValue[]): { changes: number; lastRowId: number };
  get<T extends object = Row>(sql: string, ...values: SQLInputValue[]): T | undefined;
  all<T extends object = Row>(sql: string, ...values: SQLInputValue[]): T[];
  iterate<T extends object = Row>(sql: string, ...values: SQLInputValue[]): IterableIterator<T>;
  /** Runs several statements without values, for schemas. */
  script(sql: string): void;
  /** All or nothing. Takes the write lock at once; inside another transaction it becomes a savepoint. */
  transaction<T>(body: () => T): T;
  migrate(migrations: Migrations): void;
  /** A SQL function that statements may call; must be pure. */
  define(name: string, body: (...values: SQLInputValue[]) => SQLInputValue): void;
  close(): void;
}

export interface DatabaseOptions {
  /** A file, or `:memory:`. */
  readonly path: string;
  /** Opens a foreign file for reading, without checking that it is ours. */
  readonly readOnly?: boolean;
  /** How long a statement waits for another process's write lock, in ms. Default 30,000. */
  readonly busyTimeoutMs?: number;
}

/**
 * Opens (and creates) a database in WAL mode.
 * Throws `foreign-data` for another program's file, `newer-data` for a later schema, `corrupt`, or `disk`.
 */
export function openDatabase(options: DatabaseOptions): Database {
  const { path, readOnly = false } = options;
  const isNew = path === ':memory:' || !existsSync(path);
  let raw: DatabaseSync | undefined;
  try {
    if (path !== ':memory:' && !readOnly) mkdirSync(dirname(path), { recursive: true });
    raw = new DatabaseSync(path, { readOnly, timeout: options.busyTimeoutMs ?? 30_000 });
    if (!readOnly) prepareFile(raw, path, isNew);
    return new SqliteDatabase(raw, path, readOnly);
  } catch (error) {
    raw?.close();
    throw explain(error, path);
  }
}

function prepareFile(raw: DatabaseSync, path: string, isNew: boolean): void {
  const id = Number(raw.prepare('PRAGMA application_id').get()?.application_id ?? 0);
  const tables = Number(raw.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n ?? 0);
  if (!isNew && tables > 0 && id !== APPLICATION_ID) {
    throw new OpenSpaceError('foreign-data', `${path} is not a database of this OpenSpace.`, {
      hint: `If it comes from the original OpenSpace, move it aside and run: openspace skills import <that file>`,
    });
  }
  // WAL needs no change once it is set: asking first keeps a plain read free of locks.
  if (raw.prepare('PRAGMA journal_mode').get()?.journal_mode !== 'wal') raw.exec('PRAGMA journal_mode = WAL');
  raw.exec('PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY');
  if (id !== APPLICATION_ID) raw.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
}

/** SQLite's result code of an error, or 0. */
function sqliteCode(error: unknown): number {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : 0;
}

function explain(error: unknown, path: string): unknown {
  const options = { cause: error };
  switch (sqliteCode(error)) {
    case 5: // SQLITE_BUSY
    case 6: // SQLITE_LOCKED
      return new OpenSpaceError('busy', `${path} is locked by another process.`, {
        ...options,
        hint: 'Wait for the other openspace process to finish, or end it, and run the command again.',
      });
    case 8: // SQLITE_READONLY
    case 13: // SQLITE_FULL
    case 14: // SQLITE_CANTOPEN
    case 10: // SQLITE_IOERR
      return new OpenSpaceError('disk', `The database ${path} can't be used: ${toMessage(error)}.`, {
        ...options,
        hint: 'Check free disk space and the permissions of the file and its folder.',
      });
    case 11: // SQLITE_CORRUPT
    case 26: // SQLITE_NOTADB
      return new OpenSpaceError('corrupt', `The database ${path} is damaged: ${toMessage(error)}.`, {
        ...options,
        hint: 'Nothing was changed. Move the file aside (skill folders are kept apart from it) and run: openspace skills import <folder>',
      });
    default:
      return toDiskError(error, `Could not open the database ${path}`);
  }
}

class SqliteDatabase implements Database {
  readonly path: string;
  readonly readOnly: boolean;
  readonly #raw: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #depth = 0;

  constructor(raw: DatabaseSync, path: string, readOnly: boolean) {
    this.#raw = raw;
    this.path = path;
    this.readOnly = readOnly;
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#raw.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #guard<T>(body: () => T): T {
    try {
      return body();
    } catch (error) {
      throw explain(error, this.path);
    }
  }

  run(sql: string, ...values: SQLInputValue[]) {
    return this.#guard(() => {
      const result = this.#prepare(sql).run(...values);
      return { changes: Number(result.changes), lastRowId: Number(result.lastInsertRowid) };
    });
  }

  get<T extends object = Row>(sql: string, ...values: SQLInputValue[]): T | undefined {
    return this.#guard(() => this.#prepare(sql).get(...values) as T | undefined);
  }

  all<T extends object = Row>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.#guard(() => this.#prepare(sql).all(...values) as T[]);
  }

  /** Prepared apart, since the cached statement can't be walked twice at once. */
  iterate<T extends object = Row>(sql: string, ...values: SQLInputValue[]): IterableIterator<T> {
    return this.#guard(() => this.#raw.prepare(sql).iterate(...values) as unknown as IterableIterator<T>);
  }

  script(sql: string): void {
    this.#guard(() => this.#raw.exec(sql));
  }

  transaction<T>(body: () => T): T {
    const name = `level_${this.#depth}`;
    const outer = this.#depth === 0;
    this.script(outer ? 'BEGIN IMMEDIATE' : `SAVEPOINT ${name}`);
    this.#depth += 1;
    try {
      const result = body();
      this.script(outer ? 'COMMIT' : `RELEASE ${name}`);
      return result;
    } catch (error) {
      // SQLite has already rolled back by itself after some errors (a full disk, for one).
      if (this.#raw.isTransaction) this.script(outer ? 'ROLLBACK' : `ROLLBACK TO ${name}; RELEASE ${name}`);
      throw error;
    } finally {
      this.#depth -= 1;
    }
  }

  migrate({ room, steps }: Migrations): void {
    const current = this.#version(room);
    if (current > steps.length) {
      throw new OpenSpaceError(
        'newer-data',
        `${this.path} was written by a newer OpenSpace (${room} ${current}, known ${steps.length}).`,
        {
          hint: 'Update OpenSpace: npm install -g openspace@latest',
        },
      );
    }
    if (current === steps.length) return;
    this.transaction(() => {
      this.script(
        'CREATE TABLE IF NOT EXISTS schema_versions (room TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT',
      );
      // Another process may have migrated while we waited for the lock.
      for (const step of steps.slice(this.#version(room))) {
        if (typeof step === 'string') this.script(step);
        else step(this);
      }
      this.run('INSERT OR REPLACE INTO schema_versions (room, version) VALUES (?, ?)', room, steps.length);
    });
  }

  #version(room: string): number {
    const known = this.get("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_versions'");
    if (known === undefined) return 0;
    return (
      this.get<{ version: number }>('SELECT version FROM schema_versions WHERE room = ?', room)?.version ?? 0
    );
  }

  define(name: string, body: (...values: SQLInputValue[]) => SQLInputValue): void {
    this.#raw.function(name, { deterministic: true, varargs: true }, body);
  }

  close(): void {
    this.#statements.clear();
    if (this.#raw.isOpen) this.#raw.close();
  }
}
