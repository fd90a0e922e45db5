// `npm run bench:admission`: what admission makes of the 90 analyses that the original's database holds.
import { join, resolve } from 'node:path';
import { replayOriginal } from '../../evals/admission/replay-original.ts';

const data = resolve(process.env.OPENSPACE_TEST_DATA ?? join(import.meta.dirname, '../../../shared/data'));
const result = replayOriginal(join(data, 'openspace-v1', 'gdpval.db'));
process.stdout.write(`${result.table}\n`);
