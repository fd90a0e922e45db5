// `npm run bench:library [--json] [--cpu] [--sizes 203,1000]`: how long the library takes, by number of skills.
// `--no-import` leaves the import out, which waits for the disk most of the time.
// `--cpu` counts processor time instead of time on the clock: steadier on a machine that others use too.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importOriginal } from '../../src/engine/import-original.ts';
import { openLedger } from '../../src/learning/index.ts';
import { openDatabase, sha256 } from '../../src/lib/index.ts';
import { scanFound, searchEntry } from '../../src/skills/check.ts';
import { readFolder } from '../../src/skills/folder-reader.ts';
import {
  lintSkill,
  openLibrary,
  parseSkillMd,
  type SkillId,
  scanSkill,
  type VersionId,
} from '../../src/skills/index.ts';
import { resolveRoots, scanRoots } from '../../src/skills/roots.ts';
import { openSearchIndex } from '../../src/skills/search-index.ts';
import { describeFiles } from '../../src/skills/store-content.ts';
import { requireOriginalData } from './data.ts';

const source = join(requireOriginalData(), 'gdpval-skills');
const args = process.argv.slice(2);
const sizesArg = args[args.indexOf('--sizes') + 1];
const sizes = args.includes('--sizes') && sizesArg ? sizesArg.split(',').map(Number) : [203, 1000, 10_000];

/** The original's times in ms (Python 3.11, two cores), where it was measured. */
const ORIGINAL: Record<string, Record<number, number>> = {
  'discovery with safety scan': { 203: 278, 1000: 1282, 10000: 14_100 },
};

type Figures = Record<string, number>;

