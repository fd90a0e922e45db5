// `npm run bench:dashboard [--json] [--sizes 226,10000]`: how fast the dashboard's API answers, by number of skills.
// The server is the real command in a process of its own; eight clients ask it from this one, on the same machine.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client } from 'undici';
import { importOriginal } from '../../src/engine/index.ts';
import { openLedger } from '../../src/learning/index.ts';
import { createRedactor, openDatabase, sha256 } from '../../src/lib/index.ts';
import { startRecording } from '../../src/recording/index.ts';
import { ensureToken } from '../../src/serve/index.ts';
import {
  encodeText,
  type HistoryVersion,
  openLibrary,
  readFolder,
  type SkillFiles,
  type SkillHistory,
  type VersionId,
} from '../../src/skills/index.ts';
import { addTurn } from '../../test/dashboard/support.ts';
import { originalData } from './data.ts';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    sizes: { type: 'string', default: '226,10000' },
    seconds: { type: 'string', default: '5' },
    samples: { type: 'string', default: '300' },
  },
});
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const data = originalData();
const CLIENTS = 8;
const RUNS = 2_000;
const RECORDED = 200;
const LONG_LINEAGE = 500;
const WORDS = [
  'pdf',
  'excel report',
  'read a spreadsheet',
  'shell fallback',
  'verify output',
  'audio mix',
  'docx table',
];

interface Times {
  readonly medianMs: number;
  readonly p95Ms: number;
}

/** Numbers that look random and are the same each time. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

const timesOf = (values: readonly number[]): Times => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { medianMs: at(0.5), p95Ms: at(0.95) };
};

/** A home with so many skills, one of them with a long history, and two thousand runs. */
async function makeHome(home: string, size: number): Promise<{ ids: string[]; long: string }> {
  const db = openDatabase({ path: join(home, 'openspace.db') });
  const skills = join(home, 'skills');
  const library = openLibrary({
    ...{ db, learntRoot: skills },
    roots: [{ path: skills, kind: 'user', writable: true, precedence: 0 }],
  });
  const ledger = openLedger(db);
  if (existsSync(data)) await importOriginal({ db, library, ledger, path: data });
  const templates = templateFiles(data);
  const known = library.pages.catalogue().length;
  await library.addHistories(
    Array.from({ length: Math.max(0, size - known - 1) }, (_, n) => copyOf(templates, n)),
  );
  const {
    skills: [long = ''],
  } = await library.addHistories([longHistory(templates[0] ?? new Map())]);
  const random = randomNumbers(7);
  const all = library.pages.catalogue();
  db.transaction(() => {
    for (let n = 0; n < RUNS; n += 1) {
      const runId = `run_bench_${String(n).padStart(5, '0')}`;
      const at = new Date(Date.now() - (RUNS - n) * 20 * 60_000).toISOString();
      const status = random() < 0.8 ? 'done' : 'error';
      ledger.recordRun({
        ...{
          runId,
          source: 'bench',
          purpose: 'task',
          task: `Task ${n} about ${WORDS[n % WORDS.length]}`,
          model: 'a/b',
        },
        ...{
          status,
          startedAt: at,
          endedAt: at,
          attempts: [{ attempt: 1, outcome: status, tokens: 5_000, tookMs: 9 }],
        },
      });
      const offered = Array.from({ length: 10 }, () => all[Math.floor(random() * random() * all.length)]);
      const uses = offered.flatMap((skill, index) =>
        skill === undefined
          ? []
          : [
              {
                ...{ attempt: 1, versionId: skill.shown as VersionId, skillId: skill.skillId },
                how: index < 2 ? ('chosen' as const) : ('offered' as const),
              },
            ],
      );
      ledger.recordUses(runId, uses);
      ledger.recordAnalysis({
        ...{
          runId,
          completed: status === 'done',
          note: 'It went as the status says.',
          toolIssues: [],
          suggestions: [],
        },
        ...{ analyzedBy: 'bench', analyzedAt: at },
        judgments: uses.slice(0, 2).map(({ versionId }) => ({ versionId, applied: true, note: '' })),
      });
    }
  });
  for (let n = 0; n < RECORDED; n += 1) record(home, n);
  const ids = library.pages.catalogue().map(({ skillId }) => skillId);
  library.close();
  db.close();
  return { ids, long };
}

