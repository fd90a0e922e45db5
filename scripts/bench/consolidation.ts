// `npm run bench:consolidation [-- --json] [-- --target 100]`: does a consolidated library keep what later tasks need?
import { isDeepStrictEqual, parseArgs } from 'node:util';
import {
  acceptAll,
  heldOut,
  judgedQueries,
  momentAt,
  openImported,
  rankingOf,
  ranksIn,
  ranksOfGroups,
  ranksOfQueries,
  snapshotOf,
} from '../../evals/retrieval/consolidation.ts';
import {
  type Difference,
  differencesOf,
  type Figures,
  figuresOf,
  randomNumbers,
} from '../../evals/retrieval/measure.ts';
import { loadPast } from '../../evals/retrieval/past.ts';
import { proposeConsolidation, undoConsolidation } from '../../src/learning/index.ts';
import type { SkillId } from '../../src/skills/index.ts';
import { requireOriginalData } from './data.ts';

const { values: flags } = parseArgs({
  options: { json: { type: 'boolean', default: false }, target: { type: 'string', default: '100' } },
});
const data = requireOriginalData();
/** Shares of all tasks that had been run when the library was consolidated: history ends there. */
const SHARES = [0.3, 0.4, 0.5, 0.6];
const DRAWS = 20;

const past = loadPast(data);
const imported = await openImported(data);
const { library } = imported;
const queries = judgedQueries(data, library);
const before = snapshotOf(imported);
const active = library.count().usable;
const rankings = new Map(past.pairs.map(({ prompt }) => [prompt, rankingOf(library, prompt)]));
const rows: Awaited<ReturnType<typeof measure>>[] = [];
for (const target of [Number(flags.target), undefined])
  for (const share of target === undefined ? [0.5] : SHARES) rows.push(await measure(share, target));
imported.close();

async function measure(share: number, target: number | undefined) {
  const moment = momentAt(past, share);
  const pairs = heldOut(past, moment);
  const full = {
    offered: ranksIn(library, pairs, 'offered'),
    pairs: ranksIn(library, pairs, 'folded'),
    queries: ranksOfQueries(library, queries),
  };
  const started = performance.now();
  const proposals = proposeConsolidation(imported, {
    before: moment,
    ...(target === undefined ? {} : { target }),
  });
  const proposeMs = performance.now() - started;
  const { standsFor, refused } = await acceptAll(library, proposals);
  const after = {
    offered: ranksIn(library, pairs, 'offered', standsFor),
    pairs: ranksIn(library, pairs, 'folded', standsFor),
    queries: ranksOfQueries(library, queries, standsFor),
  };
  const left = library.count().usable;
  await undoConsolidation(library, 'bench');
  const merges = proposals.filter(({ kind }) => kind === 'merge');
  const groups = merges.map(({ skills }) => skills.map(({ skillId }) => skillId));
  const tasks = pairs.map(({ taskId }) => taskId);
  return {
    ...{
      target: target ?? null,
      tasks_known: share,
      moment,
      pairs: pairs.length,
      tasks: new Set(tasks).size,
    },
    proposals: Object.fromEntries(
      (['merge', 'archive', 'shrink'] as const).map((kind) => [
        kind,
        proposals.filter((one) => one.kind === kind).length,
      ]),
    ),
    least_likeness: Math.min(...merges.map((one) => (one.kind === 'merge' ? one.likeness : 1))),
    without_evidence: proposals.filter(({ evidence }) => evidence.length === 0).length,
    ...{ refused, propose_ms: Math.round(proposeMs), active_before: active, active_after: left },
    ...{ full: figuresOf(full.pairs), consolidated: figuresOf(after.pairs) },
    offered_full: figuresOf(full.offered),
    offered_consolidated: figuresOf(after.offered),
    offered_recall15_gain: differencesOf(after.offered, full.offered, tasks).recallAt15,
    recall15_gain: differencesOf(after.pairs, full.pairs, tasks).recallAt15,
    grouped_only: figuresOf(ranksOfGroups(library, pairs, groups, rankings)).recallAt15,
    grouped_at_random: meanAtRandom(groups, pairs),
    ...{
      queries: queries.length,
      queries_full: figuresOf(full.queries),
      queries_consolidated: figuresOf(after.queries),
    },
    restored: isRestored(),
  };
}

/** The same numbers of skills, drawn by chance. */
function meanAtRandom(
  groups: readonly (readonly SkillId[])[],
  pairs: Parameters<typeof ranksOfGroups>[1],
): number {
  const all = [...before.ids];
  const random = randomNumbers(11);
  let sum = 0;
  for (let draw = 0; draw < DRAWS; draw += 1) {
    const shuffled = all
      .map((id) => ({ id, key: random() }))
      .sort((a, b) => a.key - b.key)
      .map(({ id }) => id);
    let at = 0;
    const drawn = groups.map(({ length }) => {
      at += length;
      return shuffled.slice(at - length, at);
    });
    sum += figuresOf(ranksOfGroups(library, pairs, drawn, rankings)).recallAt15;
  }
  return sum / DRAWS;
}

function isRestored(): boolean {
  const now = snapshotOf(imported, before.ids);
  return isDeepStrictEqual([now.skills, now.folders], [before.skills, before.folders]);
}

if (flags.json) console.log(JSON.stringify({ skills: active, rows }, null, 2));
else print();

function gainLine(title: string, full: Figures, now: Figures, { mean, low, high }: Difference): void {
  const number = (value: number) => value.toFixed(2);
  const change = (name: keyof Figures) => `${number(full[name])} → ${number(now[name])}`;
  console.log(
    `    ${title.padEnd(36)} recall@15 ${change('recallAt15')} (${number(mean)} [${number(low)}, ${number(high)}]), @5 ${change('recallAt5')}, @2 ${change('recallAt2')}, MRR ${change('mrr')}`,
  );
}

function print(): void {
  const number = (value: number) => value.toFixed(2);
  console.log(
    `${active} usable skills. Consolidated by what was known when a share of all tasks had been run, by words and uses;`,
  );
  console.log('measured on later tasks that had never been run. A merged skill counts for its parents.\n');
  for (const row of rows) {
    console.log(
      `${row.target === null ? 'no target' : `target ${row.target}`}, ${row.tasks_known * 100} % of tasks known (until ${row.moment.slice(0, 16)}): ${row.active_before} → ${row.active_after} active; ${Object.entries(
        row.proposals,
      )
        .map(([kind, n]) => `${n} ${kind}`)
        .join(', ')}; least likeness ${number(row.least_likeness)}; proposed in ${row.propose_ms} ms`,
    );
    console.log(`  ${row.pairs} held-out pairs of ${row.tasks} tasks`);
    gainLine(
      'as a run is offered them',
      row.offered_full,
      row.offered_consolidated,
      row.offered_recall15_gain,
    );
    gainLine('near-duplicates of a hit count too', row.full, row.consolidated, row.recall15_gain);
    console.log(
      `  fewer things are easier to tell apart: recall@15 ${number(row.grouped_only)} if these groups just stood for one another, ${number(row.grouped_at_random)} with as many drawn at random`,
    );
    console.log(
      `  ${row.queries} judged queries: recall@15 ${number(row.queries_full.recallAt15)} → ${number(row.queries_consolidated.recallAt15)}, @5 ${number(row.queries_full.recallAt5)} → ${number(row.queries_consolidated.recallAt5)}`,
    );
    console.log(
      `  proposals without evidence: ${row.without_evidence}; refused: ${row.refused.length}; library restored exactly by taking all back: ${row.restored ? 'yes' : 'NO'}\n`,
    );
  }
}
