// Where benchmarks find the original's libraries and databases.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The folder `openspace-v1` of `OPENSPACE_TEST_DATA`; by default of the checkout's neighbour. It may not be there. */
export const originalData = (): string =>
  join(
    resolve(process.env.OPENSPACE_TEST_DATA ?? join(import.meta.dirname, '..', '..', '..', 'shared', 'data')),
    'openspace-v1',
  );

/** The same; ends the process with what to do where it is missing. */
export function requireOriginalData(): string {
  const folder = originalData();
  if (existsSync(folder)) return folder;
  process.stderr.write(
    `No data in ${folder}: set OPENSPACE_TEST_DATA to the folder with the original's libraries.\n`,
  );
  process.exit(2);
}
