// Opens a database of the original OpenSpace for reading, without touching it.
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Database,
  OpenSpaceError,
  openDatabase,
  type Row,
  sha256,
  toDiskError,
} from '../../lib/index.ts';

/** An open copy of an original's database. */
export interface OriginalDatabase {
  readonly path: string;
  /** Stays the same while that database grows or is moved: made from its oldest records. */
  readonly fingerprint: string;
  /** Rows of a table with the columns that are there; missing columns are null, a missing table is empty. */
  rows(table: string, columns: readonly string[], order: string): Row[];
  close(): void;
}

/**
 * Opens a copy in a temporary folder: the original's files are in WAL form, and even reading one would write beside it.
 * Throws `foreign-data` if it is no database of the original, `corrupt` or `disk` if it can't be read.
 */
export function openOriginal(path: string): OriginalDatabase {
  const folder = mkdtempSync(join(tmpdir(), 'openspace-import-'));
  const drop = () => rmSync(folder, { recursive: true, force: true });
  try {
    const copy = copyDatabase(path, folder);
    const db = openDatabase({ path: copy, readOnly: true });
    return new CopiedDatabase(path, db, drop);
  } catch (error) {
    drop();
    throw error instanceof OpenSpaceError && error.code === 'corrupt'
      ? damaged(path, error)
      : toDiskError(error, `Could not read ${path}`);
  }
}

function damaged(path: string, cause: unknown): OpenSpaceError {
  return new OpenSpaceError('corrupt', `${path} is damaged and can't be read.`, {
    hint: 'Import the skill folders instead: openspace skills import <folder>',
    cause,
  });
}

/** The write-ahead log holds what the original had not folded in yet. */
function copyDatabase(path: string, folder: string): string {
  const copy = join(folder, 'original.db');
  copyFileSync(path, copy);
  if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`);
  return copy;
}

class CopiedDatabase implements OriginalDatabase {
  readonly path: string;
  readonly fingerprint: string;
  readonly #db: Database;
  readonly #drop: () => void;

  constructor(path: string, db: Database, drop: () => void) {
    this.path = path;
    this.#db = db;
    this.#drop = drop;
    try {
      if (this.#columns('skill_records').size === 0)
        throw new OpenSpaceError('foreign-data', `${path} is not a database of the original OpenSpace.`, {
          hint: 'It has no table skill_records. Give the file openspace.db, or a folder with skills.',
        });
      const broken = db.get<{ integrity_check: string }>('PRAGMA integrity_check(1)');
      if (broken?.integrity_check !== 'ok') throw damaged(path, broken?.integrity_check);
      const oldest = this.rows('skill_records', ['skill_id', 'first_seen'], 'first_seen, skill_id').slice(
        0,
        5,
      );
      this.fingerprint = sha256(JSON.stringify(oldest)).slice(0, 16);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  #columns(table: string): Set<string> {
    const rows = this.#db.all<{ name: string }>('SELECT name FROM pragma_table_info(?)', table);
    return new Set(rows.map((row) => row.name));
  }

  rows(table: string, columns: readonly string[], order: string): Row[] {
    const there = this.#columns(table);
    if (there.size === 0) return [];
    const wanted = columns.map((column) => (there.has(column) ? column : `NULL AS ${column}`));
    return this.#db.all(`SELECT ${wanted.join(', ')} FROM ${table} ORDER BY ${order}`);
  }

  close(): void {
    this.#db.close();
    this.#drop();
  }
}

/** A text column; `fallback` for anything else. */
export function textOf(row: Row, column: string, fallback = ''): string {
  const value = row[column];
  return typeof value === 'string' ? value : fallback;
}

export function numberOf(row: Row, column: string): number {
  const value = row[column];
  return typeof value === 'number' && Number.isFinite(value) ? value : Number(value ?? 0) || 0;
}

/**
 * A time of the original as UTC ISO text, undefined if it is none. The original wrote most of them without a zone,
 * in the local time of a machine that nobody knows any more: those are taken as UTC.
 */
export function timeOf(row: Row, column: string): string | undefined {
  const text = textOf(row, column).trim().replace(' ', 'T');
  if (!/^\d{4}-\d\d-\d\dT/.test(text)) return undefined;
  const zoned = /(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`;
  // JavaScript reads three digits of a second; the original has six.
  const time = new Date(zoned.replace(/(\.\d{3})\d+/, '$1'));
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
