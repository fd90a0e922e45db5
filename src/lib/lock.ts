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

/** SQLite's own waiting sleeps longer and longer and can starve; short, uneven steps give everybody a turn. */
const POLL_MS = { least: 1, spread: 6 };

/**
 * A lock on the file `path`, made if it is not there. SQLite's own file lock does the work:
 * it needs no stale-lock guessing, since the kernel drops it with the process.
 */
export function openProcessLock(path: string, timeoutMs = 30_000): ProcessLock {
  const raw = openLockFile(path);
  let depth = 0;
  return {
    run(body) {
      if (depth === 0) take(raw, path, timeoutMs);
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

function openLockFile(path: string): DatabaseSync {
  try {
    mkdirSync(dirname(path), { recursive: true });
    return new DatabaseSync(path, { timeout: 0 });
  } catch (error) {
    throw toDiskError(error, `Could not open the lock ${path}`);
  }
}

function take(raw: DatabaseSync, path: string, timeoutMs: number): void {
  const until = performance.now() + timeoutMs;
  for (;;) {
    try {
      // Nothing is ever written, so no journal file is needed beside the lock. Even saying so needs the file to be free.
      raw.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
      return;
    } catch (error) {
      const held = error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5; // SQLITE_BUSY
      if (!held) throw error;
      if (performance.now() >= until)
        throw new OpenSpaceError('busy', `${path} is held by another process.`, {
          hint: 'Wait for the other openspace process to finish, or end it, and run the command again.',
          cause: error,
        });
    }
    pause(POLL_MS.least + Math.random() * POLL_MS.spread);
  }
}

/** Blocks: what is done under the lock is short and must not be interleaved. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
