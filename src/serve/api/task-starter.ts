// Starts tasks for people in processes of their own, as the MCP server does, and stops runs of whichever process.
import type { Config } from '../../config/index.ts';
import { OpenSpaceError, type World } from '../../lib/index.ts';
import { askToCancel } from '../../recording/index.ts';
import { openTaskDesk, startTaskProcess } from '../mcp/task-desk.ts';
import { readEnd, readRequest, stateOf, type TaskEnd, type TaskRequest } from '../mcp/task-files.ts';

export interface TaskOrder {
  readonly task: string;
  readonly workspace?: string | undefined;
  readonly maxTurns?: number | undefined;
}

/** A task that was started here or by an MCP server, and may not have a recording yet. */
export interface KnownTask {
  readonly request: TaskRequest;
  readonly state: 'waiting' | 'running' | 'ended' | 'lost';
  readonly end: TaskEnd | undefined;
}

export interface TaskStarter {
  /** Returns the id of the run. Throws `busy` when too many wait. */
  start(order: TaskOrder): string;
  find(runId: string): KnownTask | undefined;
  /** Asks for an end, waiting or running; `folder` is where its recording is, if there is one. */
  stop(runId: string, folder: string | undefined): void;
  close(): void;
}

const LIMITS = { waiting: 50, waitingPerClient: 50 };

export function openTaskStarter(options: {
  readonly config: Config;
  readonly world: World;
  readonly model?: string | undefined;
  readonly configFile?: string | undefined;
}): TaskStarter {
  const { config, world, model, configFile } = options;
  const { home } = config;
  const desk = openTaskDesk({
    ...{ home, world },
    limits: { ...LIMITS, parallel: config.get('mcp.parallel_tasks') ?? 4 },
    start: startTaskProcess({ home, cwd: config.cwd, env: config.env }),
  });
  const find = (runId: string): KnownTask | undefined => {
    try {
      return { request: readRequest(home, runId), state: stateOf(home, runId), end: readEnd(home, runId) };
    } catch (error) {
      if (error instanceof OpenSpaceError && error.code === 'not-found') return undefined;
      throw error;
    }
  };
  return {
    start: ({ task, workspace, maxTurns }) =>
      desk.submit('dashboard', {
        ...{ task, skill_dirs: [], client: 'dashboard' },
        ...(workspace === undefined ? {} : { workspace }),
        ...(maxTurns === undefined ? {} : { max_turns: maxTurns }),
        ...(model === undefined ? {} : { model }),
        ...(configFile === undefined ? {} : { config_file: configFile }),
      }),
    find,
    stop(runId, folder) {
      if (find(runId) !== undefined) desk.cancel(runId);
      if (folder !== undefined) askToCancel(folder);
    },
    close: () => desk.close('leave'),
  };
}
