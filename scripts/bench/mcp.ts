// `npm run bench:mcp`: how long a host waits for the MCP server, as ratios to a bare `node -e 0` in the same run.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { originalData } from './data.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const data = originalData();
const home = mkdtempSync(join(tmpdir(), 'openspace-bench-'));
const env = { PATH: process.env.PATH, HOME: home };
/** Laid out as the package is, where it is built (npm run build): that is what users start. Else the sources. */
const isBuilt = existsSync(join(root, 'dist', 'cli', 'main.js')) && !process.argv.includes('--sources');
const server = join(isBuilt ? layOutPackage() : root, 'bin', 'openspace-mcp.js');
const RUNS = Number(process.env.RUNS ?? 11);
const LIMITS = { list: 5, search: 8 };

const initialize = {
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'bench', version: '1' } },
};
const list = { id: 2, method: 'tools/list' };
const search = {
  id: 2,
  method: 'tools/call',
  params: {
    name: 'search_skills',
    arguments: { query: 'make a pdf report from a spreadsheet', source: 'local' },
  },
};

function layOutPackage(): string {
  const folder = join(home, 'package');
  for (const name of ['bin', 'dist', 'package.json'])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** Skill folders of the original's library, or made ones where its data is not there. */
function fillLibrary(): number {
  const skills = join(home, '.openspace', 'skills');
  mkdirSync(skills, { recursive: true });
  const found = existsSync(data) ? readdirSync(data, { recursive: true, encoding: 'utf8' }) : [];
  const folders = found.filter((path) => path.endsWith('SKILL.md')).map((path) => dirname(join(data, path)));
  for (const [index, folder] of folders.slice(0, 203).entries())
    cpSync(folder, join(skills, `skill-${index}`), { recursive: true });
  return Math.min(203, folders.length);
}

function bare(): number {
  const started = performance.now();
  spawnSync(process.execPath, ['-e', '0'], { env, stdio: 'ignore' });
  return performance.now() - started;
}

/** Milliseconds from the start of a server to its answer with id 2. */
function answerTime(question: object): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, [server], { env, cwd: home, stdio: ['pipe', 'pipe', 'ignore'] });
  for (const message of [initialize, { method: 'notifications/initialized' }, question])
    child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  let text = '';
  return new Promise((done, fail) => {
    let tookMs: number | undefined;
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (tookMs !== undefined || !/"id":2[,}]/.test(text)) return;
      tookMs = performance.now() - started;
      child.stdin.end();
    });
    child.once('exit', () => (tookMs === undefined ? fail(new Error(`no answer: ${text}`)) : done(tookMs)));
  });
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const skills = fillLibrary();
const samples = { bare: [] as number[], list: [] as number[], search: [] as number[] };
// In turn, so that a machine that gets slower or faster changes all of them alike.
for (let run = -1; run < RUNS; run += 1) {
  const took = { bare: bare(), list: await answerTime(list), search: await answerTime(search) };
  if (run < 0) continue; // the first round fills the compile cache and the index
  samples.bare.push(took.bare);
  samples.list.push(took.list);
  samples.search.push(took.search);
}
rmSync(home, { recursive: true, force: true });

const base = median(samples.bare);
const rows = (['list', 'search'] as const).map((name) => {
  const ms = median(samples[name]);
  return { name, median_ms: Math.round(ms), ratio: Number((ms / base).toFixed(2)), limit: LIMITS[name] };
});
if (process.argv.includes('--json'))
  console.log(
    JSON.stringify({ built: isBuilt, bare_ms: Math.round(base), skills, runs: RUNS, rows }, null, 2),
  );
else {
  console.log(
    `${isBuilt ? 'Built' : 'Sources'}; node -e 0: ${Math.round(base)} ms; ${skills} skills; medians of ${RUNS}`,
  );
  for (const { name, median_ms, ratio, limit } of rows)
    console.log(
      `${name === 'list' ? 'initialize + tools/list' : 'search_skills'}: ${median_ms} ms, ${ratio}× (at most ${limit}×)`,
    );
}
process.exitCode = rows.some(({ ratio, limit }) => ratio > limit) ? 1 : 0;
