// `npm run bench:hub`: a hub with 10,000 skills and 100,000 versions on PostgreSQL, load generator on the same machine.
// Prints search latency and throughput, publications per second, and the size of `openspace` without the hub.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { SEARCH_VECTOR, searchTexts } from '../../hub-server/src/domain/search-text.ts';
import { migrate } from '../../hub-server/src/store/migrate.ts';
import { type Database, openPostgres } from '../../hub-server/src/store/sql.ts';
import { startPostgres } from '../../hub-server/test/databases.ts';
import { createHubClient, HubError, hashOfFiles, publishSkill } from '../../src/hub/index.ts';
import { sha256 } from '../../src/lib/index.ts';

const SKILLS = Number(process.env.SKILLS ?? 10_000);
const VERSIONS_EACH = 10;
const root = fileURLToPath(new URL('../..', import.meta.url));

/** The same numbers on every run. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}
const random = createRandom(7);

const STEMS =
  'extract convert check deploy review test format parse render merge split clean report plan track index search upload rotate encrypt compress publish archive monitor'.split(
    ' ',
  );
const THINGS =
  'pdf table invoice image video log schema database query report email calendar ticket branch release container cluster secret token chart slide spreadsheet contract audit'.split(
    ' ',
  );
/** Words with the frequencies of language: a few in nearly every text, most of them rare. */
const WORDS = [
  ...STEMS,
  ...THINGS,
  ...Array.from({ length: 6_000 }, (_, at) => `w${sha256(String(at)).slice(0, 6)}`),
];
const word = () => WORDS[Math.min(WORDS.length - 1, Math.floor(WORDS.length ** random()) - 1)] ?? 'skill';
const words = (count: number) => Array.from({ length: count }, word).join(' ');
const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)] ?? '';

async function seed(db: Database): Promise<void> {
  const group = await db.first(
    z.object({ id: z.int(), account: z.int() }),
    "SELECT g.id, a.id AS account FROM owners g, owners a WHERE g.kind = 'group' AND a.kind = 'account'",
  );
  if (group === undefined) throw new Error('the hub has no first account');
  for (let from = 0; from < SKILLS; from += 500) {
    const skills = Array.from({ length: Math.min(500, SKILLS - from) }, (_, at) => {
      const name = `${pick(STEMS)}-${pick(THINGS)}-${from + at}`;
      const description = `${words(12)}`;
      return {
        skill_id: `hsk_${from + at}`,
        name,
        description,
        texts: searchTexts({ name, tags: [pick(THINGS)], description, body: words(300) }),
      };
    });
    await db.transaction(async (sql) => {
      await sql.run(
        `INSERT INTO skills (skill_id, owner_id, name, visibility, search)
         SELECT x.skill_id, $2, x.name, 'group_only', ${SEARCH_VECTOR(3).replaceAll(/\$(\d)/g, (_, n) => `x.t${Number(n) - 3}`)}
         FROM json_to_recordset($1::json) AS x (skill_id text, name text, t0 text, t1 text, t2 text, t3 text)`,
        [
          JSON.stringify(
            skills.map(({ texts, ...skill }) => ({
              ...skill,
              t0: texts[0],
              t1: texts[1],
              t2: texts[2],
              t3: texts[3],
            })),
          ),
          group.id,
        ],
      );
      await sql.run(
        `INSERT INTO versions (record_id, skill_id, owner_id, account_id, number, name, description, tags, visibility, origin, level, files_hash, archive_hash, size_bytes, file_count, status)
         SELECT s.name || '__clo_' || n, s.id, $2, $3, n, s.name, x.description, '{}', 'group_only', 'imported', 'workflow', md5(s.id || '-' || n) || md5(n::text), md5('a') || md5('b'), 2000, 3, 'active'
         FROM json_to_recordset($1::json) AS x (skill_id text, description text) JOIN skills s ON s.skill_id = x.skill_id, generate_series(1, ${VERSIONS_EACH}) n`,
        [JSON.stringify(skills), group.id, group.account],
      );
    });
  }
  await db.run(
    `UPDATE skills s SET head_id = v.id FROM versions v WHERE v.skill_id = s.id AND v.number = ${VERSIONS_EACH}`,
  );
  await db.run(
    `INSERT INTO parents (version_id, position, parent_id) SELECT v.id, 0, p.id FROM versions v JOIN versions p ON p.skill_id = v.skill_id AND p.number = v.number - 1`,
  );
  await db.script('VACUUM ANALYZE');
}

async function startHub(
  database: string,
  folder: string,
): Promise<{ child: ChildProcess; url: string; key: string | undefined }> {
  const args = [
    'hub-server/bin/openspace-hub.js',
    'serve',
    '--events',
    '--port',
    '0',
    '--rate',
    '100000',
    '--database',
    database,
    '--data',
    folder,
  ];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  if (child.stdout === null) throw new Error('no stdout');
  for await (const line of createInterface({ input: child.stdout }))
    return {
      child,
      ...z.object({ url: z.string(), key: z.string().optional() }).parse(JSON.parse(line)),
      key: z.object({ key: z.string().optional() }).parse(JSON.parse(line)).key,
    };
  throw new Error('the hub did not start');
}

/** CPU seconds that this hub and its database connections have used so far (Linux only). */
function cpuSeconds(hubPid: number): { hub: number; database: number; generator: number } {
  const own = process.cpuUsage();
  const used = { hub: 0, database: 0, generator: (own.user + own.system) / 1e6 };
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const isDatabase = readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('postgres: hub hub_1 ');
      if (!isDatabase && Number(pid) !== hubPid) continue;
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      used[isDatabase ? 'database' : 'hub'] += (Number(fields[11]) + Number(fields[12])) / 100;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error; // the process has ended meanwhile
    }
  }
  return used;
}

