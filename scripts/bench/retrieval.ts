// `npm run bench:retrieval [-- --json]`: does search find the right skill? On the original's history and on judged queries.
// With an embedder: --embed-url http://127.0.0.1:11434/v1/embeddings --embed-model <name> [--embed-key-env <NAME>]
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadSkillFolders } from '../../evals/retrieval/library.ts';
import {
  type Difference,
  differencesOf,
  FIGURES,
  type Figures,
  figuresOf,
} from '../../evals/retrieval/measure.ts';
import { loadPast } from '../../evals/retrieval/past.ts';
import { askAll, loadQueries, summarise } from '../../evals/retrieval/queries.ts';
import * as replays from '../../evals/retrieval/replay.ts';
import { ranksWithVectors } from '../../evals/retrieval/vectors.ts';
import { openDatabase } from '../../src/lib/index.ts';
import { HISTORY_SIGNALS } from '../../src/skills/search/history.ts';
import { TEXT_SIGNALS } from '../../src/skills/search/text-score.ts';
import { openSearchIndex } from '../../src/skills/search-index.ts';
import { requireOriginalData } from './data.ts';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    'embed-url': { type: 'string' },
    'embed-model': { type: 'string' },
    'embed-key-env': { type: 'string' },
  },
});
const data = requireOriginalData();

interface Line {
  readonly ranking: string;
  /** How far the figure may be trusted. */
  readonly kind: 'original' | 'cross-validated' | 'as shipped' | 'left out';
  readonly all: Figures;
  readonly firstRuns: Figures;
  readonly reruns: Figures;
  readonly againstOriginal: Record<keyof Figures, Difference>;
}

const past = loadPast(data);
const run = replays.replay(past);
const tasks = run.pairs.map(({ taskId }) => taskId);
const base = replays.originalOverlap(run);
const lines: Line[] = [];

function measure(ranking: string, kind: Line['kind'], ranks: readonly number[]): void {
  lines.push({
    ranking,
    kind,
    all: figuresOf(ranks),
    firstRuns: figuresOf(ranks.filter((_, at) => run.pairs[at]?.rerun === false)),
    reruns: figuresOf(ranks.filter((_, at) => run.pairs[at]?.rerun === true)),
    againstOriginal: differencesOf(ranks, base, tasks),
  });
}
const without = (all: readonly string[], ...names: string[]) => all.filter((name) => !names.includes(name));

measure('original, token overlap (its default)', 'original', base);
measure('original, BM25Okapi', 'original', replays.originalOkapi(run));
measure('words', 'cross-validated', replays.crossValidatedWords(run));
measure('words + history of other tasks', 'cross-validated', replays.crossValidatedHistory(run, false));
measure('words + all history', 'cross-validated', replays.crossValidatedHistory(run, true));
measure('words', 'as shipped', replays.shippedWords(run));
measure('words + history of other tasks', 'as shipped', replays.shippedHistory(run, false));
measure('words + all history', 'as shipped', replays.shippedHistory(run, true));
const [url, model, keyName] = [flags['embed-url'], flags['embed-model'], flags['embed-key-env']];
if (url !== undefined && model !== undefined)
  measure(
    'words + vectors',
    'as shipped',
    await ranksWithVectors(past, {
      url,
      model,
      key: keyName === undefined ? undefined : process.env[keyName],
    }),
  );
measure(
  'words without file types and tools',
  'left out',
  replays.crossValidatedWords(run, without(TEXT_SIGNALS, 'thingsInTitle', 'thingsInIntro')),
);
for (const signal of without(TEXT_SIGNALS, 'thingsInTitle', 'thingsInIntro'))
  measure(
    `words without ${signal}`,
    'left out',
    replays.crossValidatedWords(run, without(TEXT_SIGNALS, signal)),
  );
for (const signal of without(HISTORY_SIGNALS, 'words'))
  measure(
    `words + history without ${signal}`,
    'left out',
    replays.crossValidatedHistory(run, false, without(HISTORY_SIGNALS, signal)),
  );

function queries() {
  const db = openDatabase({ path: ':memory:' });
  const index = openSearchIndex(db);
  index.upsert([
    ...loadSkillFolders(join(data, 'gdpval-skills')),
    ...loadSkillFolders(join(data, 'showcase-skills')),
  ]);
  const results = askAll(index, loadQueries());
  db.close();
  const kinds = [...new Set(results.map(({ query }) => query.kind))];
  return {
    tuning: summarise(results.filter(({ query }) => !query.frozen)),
    frozen: summarise(results.filter(({ query }) => query.frozen)),
    both: summarise(results),
    byKind: Object.fromEntries(
      kinds.map((kind) => [kind, summarise(results.filter(({ query }) => query.kind === kind))]),
    ),
  };
}

const report = {
  tasks: past.prompts.size,
  skills: past.skills.length,
  judgments: past.judgments.length,
  pairs: run.pairs.length,
  reruns: run.pairs.filter(({ rerun }) => rerun).length,
  lines,
  fitted: replays.fitAll(run),
  queries: queries(),
};

if (flags.json) console.log(JSON.stringify(report, null, 2));
else print();

function print(): void {
  const number = (value: number) => value.toFixed(2);
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
  console.log(
    `${report.pairs} pairs of task and skill that served it (${report.reruns} in re-runs), from ${report.judgments} judgments, ${report.skills} skill records, ${report.tasks} tasks.`,
  );
  console.log('Only what was older than the run is known. Intervals: 95 %, whole tasks drawn.\n');
  for (const kind of ['original', 'cross-validated', 'as shipped', 'left out'] as const) {
    const note = {
      original: '',
      'cross-validated': ' (weights fitted on the other tasks: the honest figure)',
      'as shipped': ' (weights fitted on these tasks too: flattering)',
      'left out': ' (cross-validated, one thing less: what it is worth)',
    }[kind];
    console.log(`${kind}${note}`);
    console.log(
      `  ${''.padEnd(42)} recall@2  @5    @15   MRR     MRR first runs, re-runs   against the original`,
    );
    for (const line of lines.filter((one) => one.kind === kind)) {
      const gains = FIGURES.map((name) => {
        const { mean, low, high } = line.againstOriginal[name];
        return `${name === 'mrr' ? 'MRR' : name.replace('recallAt', '@')} ${signed(mean)} [${signed(low)}, ${signed(high)}]`;
      }).join('  ');
      console.log(
        `  ${line.ranking.padEnd(42)} ${FIGURES.map((name) => number(line.all[name])).join('  ')}     ${number(line.firstRuns.mrr)}, ${number(line.reruns.mrr)}     ${gains}`,
      );
    }
  }
  if (url === undefined)
    console.log('vectors: not measured, no embedder given (--embed-url, --embed-model).');
  console.log('\n120 judged queries, words only');
  for (const [name, one] of [
    ['tuning half', report.queries.tuning],
    ['frozen half', report.queries.frozen],
    ['both', report.queries.both],
    ...Object.entries(report.queries.byKind),
  ] as const)
    console.log(
      `  ${name.padEnd(12)} recall@5 ${number(one.recallAt5)} (whatever the confidence ${number(one.recallAt5Unsure)})  MRR ${number(one.mrr)}  abstained ${one.abstained} of ${one.unanswerable}  false abstentions ${one.falseAbstentions} of ${one.answerable}`,
    );
}