function templateFiles(source: string): SkillFiles[] {
  const folder = join(source, 'gdpval-skills');
  if (!existsSync(folder))
    return [
      new Map([
        ['SKILL.md', encodeText('---\nname: sample\ndescription: A sample skill.\n---\n# sample\nDo it.\n')],
      ]),
    ];
  return readdirSync(folder).map((name) => readFolder(join(folder, name)).files);
}

function versionOf(
  files: SkillFiles,
  name: string,
  n: number,
  parents: readonly VersionId[],
): HistoryVersion {
  const text = Buffer.from(files.get('SKILL.md') ?? []).toString('utf8');
  const named = text.replace(/^name: .*$/m, `name: ${name}`);
  return {
    ...{
      versionId: `${name}__v${n}_${sha256(`${name}:${n}`).slice(0, 8)}` as VersionId,
      name,
      tags: [`tag-${n % 40}`],
    },
    description: /^description: *(.*)$/m.exec(text)?.[1] ?? name,
    ...{ origin: parents.length === 0 ? 'imported' : 'edited', parents, state: 'trusted', author: 'bench' },
    ...{ reason: `Version ${n}`, evidence: null },
    createdAt: new Date(Date.UTC(2026, 8, 1) + n * 60_000).toISOString(),
    files: new Map([...files, ['SKILL.md', encodeText(`${named}\nCopy ${n}.\n`)]]),
  };
}

function copyOf(templates: readonly SkillFiles[], n: number): SkillHistory {
  const files = templates[n % templates.length] ?? new Map();
  return { versions: [versionOf(files, `copied-skill-${String(n).padStart(5, '0')}`, n, [])] };
}

function longHistory(files: SkillFiles): SkillHistory {
  const versions: HistoryVersion[] = [];
  for (let n = 0; n < LONG_LINEAGE; n += 1) {
    const before = versions.at(-1);
    versions.push(versionOf(files, 'long-lineage', n, before === undefined ? [] : [before.versionId]));
  }
  return { versions };
}

function record(home: string, n: number): void {
  const recorder = startRecording({
    ...{ home, task: `Recorded task ${n}`, model: 'bench/model', workspace: home, purpose: 'task' },
    redactor: createRedactor(),
  });
  recorder.write({ type: 'attempt-start', attempt: 1, skills: [] });
  for (let turn = 1; turn <= 10; turn += 1) addTurn(recorder, turn, 'a file\n'.repeat(50));
  recorder.close({ status: 'done', answer: 'Done.' });
}

async function startServer(userHome: string): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(
    process.execPath,
    [join(root, 'bin', 'openspace.js'), 'dashboard', '--json', '--port', '0'],
    {
      ...{
        cwd: userHome,
        env: { PATH: process.env.PATH, HOME: userHome },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    },
  );
  const url = await new Promise<string>((done, fail) => {
    let text = '';
    child.stdout?.on('data', (chunk) => {
      text += chunk;
      if (text.includes('\n')) done(JSON.parse(text).url);
    });
    child.once('exit', (code) => fail(new Error(`the dashboard ended with ${code}: ${text}`)));
  });
  return { child, url };
}

async function measure(size: number) {
  const userHome = mkdtempSync(join(tmpdir(), 'openspace-bench-'));
  const home = join(userHome, '.openspace');
  try {
    const began = performance.now();
    const { ids, long } = await makeHome(home, size);
    process.stderr.write(`${ids.length} skills made in ${Math.round(performance.now() - began)} ms\n`);
    const headers = { authorization: `Bearer ${ensureToken(home)}` };
    const { child, url } = await startServer(userHome);
    try {
      return await measureServer({ url, headers, ids, long });
    } finally {
      child.kill('SIGTERM');
      await new Promise((done) => child.once('exit', done));
    }
  } finally {
    rmSync(userHome, { recursive: true, force: true });
  }
}

interface Target {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly ids: readonly string[];
  readonly long: string;
}

