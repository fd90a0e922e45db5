// The routes of runs: list, one run, its timeline and live events, artifacts, start and cancel.
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { findImportedRun } from '../../learning/index.ts';
import { errnoOf, OpenSpaceError } from '../../lib/index.ts';
import { type EventLine, readArtifact, readLines, tailLines } from '../../recording/index.ts';
import { artifactResponse } from './artifact.ts';
import type { ApiContext, HandlersOf } from './context.ts';
import type { ResponseOf } from './contract.ts';
import { importedRun, showRun, waitingRun } from './run-detail.ts';
import { type ServerEvent, streamEvents } from './sse.ts';
import { eventToJson } from './to-json.ts';

type RunRoutes = 'runs' | 'startRun' | 'run' | 'runTimeline' | 'runEvents' | 'runArtifact' | 'cancelRun';

export function runHandlers(api: ApiContext): HandlersOf<RunRoutes> {
  return {
    runs: ({ query }) => api.runs.page(query),
    startRun({ body }) {
      api.openSpace.checkModel();
      if (body.workspace !== undefined && !existsSync(body.workspace))
        throw new OpenSpaceError('invalid', `There is no folder ${body.workspace}.`);
      const { task, workspace, max_turns: maxTurns } = body;
      return { run_id: api.tasks.start({ task, workspace, maxTurns }) };
    },
    run: ({ id }) => findRun(api, id),
    runTimeline({ id, query: { from, limit } }) {
      const folder = api.runs.folder(id);
      if (folder === undefined) {
        findRun(api, id); // an imported or waiting one has no events; any other is not there
        return { events: [], next: null };
      }
      const lines = readLines(folder, from, limit + 1);
      const last = lines.at(-1);
      const isMore = lines.length > limit && last !== undefined;
      return { events: eventsOf(lines.slice(0, limit)), next: isMore ? last.event.seq : null };
    },
    runEvents({ id, query, lastEventId, signal }) {
      findRun(api, id);
      const from = lastEventId === undefined ? query.from : lastEventId + 1;
      return streamEvents((until) => follow(api, id, from, until), signal);
    },
    runArtifact({ id, query: { file } }) {
      const folder = api.runs.folder(id);
      const bytes = folder === undefined ? undefined : readArtifact(folder, file);
      if (bytes === undefined)
        throw new OpenSpaceError('not-found', `The run ${id} has no artifact ${file}.`);
      return artifactResponse(file, bytes);
    },
    cancelRun({ id }) {
      const run = findRun(api, id);
      if (run.status !== 'running') return { run_id: id, state: 'over' };
      api.tasks.stop(id, api.runs.folder(id));
      return { run_id: id, state: 'asked' };
    },
  };
}

/** A recording, a task that has none yet, or an imported run. Throws `not-found`. */
function findRun(api: ApiContext, id: string): ResponseOf<'run'> {
  const item = api.runs.find(id);
  const folder = api.runs.folder(id);
  if (item !== undefined && folder !== undefined) return showRun(api, item, folder);
  const task = api.tasks.find(id);
  if (task !== undefined) return waitingRun(id, task);
  const past = findImportedRun(api.learning.db, id);
  if (past !== undefined) return importedRun(api, past);
  throw new OpenSpaceError('not-found', `There is no run "${id.slice(0, 100)}".`);
}

const eventsOf = (lines: readonly EventLine[]) =>
  lines.map(eventToJson).filter((event) => event !== undefined);

/** How often it is looked whether a task's recording has begun, in ms. */
const WAIT_MS = 150;

async function* follow(
  api: ApiContext,
  id: string,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  let folder = api.runs.folder(id);
  while (folder === undefined) {
    const state = api.tasks.find(id)?.state;
    if (signal.aborted || (state !== 'waiting' && state !== 'running')) return;
    await pause(signal);
    folder = api.runs.folder(id);
  }
  for await (const line of tailLines(folder, { from, signal })) {
    const event = eventToJson(line);
    if (event !== undefined) yield { id: event.seq, data: JSON.stringify(event) };
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  try {
    await sleep(WAIT_MS, undefined, { signal });
  } catch (error) {
    if (errnoOf(error) !== 'ABORT_ERR') throw error; // the caller sees the signal itself
  }
}
