// A lock between processes that the system frees by itself when its holder dies.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { OpenSpaceError, toDiskError } from './errors.ts';

/** Held only while `run` is inside its body. Nested use by the same holder is fine. */
export interface ProcessLock {
  /** Waits for the lock (throws `busy` after the time limit), runs `body`, frees the lock. */
  run<T>(body: () => T): T;
  close(): void;
}

/**
 * A lock on the file `path`, made if it is not there. SQLite's own file lock does the work:
 * it needs no stale-lock guessing, since the kernel drops it with the process.
 */
export function openProcessLock(path: string, timeoutMs = 30_000): ProcessLock {
  let raw: DatabaseSync;
  try {
    mkdirSync(dirname(path), { recursive: true });
    raw = new DatabaseSync(path, { timeout: timeoutMs });
    // Nothing is ever written, so no journal file is needed beside the lock.
    raw.exec('PRAGMA journal_mode = MEMORY');
  } catch (error) {
    throw toDiskError(error, `Could not open the lock ${path}`);
  }
  let depth = 0;
  const take = () => {
    try {
      raw.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      throw new OpenSpaceError('busy', `${path} is held by another process.`, {
        hint: 'Wait for the other openspace process to finish, or end it, and run the command again.',
        cause: error,
      });
    }
  };
  return {
    run(body) {
      if (depth === 0) take();
      depth += 1;
      try {
        return body();
      } finally {
        depth -= 1;
        if (depth === 0) raw.exec('ROLLBACK');
      }
    },
    close() {
      if (raw.isOpen) raw.close();
    },
  };
}
