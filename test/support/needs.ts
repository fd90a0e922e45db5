// What a test may need beyond npm. A missing need skips the case loudly, or fails it where the run requires it.
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';

const projectRoot = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
/** True if a program of this name is there. */
export const onPath = (name: string) =>
  (process.env.PATH ?? '').split(':').some((folder) => folder !== '' && existsSync(join(folder, name)));

/** Folder with the original's libraries and databases. */
export const testData = resolve(process.env.OPENSPACE_TEST_DATA ?? join(projectRoot, '..', 'shared', 'data'));
/** Folder with the original's recorded results. */
export const oracleCases = join(testData, '..', 'oracle-cases');

const needs = {
  data: {
    met: () => existsSync(testData),
    bring: 'set OPENSPACE_TEST_DATA to the folder with the original’s libraries',
  },
  chromium: { met: () => onPath('chromium'), bring: 'apt-get install chromium' },
  bwrap: { met: () => onPath('bwrap'), bring: 'apt-get install bubblewrap socat ripgrep' },
  postgres: {
    met: () => onPath('pg_ctl') || existsSync('/usr/lib/postgresql'),
    bring: 'apt-get install postgresql',
  },
  libreoffice: {
    met: () => onPath('soffice'),
    bring: 'apt-get install libreoffice-calc libreoffice-writer libreoffice-impress',
  },
  registry: {
    met: () => process.env.OPENSPACE_TEST_REGISTRY === '1',
    bring: 'set OPENSPACE_TEST_REGISTRY=1 where the npm registry may be reached',
  },
  tmux: { met: () => onPath('tmux'), bring: 'apt-get install tmux' },
  git: { met: () => onPath('git'), bring: 'apt-get install git' },
  root: { met: () => process.getuid?.() === 0, bring: 'run as root (cases that mount or change users)' },
} as const;

export type Need = keyof typeof needs;

/** `describe` that runs only where every need is met; else one loud line, or a failure if OPENSPACE_TEST_REQUIRE names it. */
export function describeWith(wanted: readonly Need[], title: string, body: () => void): void {
  const missing = wanted.filter((need) => !needs[need].met());
  const required = (process.env.OPENSPACE_TEST_REQUIRE ?? '').split(',');
  for (const need of missing) {
    if (required.includes(need)) throw new Error(`"${title}" needs ${need}: ${needs[need].bring}`);
    process.stderr.write(`SKIPPED "${title}": needs ${need} (${needs[need].bring})\n`);
  }
  describe.skipIf(missing.length > 0)(title, body);
}

/** True in `npm run test:long`: use the full figures. */
export const longRun = process.env.OPENSPACE_TEST_LONG === '1';
