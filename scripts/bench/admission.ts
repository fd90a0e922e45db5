// `npm run bench:admission`: what admission makes of the 90 analyses that the original's database holds.
import { join } from 'node:path';
import { replayOriginal } from '../../evals/admission/replay-original.ts';
import { requireOriginalData } from './data.ts';

const data = requireOriginalData();
const result = replayOriginal(join(data, 'gdpval.db'));
process.stdout.write(`${result.table}\n`);
