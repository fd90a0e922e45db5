// `npm run bench:learning [-- --json] [--seed N] [--families N] [--cold N] [--held-out N] [--without admission,gate,rollback]`
import { type BenchReport, benchFailures, runBench } from '../../evals/world/bench.ts';
import { FAMILIES } from '../../evals/world/families/index.ts';
import type { Off } from '../../evals/world/learner.ts';
import { realModel } from '../../evals/world/real-model.ts';
import { renderFigures } from '../../evals/world/table.ts';

const option = (name: string, fallback: string) => {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? fallback : (process.argv[at + 1] ?? fallback);
};
const real = process.argv.includes('--real') ? realModel() : undefined;
const isOff = (word: string): word is Off => word === 'admission' || word === 'gate' || word === 'rollback';

const report = await runBench({
  seed: Number(option('seed', '1')),
  families: FAMILIES.slice(0, Number(option('families', String(FAMILIES.length)))),
  cold: Number(option('cold', '9')),
  heldOut: Number(option('held-out', '4')),
  off: option('without', 'admission,gate,rollback').split(',').filter(isOff),
  ...(real === undefined ? {} : { model: real }),
  say: (text) => process.stderr.write(`${text}\n`),
});
const failures = benchFailures(report);
if (process.argv.includes('--json')) console.log(JSON.stringify({ ...report, failures }, null, 2));
else console.log(render(report, failures));
process.exitCode = failures.length === 0 ? 0 : 1;

function render({ seed, cold, arms, learning, written }: BenchReport, wrong: readonly string[]): string {
  const ratio = (arms[1]?.tokens.value ?? 0) / (arms[0]?.tokens.value ?? 1);
  return [
    `Learning in the simulated world, seed ${seed}`,
    real === undefined
      ? 'The model is a set of rules: this proves the machinery, not a model’s wisdom. Costs are made up.'
      : `Model: ${real.id}`,
    '',
    'Held-out tasks (95 % intervals):',
    '',
    renderFigures(arms),
    '',
    `Learnt skills take ${Math.round((1 - ratio) * 100)} % fewer tokens than none.`,
    '',
    renderFigures([cold]),
    '',
    '| pipeline | skills | tokens for learning | cost, $ | what became of changes |',
    '|---|---:|---:|---:|---|',
    ...learning.map(
      ({ arm, skills, tokens, costUsd, outcomes }) =>
        `| ${arm} | ${skills} | ${tokens} | ${costUsd.toFixed(2)} | ${Object.entries(outcomes)
          .map(([what, count]) => `${what} ${count}`)
          .join(', ')} |`,
    ),
    '',
    `The author wrote: ${Object.entries(written)
      .map(([kind, count]) => `${count} ${kind}`)
      .join(', ')}.`,
    '',
    wrong.length === 0 ? 'As it must be.' : `Not as it must be:\n${wrong.join('\n')}`,
  ].join('\n');
}