const byCpu = args.includes('--cpu');
const clock = () => {
  if (!byCpu) return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Copies of the 203 skills, each with a text and an id of its own. */
function makeRoot(root: string, count: number): void {
  const names = readdirSync(source);
  for (let index = 0; index < count; index += 1) {
    const name = names[index % names.length] ?? '';
    const round = Math.floor(index / names.length);
    const folder = join(root, round === 0 ? name : `${name}-${round}`);
    cpSync(join(source, name), folder, { recursive: true });
    if (round === 0) continue;
    const path = join(folder, 'SKILL.md');
    const text = readFileSync(path, 'utf8').replace(/^name: .*$/m, `name: ${name}-${round}`);
    writeFileSync(path, `${text}\nCopy ${round}.\n`);
    writeFileSync(join(folder, '.skill_id'), `${name}__v0_${sha256(folder).slice(0, 8)}\n`);
  }
}

function timed<T>(figures: Figures, name: string, body: () => T): T {
  const start = clock();
  const result = body();
  figures[name] = clock() - start;
  return result;
}

async function timedAsync<T>(figures: Figures, name: string, body: () => Promise<T>): Promise<T> {
  const start = clock();
  const result = await body();
  figures[name] = clock() - start;
  return result;
}

async function measure(count: number): Promise<Figures> {
  const home = mkdtempSync(join(tmpdir(), 'openspace-bench-'));
  const root = join(home, 'skills');
  mkdirSync(root);
  makeRoot(root, count);
  const roots = resolveRoots([{ path: root, kind: 'user', writable: true, precedence: 0 }]);
  const figures: Figures = {};
  try {
    measureParts(figures, roots, home);
    const path = join(home, 'openspace.db');
    const open = () => {
      const db = openDatabase({ path });
      return { db, library: openLibrary({ db, roots, learntRoot: root }) };
    };
    const first = open();
    await timedAsync(figures, 'first start, all of it', () => first.library.sync());
    first.library.close();
    first.db.close();
    const second = await timedAsync(figures, 'warm start', async () => {
      const opened = open();
      await opened.library.sync();
      return opened;
    });
    timed(figures, 'list, a page of 50', () => second.library.list({ limit: 50 }));
    timed(figures, 'list, all', () => {
      for (let after: string | undefined = ''; after !== undefined; )
        after = second.library.list({ limit: 1000, after }).next;
    });
    await measureCommit(figures, second.library);
    second.library.close();
    second.db.close();
    if (!args.includes('--no-import')) await measureImport(figures, root, join(home, 'second'));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  return figures;
}

/** The median of several rounds in one warm process, as the original was measured. */
function measureParts(figures: Figures, roots: ReturnType<typeof resolveRoots>, home: string): void {
  const rounds = scanRoots(roots, new Map()).folders.length > 2000 ? 5 : 15;
  const discover = () =>
    scanRoots(roots, new Map()).folders.map((folder) => {
      const { files } = readFolder(folder.path);
      const bytes = files.get('SKILL.md');
      parseSkillMd(bytes === undefined ? '' : Buffer.from(bytes).toString('utf8'));
      return { files, filesHash: describeFiles(files).filesHash };
    });
  let skills = discover();
  for (let warmUp = 1; warmUp < rounds / 3; warmUp += 1) skills = discover();
  const median = (name: string, body: () => unknown) => {
    const times = Array.from({ length: rounds }, () => {
      const start = clock();
      body();
      return clock() - start;
    });
    figures[name] = times.sort((a, b) => a - b)[Math.floor((rounds - 1) / 2)] ?? 0;
  };
  median('discovery: found, read, parsed, hashed', discover);
  median('safety scan', () => skills.map(({ files }) => scanSkill(files)));
  figures['discovery with safety scan'] =
    (figures['discovery: found, read, parsed, hashed'] ?? 0) + (figures['safety scan'] ?? 0);
  timed(figures, 'lint', () => skills.map(({ files }) => lintSkill(files)));
  const entries = skills.map(({ files, filesHash }, index) => {
    const { name, description, parsed } = scanFound(files, 'skill');
    const id = `sk_${index}`;
    const version = { skillId: id as SkillId, versionId: id as VersionId, name, description, filesHash };
    return searchEntry(version, parsed.tags, parsed, id);
  });
  const db = openDatabase({ path: join(home, 'index.db') });
  const index = openSearchIndex(db);
  timed(figures, 'indexing', () => {
    for (let start = 0; start < entries.length; start += 250) index.upsert(entries.slice(start, start + 250));
  });
  db.close();
}

async function measureCommit(figures: Figures, library: ReturnType<typeof openLibrary>): Promise<void> {
  const times: number[] = [];
  for (const skill of library.list({ limit: 9 }).skills) {
    const head = skill.head;
    if (head === undefined) continue;
    const files = new Map(library.read(head));
    files.set(
      'SKILL.md',
      Buffer.concat([files.get('SKILL.md') ?? Buffer.alloc(0), Buffer.from('\nOne more line.\n')]),
    );
    const start = clock();
    const result = await library.commit({
      ...{ origin: 'fixed', parents: [head], files, reason: 'bench', author: 'bench', state: 'trusted' },
    });
    if (!result.ok) throw new Error(`commit refused: ${result.reason}`);
    times.push(clock() - start);
  }
  figures['one commit (median of 9)'] = times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}

async function measureImport(figures: Figures, folder: string, home: string): Promise<void> {
  mkdirSync(home);
  const root = join(home, 'skills');
  const db = openDatabase({ path: join(home, 'openspace.db') });
  const library = openLibrary({
    ...{ db, learntRoot: root },
    roots: [{ path: root, kind: 'user', writable: true, precedence: 0 }],
  });
  const ledger = openLedger(db);
  await timedAsync(figures, 'import of the folder', () =>
    importOriginal({ db, library, ledger, path: folder }),
  );
  library.close();
  db.close();
}

async function main(): Promise<void> {
  const [only] = args.filter((arg) => /^\d+$/.test(arg));
  if (only !== undefined && args.includes('--one')) {
    process.stdout.write(JSON.stringify(await measure(Number(only))));
    return;
  }
  const results: Record<number, Figures> = {};
  // A process for each size: none profits from what another has warmed up.
  for (const size of sizes) {
    process.stderr.write(`${size} skills…\n`);
    const script = fileURLToPath(import.meta.url);
    results[size] = JSON.parse(
      execFileSync(
        process.execPath,
        [script, '--one', String(size), ...args.filter((arg) => /^--(?:cpu|no-import)$/.test(arg))],
        {
          encoding: 'utf8',
        },
      ),
    );
  }
  if (args.includes('--json')) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  else process.stdout.write(render(results));
}

function render(results: Record<number, Figures>): string {
  const rows = Object.keys(results[sizes[0] ?? 0] ?? {});
  const line = (cells: readonly string[]) =>
    `${cells.map((cell, index) => (index === 0 ? cell.padEnd(40) : cell.padStart(16))).join('')}\n`;
  const figure = (row: string, size: number) => {
    const ms = results[size]?.[row] ?? 0;
    const original = ORIGINAL[row]?.[size];
    return `${ms.toFixed(ms < 100 ? 1 : 0)}${original === undefined ? '' : ` (${(original / ms).toFixed(1)}×)`}`;
  };
  return [
    line([
      byCpu ? 'milliseconds of processor time' : 'milliseconds',
      ...sizes.map((size) => `${size} skills`),
    ]),
    ...rows.map((row) => line([row, ...sizes.map((size) => figure(row, size))])),
    'In brackets: times faster than the original.\n',
  ].join('');
}

await main();
