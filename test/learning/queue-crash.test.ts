// Three processes work one queue off while one of them is killed every few seconds: nothing is lost, nothing done twice.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { noteRun } from '../../src/learning/index.ts';
import { createRedactor, realWorld } from '../../src/lib/index.ts';
import { openRecording, startRecording } from '../../src/recording/index.ts';
import { longRun } from '../support/needs.ts';
import { LESSONS, lessonOf, makeAnalyst } from '../support/queue-analyst.ts';

const RUNS = longRun ? 1_000 : 100;
/** A process is killed each time so many more runs are analysed. */
const KILL_EACH = longRun ? 25 : 20;
const home = mkdtempSync(join(tmpdir(), 'openspace-queue-'));
const path = join(home, 'openspace.db');
afterAll(() => rmSync(home, { recursive: true, force: true }));

function recordRun(number: number) {
  const { task, quote } = lessonOf(number);
  const recorder = startRecording({
    ...{ home, task, model: 'scripted/chat', workspace: '/w', purpose: 'task' },
    ...{ redactor: createRedactor(), world: realWorld },
  });
  const call = { id: 'c', name: 'run_shell', args: { command: 'read' } };
  recorder.write({ type: 'attempt-start', attempt: 1, skills: [] });
  recorder.write({ type: 'tool-start', attempt: 1, turn: 1, call, source: 'shell' });
  recorder.write({
    ...{ type: 'tool-end', attempt: 1, turn: 1, call, source: 'shell', tookMs: 1 },
    result: { parts: [{ type: 'text', text: quote }], isError: true },
  });
  recorder.close({ status: 'done', answer: 'done' });
  return openRecording(recorder.folder);
}

const workerFile = join(import.meta.dirname, '..', 'support', 'queue-worker.ts');
const startWorker = () =>
  spawn(process.execPath, [workerFile, path, home], { stdio: ['ignore', 'pipe', 'inherit'] });

const hasEnded = (worker: ChildProcess) => worker.exitCode !== null || worker.signalCode !== null;

/** Kills one worker after another while they get on, and starts a new one for each; ends when one has found nothing left. */
async function workOff(done: () => number): Promise<number> {
  const workers = [startWorker(), startWorker(), startWorker()];
  let killed = 0;
  while (!workers.some((worker) => worker.exitCode === 0)) {
    await sleep(50);
    const victim = workers[killed % workers.length];
    if (victim === undefined || hasEnded(victim) || done() < (killed + 1) * KILL_EACH) continue;
    victim.kill('SIGKILL');
    workers[killed % workers.length] = startWorker();
    killed += 1;
  }
  for (const worker of workers) worker.kill('SIGTERM');
  await Promise.all(
    workers.map((worker) => hasEnded(worker) || new Promise((ended) => worker.once('exit', ended))),
  );
  return killed;
}

describe('a queue that three processes share', () => {
  it(
    `analyses ${RUNS} runs exactly once each, although a process is killed again and again`,
    async () => {
      const { deps, close } = makeAnalyst(path, home);
      for (let number = 0; number < RUNS; number += 1) expect(noteRun(deps, recordRun(number))).toBe(true);
      const count = (sql: string) => Number(deps.db.get<{ n: number }>(sql)?.n);
      const killed = await workOff(() => count('SELECT count(*) AS n FROM learn_analyses'));
      expect(killed).toBeGreaterThanOrEqual(Math.floor(RUNS / KILL_EACH) - 1);
      expect(count("SELECT count(*) AS n FROM learn_jobs WHERE kind = 'analyze' AND status = 'done'")).toBe(
        RUNS,
      );
      expect(count('SELECT count(*) AS n FROM learn_analyses')).toBe(RUNS);
      expect(count('SELECT count(*) AS n FROM learn_suggestions')).toBe(RUNS);
      // Each lesson is one change and one skill, however many runs taught it.
      const changes = deps.store.changes();
      expect(changes.map(({ state }) => state)).toEqual(Array(LESSONS).fill('committed'));
      const skills = deps.library.list({ include: ['unready'] }).skills;
      expect(skills.map(({ name }) => name)).toHaveLength(LESSONS);
      for (const { skillId } of skills) expect(deps.library.versions(skillId)).toHaveLength(1);
      // No lock is left: nothing is running, nothing waits.
      expect(deps.queue.status()).toMatchObject({ pending: 0, running: 0, failed: 0 });
      expect(count('SELECT count(*) AS n FROM learn_jobs WHERE lease IS NOT NULL')).toBe(0);
      expect(deps.queue.claim()).toEqual({ status: 'empty' });
      close();
    },
    longRun ? 600_000 : 120_000,
  );
});
