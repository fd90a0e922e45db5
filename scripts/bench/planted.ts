// `npm run bench:planted`: which planted changes get through the gate. See evals/world/planted.ts.
import { PLANTED, plantedFailures, renderPlanted, runPlanted } from '../../evals/world/planted.ts';

const json = process.argv.includes('--json');
const seedAt = process.argv.indexOf('--seed');
const seed = seedAt === -1 ? 1 : Number(process.argv[seedAt + 1]);

const results = await runPlanted(PLANTED, {
  seed,
  onResult: ({ kind, family, what, decision }) =>
    process.stderr.write(`${kind.padEnd(9)} ${family.padEnd(16)} ${what.padEnd(36)} ${decision}\n`),
});
const failures = plantedFailures(results);
if (json) console.log(JSON.stringify({ seed, results, failures }, null, 2));
else {
  console.log(renderPlanted(results));
  console.log(failures.length === 0 ? '\nAs it must be.' : `\nNot as it must be:\n${failures.join('\n')}`);
}
process.exitCode = failures.length === 0 ? 0 : 1;
