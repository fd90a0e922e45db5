// A lock between processes that is held over time, and freed by the system if its holder dies.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { toDiskError } from './errors.ts';

export interface HeldLock {
  release(): void;
}

/** Takes the lock on the file `path` if nobody has it; undefined, at once, if somebody has. */
export function tryHoldLock(path: string): HeldLock | undefined {
  let raw: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    raw = new DatabaseSync(path, { timeout: 0 });
    raw.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    raw?.close();
    if (error instanceof Error && 'errcode' in error && (error.errcode === 5 || error.errcode === 6))
      return undefined;
    throw toDiskError(error, `Could not open the lock ${path}`);
  }
  const held = raw;
  return {
    release() {
      if (held.isOpen) held.close();
    },
  };
}
