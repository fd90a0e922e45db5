// `npm run bench:search [-- --json] [--sizes 203,1000,10000,100000]`: how fast is search, by size of the library?
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadSkillFolders, skillId, versionId } from '../../evals/retrieval/library.ts';
import { randomNumbers } from '../../evals/retrieval/measure.ts';
import { loadPast } from '../../evals/retrieval/past.ts';
import { openDatabase } from '../../src/lib/index.ts';
import { openSearchIndex, type SearchEntry } from '../../src/skills/search-index.ts';
import { requireOriginalData } from './data.ts';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    sizes: { type: 'string', default: '203,1000,10000,100000' },
    /** Counts CPU time instead of the clock's: for a machine that does other work meanwhile. */
    cpu: { type: 'boolean', default: false },
    /** For the child process: one search in this file, as the first thing it does. */
    first: { type: 'string' },
  },
});
const FIRST_QUERY = 'extract pdf text';

/** Milliseconds, of the clock or of CPU. */
function now(): number {
  if (!flags.cpu) return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

if (flags.first !== undefined) firstSearch(flags.first);
else main();

function firstSearch(path: string): void {
  const start = now();
  const db = openDatabase({ path });
  const hits = openSearchIndex(db).search(FIRST_QUERY, { limit: 15 });
  const tookMs = now() - start;
  db.close();
  console.log(
    JSON.stringify({
      tookMs,
      sinceStartMs: now(),
      hits: hits.length,
      rss: process.memoryUsage.rss(),
    }),
  );
}

interface Times {
  readonly medianMs: number;
  readonly p95Ms: number;
}

function timesOf(values: readonly number[]): Times {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { medianMs: at(0.5), p95Ms: at(0.95) };
}

/** Copies of the 203 with varied names, as a library of that size might be. */
function* copies(originals: readonly SearchEntry[], size: number): Generator<SearchEntry> {
  const words = [
    ...new Set(originals.flatMap(({ description }) => description.toLowerCase().match(/[a-z]{5,}/g) ?? [])),
  ];
  const random = randomNumbers(11);
  for (let n = 0; n < size; n += 1) {
    const original = originals[n % originals.length];
    if (original === undefined) return;
    if (n < originals.length) {
      yield original;
      continue;
    }
    const word = words[Math.floor(random() * words.length)] ?? 'copy';
    const name = `${original.name}-${word}-${n}`;
    yield {
      ...original,
      skillId: skillId(name),
      versionId: versionId(name),
      name,
      lineageKey: name,
      filesHash: name,
    };
  }
}

/** Three words as people might type them, from the skills' own descriptions. */
function threeWordQueries(originals: readonly SearchEntry[], count: number): string[] {
  const random = randomNumbers(5);
  return Array.from({ length: count }, () => {
    const { description = '' } = originals[Math.floor(random() * originals.length)] ?? {};
    const words = description.match(/[A-Za-z]{4,}/g) ?? ['pdf'];
    return [0, 1, 2].map(() => words[Math.floor(random() * words.length)]).join(' ');
  });
}

function measure(size: number, originals: readonly SearchEntry[], tasks: readonly string[], folder: string) {
  const path = join(folder, `search-${size}.db`);
  const db = openDatabase({ path });
  const index = openSearchIndex(db);
  const buildStart = now();
  let batch: SearchEntry[] = [];
  for (const entry of copies(originals, size)) {
    batch.push(entry);
    if (batch.length === 500) {
      index.upsert(batch);
      batch = [];
    }
  }
  index.upsert(batch);
  const buildMs = now() - buildStart;
  const search = (queries: readonly string[]) =>
    timesOf(
      queries.map((query) => {
        const start = now();
        index.search(query, { limit: 15 });
        return now() - start;
      }),
    );
  const short = threeWordQueries(originals, 200);
  search(short.slice(0, 20));
  search(tasks.slice(0, 5));
  const threeWords = search(short);
  const wholeTasks = search([...tasks, ...tasks]);
  const first = originals[0];
  const commits = timesOf(
    Array.from({ length: 60 }, (_, n) => {
      const original = originals[n % originals.length] ?? first;
      if (original === undefined) return 0;
      const start = now();
      index.upsert([{ ...original, description: `${original.description} again ${n}` }]);
      return now() - start;
    }),
  );
  const rssMb = process.memoryUsage.rss() / 1e6;
  db.close();
  const fresh = Array.from({ length: 5 }, () => {
    const child = spawnSync(
      process.execPath,
      [fileURLToPath(import.meta.url), '--first', path, ...(flags.cpu ? ['--cpu'] : [])],
      {
        encoding: 'utf8',
      },
    );
    return JSON.parse(child.stdout) as { tookMs: number; sinceStartMs: number; rss: number };
  }).sort((a, b) => a.tookMs - b.tookMs);
  const worst = fresh.at(-1);
  const fileMb = statSync(path).size / 1e6;
  rmSync(path, { force: true });
  return {
    skills: size,
    threeWords,
    wholeTasks,
    commit: commits,
    firstSearchMs: worst?.tookMs ?? 0,
    firstSearchSinceStartMs: worst?.sinceStartMs ?? 0,
    freshProcessMb: (worst?.rss ?? 0) / 1e6,
    benchProcessMb: rssMb,
    fileMb,
    buildSeconds: buildMs / 1000,
  };
}

function main(): void {
  const data = requireOriginalData();
  const originals = loadSkillFolders(join(data, 'gdpval-skills'));
  const tasks = [...loadPast(data).prompts.values()];
  const folder = mkdtempSync(join(tmpdir(), 'openspace-bench-'));
  try {
    const sizes = flags.sizes.split(',').map(Number);
    const rows = sizes.map((size) => measure(size, originals, tasks, folder));
    if (flags.json) {
      console.log(
        JSON.stringify({ rows, original: { threeWords10kMs: 839, threeWords100kMs: 10_800 } }, null, 2),
      );
      return;
    }
    const ms = (value: number) => value.toFixed(1).padStart(7);
    console.log(
      'p95 in ms (median)      three words      whole tasks   one commit   first search (since start)   file, memory',
    );
    for (const row of rows) {
      const times = (one: Times) => `${ms(one.p95Ms)} (${one.medianMs.toFixed(1)})`.padEnd(17);
      console.log(
        `${String(row.skills).padStart(7)} skills  ${times(row.threeWords)} ${times(row.wholeTasks)} ${times(row.commit)} ${ms(row.firstSearchMs)} (${row.firstSearchSinceStartMs.toFixed(0)})   ${row.fileMb.toFixed(0)} MB file, ${row.freshProcessMb.toFixed(0)} MB fresh process, built in ${row.buildSeconds.toFixed(1)} s`,
      );
    }
    console.log("The original's ranker (overlap): 11 ms at 165, 839 ms at 10,000, 10,800 ms at 100,000.");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
