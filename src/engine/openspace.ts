// The product: wires the rooms together. What is opened here is closed here.
import { join } from 'node:path';
import { createEmbedder, createModel, type Model } from '../agent/index.ts';
import { type Config, noModelError, resolveModel, secretsOf, skillFolders } from '../config/index.ts';
import { openWorkStore, toolHealth } from '../learning/index.ts';
import { createRedactor, plainSpawner, type Redactor, realWorld, type World } from '../lib/index.ts';
import { eventToLine } from '../recording/index.ts';
import type { Library } from '../skills/index.ts';
import { type McpServerStatus, type McpServers, openMcpServers } from '../tools/index.ts';
import { NO_SKILLS } from './attempts.ts';
import { type Check, examine } from './doctor.ts';
import { openHands } from './hands.ts';
import { importForTask } from './hub/index.ts';
import { type EngineLearning, openLearning } from './learn.ts';
import { type Models, openModels } from './models.ts';
import { type LibraryHandles, openLibraryOf } from './open-library.ts';
import { type RunParts, startRun } from './run.ts';
import { chooseForTask, retrieveSkillTool } from './run-skills.ts';
import type { Run, RunStreamEvent, Task } from './task.ts';
import { resolveWorkspace } from './workspace-folder.ts';

export interface OpenSpaceOptions {
  readonly config: Config;
  /** Plays all roles instead of the configured models: demo, tests. */
  readonly model?: Model | undefined;
  readonly world?: World;
  /** Starts a process that works learning's queue off; called after a run that left something to learn. */
  readonly startLearningWorker?: (() => void) | undefined;
}

/** An open OpenSpace. Close it when done; `await using` does so by itself. */
export interface OpenSpace {
  readonly config: Config;
  /** Starts a task. Several may run side by side. */
  run(task: Task): Run;
  /** Id of the model that does tasks, or undefined if none is set up. */
  modelId(): string | undefined;
  /** Throws the error that says how to set a model up, if none is. */
  checkModel(): void;
  /** The folder that tasks work in unless they name another. */
  workspace(): string;
  /** The skill library; opened at its first use, closed with this. */
  library(): Library;
  /** What is learnt from runs; opened at its first use. */
  learning(): EngineLearning;
  /** An event as a line of JSON, as recordings hold it. */
  eventToLine(event: RunStreamEvent): string;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Opens OpenSpace on its data home. Cheap: the database and the models are opened at their first use. */
export async function openOpenSpace({
  config,
  model,
  world = realWorld,
  startLearningWorker,
}: OpenSpaceOptions): Promise<OpenSpace> {
  const redactor = createRedactor(secretsOf(config));
  const models = openModels({ config, redactor, model });
  const rooms = openRooms({ config, world, redactor, models });
  const running = new Set<Run>();
  const parts = runParts({ config, world, redactor, models, rooms, startLearningWorker });
  const close = async () => {
    for (const run of running) run.cancel();
    await Promise.allSettled([...running].map((run) => run.report));
    await rooms.close();
  };
  return {
    config,
    run(task) {
      const run = startRun(task, parts);
      running.add(run);
      void run.report.finally(() => running.delete(run)).catch(() => undefined);
      return run;
    },
    modelId: () => model?.id ?? resolveModel(config)?.id,
    checkModel() {
      if (model === undefined && resolveModel(config) === undefined) throw noModelError();
      models.get('chat');
    },
    workspace: () => resolveWorkspace(config, undefined),
    library: rooms.library,
    learning: rooms.learning,
    eventToLine: (event) => eventToLine(event),
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface RoomsInput {
  readonly config: Config;
  readonly world: World;
  readonly redactor: Redactor;
  readonly models: Models;
}

/** What is opened at its first use and closed with the engine. */
function openRooms({ config, world, redactor, models }: RoomsInput) {
  let opened: LibraryHandles | undefined;
  let learnt: EngineLearning | undefined;
  let mcp: McpServers | undefined;
  const handles = () => {
    opened ??= openLibraryOf(config, { world });
    return opened;
  };
  return {
    handles,
    library: () => handles().library,
    learning() {
      learnt ??= openLearning({ config, world, redactor, models, handles: handles() });
      return learnt;
    },
    mcp() {
      mcp ??= openConfiguredServers(config, world, redactor);
      return mcp;
    },
    async close() {
      await mcp?.close();
      opened?.close();
    },
  };
}

interface RunPartsInput extends RoomsInput {
  readonly rooms: ReturnType<typeof openRooms>;
  readonly startLearningWorker: (() => void) | undefined;
}

/** How runs choose skills, get hands, and are noted for learning. */
function runParts({ config, world, redactor, models, rooms, startLearningWorker }: RunPartsInput): RunParts {
  const skillsOn = config.get('skills.enabled') !== false;
  const skills = () => ({ config, library: rooms.library(), models });
  return {
    config,
    world,
    redactor,
    models,
    async chooseSkills({ task }, signal) {
      if (!skillsOn) return NO_SKILLS;
      const notes = await importForTask(task, signal, { config, library: rooms.library(), redactor, world });
      const chosen = await chooseForTask(task, signal, { ...skills(), past: rooms.learning().deps });
      return { ...chosen, notes };
    },
    openHands: async ({ runId, task, workspace, signal, skills: texts, onRetrieved, maxTurns }) =>
      openHands({
        config,
        world,
        runId,
        task: task.task,
        workspace,
        signal,
        ask: task.ask,
        model: models.get('chat'),
        readable: [...texts.map((text) => text.folder), join(config.home, 'cache', 'skills')],
        mcp: rooms.mcp(),
        toolQualities: () => {
          const { db } = rooms.handles();
          openWorkStore(db, world);
          return toolHealth(db);
        },
        own: skillsOn ? [retrieveSkillTool(skills(), onRetrieved)] : [],
        subAgentTurns: Math.max(1, Math.floor(maxTurns / 2)),
      }),
    onEnd(report) {
      const noted = rooms.learning().noteRun(report.runId);
      if (noted === 'pending' && config.get('learning.worker') !== false) startLearningWorker?.();
      return noted;
    },
  };
}

/** The MCP servers of the settings; each is started at its first use. */
function openConfiguredServers(config: Config, world: World, redactor: Redactor): McpServers | undefined {
  const servers = config.get('mcp_servers');
  if (servers === undefined || Object.keys(servers).length === 0) return undefined;
  return openMcpServers({
    config: { mcpServers: servers },
    env: config.env,
    spawner: plainSpawner,
    cwd: config.cwd,
    home: config.home,
    world,
    redactor,
  });
}

/** Starts the configured MCP servers (or the named ones) and lists their tools anew. */
export async function refreshMcpTools(
  config: Config,
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly McpServerStatus[]> {
  const servers = openConfiguredServers(config, realWorld, createRedactor(secretsOf(config)));
  if (servers === undefined) return [];
  try {
    return await servers.refresh(signal, names.length === 0 ? undefined : names);
  } finally {
    await servers.close();
  }
}

/** Checks the set-up; see doctor.ts. */
export function examineSetup(
  config: Config,
  options: { readonly offline: boolean; readonly signal: AbortSignal },
): AsyncGenerator<Check> {
  const redactor = createRedactor(secretsOf(config));
  return examine({
    config,
    ...options,
    createModel: (route) => createModel(route, { redactor }),
    createEmbedder: (route) => createEmbedder(route, { redactor }),
    openDatabase: () => openLibraryOf(config).close(),
    skillRoots: () => skillFolders(config),
  });
}
