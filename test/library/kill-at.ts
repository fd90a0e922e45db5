// Preloaded into a child: counts the calls that change files or the database, and kills the process at one of them.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { DatabaseSync, StatementSync } from 'node:sqlite';

const killAt = Number(process.env.OPENSPACE_TEST_KILL_AT ?? '0');
const countReads = process.env.OPENSPACE_TEST_COUNT_READS === '1';
const state = { counting: false, calls: 0 };

/** The scenario says when it begins, and at its end how many calls there were. */
Object.assign(globalThis, {
  startCounting: () => {
    state.counting = true;
  },
  stopCounting: () => {
    state.counting = false;
    return state.calls;
  },
});

function count(): void {
  if (!state.counting) return;
  state.calls += 1;
  if (state.calls === killAt) process.kill(process.pid, 'SIGKILL');
}

function wrap(
  target: object,
  names: readonly string[],
  counts: (args: unknown[]) => boolean = () => true,
): void {
  for (const name of names) {
    const original: unknown = Reflect.get(target, name);
    if (typeof original !== 'function') throw new Error(`there is no ${name} to wrap`);
    Reflect.set(target, name, function wrapped(this: unknown, ...args: unknown[]) {
      if (counts(args)) count();
      return Reflect.apply(original, this, args);
    });
  }
}

const fileChanges = [
  ...[
    'writeSync',
    'writeFileSync',
    'appendFileSync',
    'renameSync',
    'fsyncSync',
    'mkdirSync',
    'rmSync',
    'rmdirSync',
  ],
  ...[
    'unlinkSync',
    'copyFileSync',
    'chmodSync',
    'symlinkSync',
    'linkSync',
    'truncateSync',
    'mkdtempSync',
    'utimesSync',
  ],
];
wrap(fs, fileChanges);
wrap(fs, ['openSync'], ([, flags]) => typeof flags === 'string' && flags !== 'r');
wrap(DatabaseSync.prototype, ['exec']);
wrap(StatementSync.prototype, ['run']);
if (countReads) wrap(StatementSync.prototype, ['get', 'all', 'iterate']);
syncBuiltinESMExports();
