// The process that does one task of an MCP client. It outlives the server that started it, so a host that gives up loses nothing.
import { join } from 'node:path';
import { learningWorker, openOpenSpace, type RunReport } from '../../engine/index.ts';
import { makeFolder, OpenSpaceError, toMessage } from '../../lib/index.ts';
import { runsFolder } from '../../recording/index.ts';
import { configFor } from './task-config.ts';
import {
  isAskedToStop,
  markStarted,
  readRequest,
  type TaskEnd,
  type TaskRequest,
  writeEnd,
} from './task-files.ts';

/** How often the process looks whether it should stop, in ms. */
const STOP_POLL_MS = 200;

const [home, taskId] = process.argv.slice(2);
if (home !== undefined && taskId !== undefined) await doTask(home, taskId);

/** Does the task and writes how it ended, whatever happens. */
async function doTask(dataHome: string, id: string): Promise<void> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  markStarted(dataHome, id);
  const poll = setInterval(() => {
    if (isAskedToStop(dataHome, id)) stop.abort();
  }, STOP_POLL_MS);
  try {
    writeEnd(dataHome, id, await endOf(dataHome, readRequest(dataHome, id), stop.signal));
  } catch (error) {
    writeEnd(dataHome, id, failedEnd(error));
  } finally {
    clearInterval(poll);
  }
}

async function endOf(dataHome: string, request: TaskRequest, signal: AbortSignal): Promise<TaskEnd> {
  if (request.fix === undefined) return toEnd(await runTask(dataHome, request, signal));
  const { fixSkillTask } = await import('./task-fix.ts');
  return fixSkillTask(request, request.fix, signal);
}

async function runTask(dataHome: string, request: TaskRequest, signal: AbortSignal): Promise<RunReport> {
  const config = configFor(request);
  await using openSpace = await openOpenSpace({
    config,
    startLearningWorker: learningWorker(config, request.config_file),
  });
  const workspace = request.workspace ?? join(runsFolder(dataHome), request.task_id, 'workspace');
  if (request.workspace === undefined) makeFolder(workspace, 0o700);
  const run = openSpace.run({
    runId: request.task_id,
    task: request.task,
    workspace,
    maxTurns: request.max_turns,
    signal,
  });
  for await (const _event of run.events); // the recording has them; here they are only let through
  return run.report;
}

function toEnd(report: RunReport): TaskEnd {
  return {
    status: report.status === 'running' ? 'incomplete' : report.status,
    answer: report.answer,
    turns: report.turns,
    skills: [...report.skills],
    workspace: report.workspace,
    learning: report.learning,
    took_ms: report.tookMs,
    ...(report.error === undefined ? {} : { error: report.error }),
  };
}

function failedEnd(error: unknown): TaskEnd {
  const known = error instanceof OpenSpaceError ? error : undefined;
  return {
    status: known?.code === 'cancelled' ? 'cancelled' : 'error',
    answer: '',
    turns: 0,
    skills: [],
    workspace: '',
    learning: 'off',
    took_ms: 0,
    error: {
      code: known?.code ?? 'internal',
      message: toMessage(error),
      ...(known?.hint === undefined ? {} : { hint: known.hint }),
    },
  };
}
