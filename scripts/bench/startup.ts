// `npm run bench:startup`: how long commands take to start, as ratios to a bare `node -e 0` in the same run.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const bin = join(root, 'bin', 'openspace.js');
const home = mkdtempSync(join(tmpdir(), 'openspace-bench-'));
const RUNS = Number(process.env.RUNS ?? 15);

/** Commands with the most that each may take, in times of a bare start. */
const COMMANDS: readonly {
  readonly name: string;
  readonly args: readonly string[];
  readonly limit: number | undefined;
}[] = [
  { name: 'node -e 0', args: ['-e', '0'], limit: undefined },
  { name: 'openspace --help', args: [bin, '--help'], limit: 2.5 },
  { name: 'openspace runs list', args: [bin, 'runs', 'list'], limit: 4 },
];

function time(args: readonly string[]): number {
  const started = performance.now();
  const done = spawnSync(process.execPath, args, {
    env: { PATH: process.env.PATH, HOME: home },
    stdio: 'ignore',
  });
  if (done.status !== 0) throw new Error(`${args.join(' ')} ended with ${done.status}`);
  return performance.now() - started;
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

// In turn, so that a machine that gets slower or faster changes all of them alike.
const samples = COMMANDS.map(() => [] as number[]);
for (let run = -1; run < RUNS; run += 1) {
  for (const [index, { args }] of COMMANDS.entries()) {
    const took = time(args);
    if (run >= 0) samples[index]?.push(took); // the first round fills the compile cache
  }
}
rmSync(home, { recursive: true, force: true });

const bare = median(samples[0] ?? []);
const rows = COMMANDS.map(({ name, limit }, index) => {
  const ms = median(samples[index] ?? []);
  return { name, median_ms: Math.round(ms), ratio: Number((ms / bare).toFixed(2)), limit: limit ?? null };
});
if (process.argv.includes('--json')) console.log(JSON.stringify(rows, null, 2));
else
  for (const row of rows)
    console.log(
      `${row.name.padEnd(22)} ${String(row.median_ms).padStart(5)} ms  ${row.ratio.toFixed(2)}×${row.limit === null ? '' : `  (at most ${row.limit}×)`}`,
    );
process.exitCode = rows.some((row) => row.limit !== null && row.ratio > row.limit) ? 1 : 0;
