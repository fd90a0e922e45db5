// Runs tasks of the world through the real engine: real shell, real recording, a folder of its own for each task.
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Model } from '../../src/agent/index.ts';
import { loadConfig } from '../../src/config/index.ts';
import { openModels } from '../../src/engine/models.ts';
import { createReplayRunner } from '../../src/engine/replay-runner.ts';
import { type OpenSpace, openOpenSpace } from '../../src/index.ts';
import { type GateDeps, keepChecks, openCaseShelf } from '../../src/learning/index.ts';
import { createRedactor, plainSpawner, realWorld } from '../../src/lib/index.ts';
import { type Check, layOut, type WorldTask } from './task.ts';

/** What a task came to. */
export interface TaskResult {
  readonly task: string;
  readonly family: string;
  readonly situation: string;
  readonly runId: string;
  /** All checks held. */
  readonly passed: boolean;
  readonly turns: number;
  /** Of all model calls, the choice of skills included. */
  readonly tokens: number;
  readonly costUsd: number;
  readonly skills: readonly string[];
}

/** A model that says what it has used so far. */
export interface MeteredModel extends Model {
  spent(): { readonly tokens: number; readonly costUsd: number };
}

export interface RunOptions {
  readonly useSkills?: boolean;
  /** Keeps the start of the run for replay: with the task's own checks, or without any. */
  readonly keep?: 'with-checks' | 'without-checks';
}

/** An OpenSpace in a throw-away home. */
export interface WorldHome {
  readonly openSpace: OpenSpace;
  readonly home: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where trusted skills are shown for other programs. */
  readonly hostFolder: string;
  run(task: WorldTask, options?: RunOptions): Promise<TaskResult>;
  /** What the gate works with in this home. */
  gateDeps(options?: { readonly sandbox?: 'required' | 'off' }): GateDeps;
  close(): Promise<void>;
}

/** Most turns of a task. */
const MAX_TURNS = 14;

export async function openWorldHome(
  model: MeteredModel,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<WorldHome> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'openspace-world-')));
  const cwd = join(root, 'cwd');
  mkdirSync(cwd);
  const home = join(root, 'home');
  const env = { PATH: process.env.PATH, HOME: root, OPENSPACE_HOME: home, LC_ALL: 'C' };
  // Unsafe: no sandbox and no questions. What runs here are the commands of our own families.
  const all = { mode: 'unsafe', ...settings };
  const openSpace = await openOpenSpace({ cwd, env, model, settings: all });
  let count = 0;
  return {
    openSpace,
    home,
    cwd,
    env,
    hostFolder: join(home, 'skills'),
    async run(task, { useSkills = true, keep } = {}) {
      count += 1;
      const workspace = join(root, `task-${count}`);
      mkdirSync(workspace);
      layOut(task, workspace);
      const before = model.spent();
      const run = openSpace.run({ task: task.text, workspace, useSkills, maxTurns: MAX_TURNS });
      if (keep !== undefined) {
        // The engine keeps the start by itself; a program that knows its checks adds them.
        if (keep === 'with-checks')
          keepChecks(
            home,
            run.runId,
            task.checks.map((check) => ({ ...check, origin: 'task' })),
          );
      }
      const report = await run.report;
      const after = model.spent();
      const passed = await holdsAll(task.checks, workspace);
      rmSync(workspace, { recursive: true, force: true });
      return {
        task: task.id,
        family: task.family,
        situation: task.situation,
        runId: report.runId,
        passed,
        turns: report.turns,
        tokens: after.tokens - before.tokens,
        costUsd: after.costUsd - before.costUsd,
        skills: report.skills,
      };
    },
    gateDeps({ sandbox = 'off' } = {}) {
      const config = loadConfig({ env, cwd, userHome: root });
      const redactor = createRedactor();
      const runner = createReplayRunner({
        ...{ config, redactor, sandbox, world: realWorld, maxTurns: MAX_TURNS },
        models: openModels({ config, redactor, model }),
        shell: { env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' } },
      });
      return {
        runner,
        library: openSpace.library(),
        model: () => model,
        cases: openCaseShelf(home),
        signal: new AbortController().signal,
      };
    },
    async close() {
      await openSpace.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Runs checks in a folder. */
export async function holdsAll(checks: readonly Check[], folder: string): Promise<boolean> {
  for (const { command } of checks) {
    const result = await plainSpawner.run({
      command: 'sh',
      args: ['-c', command],
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
      timeoutMs: 10_000,
      signal: new AbortController().signal,
    });
    if (result.exitCode !== 0) return false;
  }
  return true;
}