const percentile = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
const round = (ms: number) => ms.toFixed(1);

/** Requests at a steady rate, whatever the answers take: their times include waiting in line. */
async function steady(
  perSecond: number,
  seconds: number,
  request: (n: number) => Promise<void>,
): Promise<number[]> {
  const times: number[] = [];
  const running: Promise<void>[] = [];
  const begin = performance.now();
  for (let n = 0; n < perSecond * seconds; n += 1) {
    const due = begin + (n * 1000) / perSecond;
    const wait = due - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    running.push(request(n).then(() => void times.push(performance.now() - due)));
  }
  await Promise.all(running);
  return times.sort((a, b) => a - b);
}

async function flatOut(
  clients: number,
  count: number,
  request: (n: number) => Promise<void>,
): Promise<number> {
  let next = 0;
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (next < count) {
        next += 1;
        await request(next);
      }
    }),
  );
  return (count * 1000) / (performance.now() - begin);
}

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).reduce(
    (sum, entry) => (entry.isFile() ? sum + statSync(join(entry.parentPath, entry.name)).size : sum),
    0,
  );
}

function installSize(): number {
  const folder = mkdtempSync(join(tmpdir(), 'openspace-size-'));
  try {
    for (const name of ['package.json', 'package-lock.json'])
      copyFileSync(join(root, name), join(folder, name));
    execFileSync('npm', ['ci', '--omit=dev', '--ignore-scripts', '--prefer-offline', '--silent'], {
      cwd: folder,
    });
    return sizeOf(folder) + sizeOf(join(root, 'src'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const folder = mkdtempSync(join(tmpdir(), 'openspace-bench-hub-'));
const server = await startPostgres({ durable: true });
const children: ChildProcess[] = [];
try {
  const database = await server.create();
  const hub = await startHub(database, folder);
  children.push(hub.child);
  const db = await openPostgres(database, 2);
  await migrate(db);
  await seed(db);
  await db.close();
  const client = createHubClient({
    baseUrl: hub.url,
    apiKey: hub.key,
    signal: new AbortController().signal,
    timeoutMs: 120_000,
  });
  const queries = Array.from({ length: 400 }, () =>
    random() < 0.5 ? `${pick(STEMS)} ${pick(THINGS)}` : `${word()} ${word()} ${word()}`,
  );
  let found = 0;
  const search = async (n: number) => {
    const hits = await client.call('search', {
      body: { query: queries[n % queries.length] ?? '', limit: 20 },
    });
    found += hits.length;
  };
  await flatOut(4, 200, search); // warm
  console.log(
    `${availableParallelism()} cores (${cpus()[0]?.model}), load before ${loadavg()[0]?.toFixed(1)}, Node ${process.version}, PostgreSQL, ${SKILLS} skills, ${SKILLS * VERSIONS_EACH} versions`,
  );
  const flatOutWithCpu = async (clients: number, count: number, request: (n: number) => Promise<void>) => {
    const before = cpuSeconds(hub.child.pid ?? 0);
    const perSecond = await flatOut(clients, count, request);
    const after = cpuSeconds(hub.child.pid ?? 0);
    const cpu = (part: 'hub' | 'database' | 'generator') => ((after[part] - before[part]) * 1000) / count;
    const all = cpu('hub') + cpu('database') + cpu('generator');
    const parts = `hub ${round(cpu('hub'))} ms, database ${round(cpu('database'))} ms, generator ${round(cpu('generator'))} ms`;
    return { perSecond, cpu: `CPU for each: ${parts}: two idle cores carry ${(2_000 / all).toFixed(0)}/s` };
  };
  const flat = await flatOutWithCpu(8, 2_000, search);
  console.log(
    `search flat out, 8 clients: ${flat.perSecond.toFixed(0)} requests/s (${(found / 2_200).toFixed(1)} hits each). ${flat.cpu}`,
  );
  let refused = 0;
  const times = await steady(200, 10, (n) =>
    search(n).catch((error: unknown) => {
      if (!(error instanceof HubError)) throw error;
      refused += 1;
    }),
  );
  console.log(
    `search at 200 requests/s: p50 ${round(percentile(times, 0.5))} ms, p95 ${round(percentile(times, 0.95))} ms, p99 ${round(percentile(times, 0.99))} ms, ${refused} of ${times.length} refused`,
  );
  const publish = async (n: number) => {
    const text = `---\nname: bench-${n}\ndescription: ${words(8)}\n---\n${words(200)}\n`;
    const files = new Map([
      ['SKILL.md', new TextEncoder().encode(text)],
      ['scripts/run.sh', new TextEncoder().encode(`echo ${hashOfFiles(new Map())} ${n}`)],
    ]);
    await publishSkill(client, { files, fallbackName: 'x', visibility: 'group_only', group: 'team' });
  };
  const publishing = await flatOutWithCpu(8, 300, publish);
  console.log(
    `publish, 8 clients: ${publishing.perSecond.toFixed(1)} publications/s (two requests each, archive and rows flushed to disk). ${publishing.cpu}`,
  );
  console.log(`openspace without the hub: ${(installSize() / 1e6).toFixed(0)} MB installed`);
} finally {
  for (const child of children) child.kill('SIGKILL');
  server.stop();
  rmSync(folder, { recursive: true, force: true });
}