async function measureServer({ url, headers, ids, long }: Target) {
  const random = randomNumbers(3);
  const someId = () => encodeURIComponent(ids[Math.floor(random() * ids.length)] ?? '');
  const runs = await fetchJson(`${url}/api/v2/runs?limit=200`, headers);
  const runIds: string[] = runs.items.map((run: { run_id: string }) => run.run_id);
  const someRun = () => encodeURIComponent(runIds[Math.floor(random() * runIds.length)] ?? '');
  const sorts = ['name', 'updated', 'uses', 'success', 'last-used'];
  const pages: Record<string, () => string> = {
    overview: () => `/api/v2/overview?days=${7 + Math.floor(random() * 83)}`,
    'skills, a page': () =>
      `/api/v2/skills?sort=${sorts[Math.floor(random() * 5)]}&limit=50&tag=tag-${Math.floor(random() * 40)}`,
    'skills, all': () => `/api/v2/skills?state=all&sort=${sorts[Math.floor(random() * 5)]}&limit=50`,
    'skills, search': () =>
      `/api/v2/skills?q=${encodeURIComponent(`${WORDS[Math.floor(random() * 7)]} ${Math.floor(random() * 99)}`)}`,
    skill: () => `/api/v2/skills/${someId()}`,
    lineage: () => `/api/v2/skills/${someId()}/lineage`,
    'lineage of 500': () => `/api/v2/skills/${long}/lineage`,
    'versions of 500': () => `/api/v2/skills/${long}/versions?limit=50`,
    diff: () => `/api/v2/skills/${long}/diff`,
    runs: () => '/api/v2/runs?limit=50',
    run: () => `/api/v2/runs/${someRun()}`,
    proposals: () => '/api/v2/proposals',
  };
  const client = new Client(url);
  const ask = async (one: Client, path: string) => {
    const start = performance.now();
    const { statusCode, body } = await one.request({ path, method: 'GET', headers });
    const bytes = (await body.arrayBuffer()).byteLength;
    if (statusCode !== 200) throw new Error(`${path} answered ${statusCode}`);
    return { tookMs: performance.now() - start, bytes };
  };
  const first = await ask(client, '/api/v2/overview');
  const routes: Record<string, Times & { bytes: number }> = {};
  for (const [name, path] of Object.entries(pages)) {
    const times: number[] = [];
    let bytes = 0;
    for (let n = 0; n < Number(flags.samples); n += 1) {
      const { tookMs, bytes: size } = await ask(client, path());
      times.push(tookMs);
      bytes = size;
    }
    routes[name] = { ...timesOf(times), bytes };
  }
  await client.close();
  const mix = ['overview', 'skills, a page', 'skills, all', 'skill', 'lineage', 'runs'];
  const load = await loadTest(url, (n) => pages[mix[n % mix.length] ?? '']?.() ?? '/', ask);
  return { skills: ids.length, firstMs: first.tookMs, routes, load };
}

/** Eight clients that each ask for the next page as soon as they have the last. */
async function loadTest(
  url: string,
  pathOf: (n: number) => string,
  ask: (client: Client, path: string) => Promise<{ tookMs: number }>,
) {
  const until = performance.now() + Number(flags.seconds) * 1000;
  const times: number[] = [];
  let asked = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      const client = new Client(url);
      while (performance.now() < until) {
        asked += 1;
        times.push((await ask(client, pathOf(asked))).tookMs);
      }
      await client.close();
    }),
  );
  const perSecond = times.length / ((performance.now() - began) / 1000);
  return { clients: CLIENTS, perSecond, ...timesOf(times) };
}

async function fetchJson(url: string, headers: Readonly<Record<string, string>>) {
  const { hostname, port, pathname, search } = new URL(url);
  const client = new Client(`http://${hostname}:${port}`);
  const { body } = await client.request({ path: pathname + search, method: 'GET', headers });
  const value = JSON.parse(await body.text());
  await client.close();
  return value;
}

const results = [];
for (const size of flags.sizes.split(',').map(Number)) results.push(await measure(size));
if (flags.json) console.log(JSON.stringify(results, null, 2));
else
  for (const { skills, firstMs, routes, load } of results) {
    console.log(`\n${skills} skills; the first overview took ${firstMs.toFixed(0)} ms`);
    for (const [name, { medianMs, p95Ms, bytes }] of Object.entries(routes))
      console.log(
        `  ${name.padEnd(18)} median ${medianMs.toFixed(1)} ms, p95 ${p95Ms.toFixed(1)} ms, ${Math.round(bytes / 1000)} kB`,
      );
    console.log(
      `  ${load.clients} clients: ${load.perSecond.toFixed(0)} requests/s, p95 ${load.p95Ms.toFixed(1)} ms`,
    );
  }
