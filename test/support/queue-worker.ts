// A process that works a shared queue off, for the tests of the queue: analyses runs with a scripted model.

import { drain } from '../../src/learning/learn.ts';
import { makeAnalyst } from './queue-analyst.ts';

const [path = '', home = ''] = process.argv.slice(2);
const analyst = makeAnalyst(path, home);
const report = await drain(analyst.deps, { signal: new AbortController().signal, patienceMs: 60_000 });
analyst.close();
process.stdout.write(`${report.stopped}\n`);
