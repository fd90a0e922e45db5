// How much the policy and the sandbox add to a warm `shell true`. `npm run bench:tools [-- --json]`; exit 1 above the bar.
import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ToolContext } from '../../src/agent/index.ts';
import { plainSpawner, type Spawner } from '../../src/lib/index.ts';
import { guardFor, loadPolicy, openSandbox, shellTools } from '../../src/tools/index.ts';
import { openWorkspace } from '../../src/workspace/index.ts';

/** What policy and sandbox may add to one command, in ms. */
const BAR_MS = 30;
/** What opening a snapshot of the large project may take, in ms. */
const SNAPSHOT_BAR_MS = 1_000;
const ROUNDS = 40;

const root = mkdtempSync(join(tmpdir(), 'openspace-bench-'));
const userHome = join(root, 'home');
const project = join(userHome, 'project');
mkdirSync(project, { recursive: true });
fillProject(project);
const dataHome = join(userHome, '.openspace');
const path = process.env.PATH ?? '';

/** What a snapshot has to cope with: 10,000 files, and one of 5 GB (sparse). */
function fillProject(folder: string): void {
  for (let index = 0; index < 10_000; index += 1) {
    if (index < 100) mkdirSync(join(folder, `d${index}`));
    writeFileSync(join(folder, `d${index % 100}`, `f${index}`), `file ${index}\n`);
  }
  const huge = openSync(join(folder, 'huge.bin'), 'w');
  ftruncateSync(huge, 5 * 1024 ** 3);
  closeSync(huge);
}

async function timed<T>(body: () => Promise<T>): Promise<[T, number]> {
  const start = performance.now();
  const value = await body();
  return [value, performance.now() - start];
}
const median = (numbers: readonly number[]) =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
/** What a round takes when nothing else disturbs it: other programs only ever add. */
const undisturbed = (numbers: readonly number[]) =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 10)] ?? 0;
const round = (ms: number) => Math.round(ms * 10) / 10;

const [workspace, snapshotMs] = await timed(() => openWorkspace({ path: project, dataHome, runId: 'bench' }));
const { view } = workspace;
const [sandbox, sandboxMs] = await timed(() => openSandbox({ view, userHome, dataHome, path }));
const guard = guardFor(loadPolicy([], 'auto', { sandbox: sandbox.report, view, userHome, dataHome }));

/** A tool call as the agent makes it, with or without guard. */
function caller(spawner: Spawner, isGuarded: boolean) {
  const { tools, close } = shellTools({ env: { PATH: path, HOME: userHome }, view });
  const [tool] = tools;
  if (tool === undefined) throw new Error('no shell tool');
  const context: ToolContext = {
    signal: new AbortController().signal,
    workspace: isGuarded ? view.root : project,
    progress: () => undefined,
    ask: async () => false,
    spawner,
  };
  const args = { command: 'true' };
  return {
    close,
    async call() {
      if (isGuarded) {
        const verdict = await guard(tool, { id: '1', name: tool.name, args }, context);
        if (!verdict.allowed) throw new Error(verdict.reason);
      }
      const result = await tool.run(args, context);
      if (result.isError) throw new Error(JSON.stringify(result.parts));
    },
  };
}

const plain = caller(plainSpawner, false);
const safe = caller(sandbox.spawner, true);
const times: { plain: number[]; safe: number[] } = { plain: [], safe: [] };
try {
  for (let index = -5; index < ROUNDS; index += 1) {
    // Side by side, so that both see the same load of the machine.
    const [, plainMs] = await timed(plain.call);
    const [, safeMs] = await timed(safe.call);
    if (index < 0) continue; // warm-up
    times.plain.push(plainMs);
    times.safe.push(safeMs);
  }
} finally {
  await plain.close();
  await safe.close();
  await sandbox.close();
  await workspace.close();
  rmSync(root, { recursive: true, force: true });
}
const added = undisturbed(times.safe) - undisturbed(times.plain);
const report = {
  shell_true_plain_ms: round(undisturbed(times.plain)),
  shell_true_safe_ms: round(undisturbed(times.safe)),
  median_plain_ms: round(median(times.plain)),
  median_safe_ms: round(median(times.safe)),
  added_ms: round(added),
  bar_ms: BAR_MS,
  start_up_ms: { snapshot: round(snapshotMs), sandbox: round(sandboxMs) },
  sandbox: sandbox.report.kind,
  workspace: workspace.kind,
  snapshot_bar_ms: SNAPSHOT_BAR_MS,
  passed: added <= BAR_MS && snapshotMs <= SNAPSHOT_BAR_MS,
};
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(report)}\n`);
else {
  process.stdout.write(
    `shell true, warm: ${report.shell_true_plain_ms} ms plain, ${report.shell_true_safe_ms} ms with policy and sandbox (median ${report.median_plain_ms} and ${report.median_safe_ms} ms)\n`,
  );
  process.stdout.write(
    `added: ${report.added_ms} ms (bar ${BAR_MS} ms) ${report.passed ? 'passed' : 'FAILED'}\n`,
  );
  process.stdout.write(
    `start-up apart: snapshot of 10,000 files and 5 GB ${report.start_up_ms.snapshot} ms (bar ${SNAPSHOT_BAR_MS} ms), sandbox ${report.start_up_ms.sandbox} ms\n`,
  );
}
process.exitCode = report.passed ? 0 : 1;
