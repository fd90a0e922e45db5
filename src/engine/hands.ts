// The hands of one attempt: a snapshot of the workspace, a sandbox, a policy, and the tools that live in them.
import { join } from 'node:path';
import {
  type AgentInput,
  type Answer,
  addUsage,
  type Model,
  NO_USAGE,
  type Question,
  runAgent,
  type Tool,
  type Usage,
} from '../agent/index.ts';
import { type Config, skillFolders } from '../config/index.ts';
import { isPresent, OpenSpaceError, oneLine, plainSpawner, type Spawner, type World } from '../lib/index.ts';
import type { FileChange, RunEvent } from '../recording/index.ts';
import {
  type Approvals,
  createExits,
  describeForModel,
  findEnvFiles,
  guardFor,
  loadPolicy,
  type McpServers,
  type Mode,
  mapOriginalPolicy,
  openApprovals,
  openSandbox,
  openToolset,
  parseRules,
  type Rule,
  readDocumentTool,
  researchTool,
  type Sandbox,
  subAgentTool,
  type ToolSource,
  todoTool,
  viewSpawner,
  webFetchTool,
  webSearchTool,
  writeDocumentTool,
} from '../tools/index.ts';
import {
  openWorkspace,
  type UndoResult,
  undoRun as undoWorkspace,
  type Workspace,
} from '../workspace/index.ts';
import { childEnvironment } from './child-environment.ts';
import { isOffered, searchOptions } from './tool-choice.ts';
import { FIND_TOOLS, fitTools, type ToolQuality } from './tool-ranking.ts';

export interface HandsOptions {
  readonly config: Config;
  readonly world: World;
  readonly runId: string;
  readonly task: string;
  readonly workspace: string;
  readonly model: Model;
  /** Folders that may be read beside the workspace: the chosen skills'. */
  readonly readable: readonly string[];
  readonly mcp: McpServers | undefined;
  /** How sound tools were of late; asked only where there are too many. */
  readonly toolQualities: () => readonly ToolQuality[];
  /** Tools of the engine itself, for example to look up skills. */
  readonly own: readonly Tool[];
  readonly signal: AbortSignal;
  readonly ask: ((question: Question) => Promise<Answer>) | undefined;
  /** Turns that a sub-agent may take. */
  readonly subAgentTurns: number;
}

/** What became of an attempt's changes. */
export type Changes = Omit<Extract<RunEvent, { type: 'files-changed' }>, 'type' | 'attempt'>;

export interface Hands {
  readonly tools: readonly Tool[];
  readonly guard: NonNullable<AgentInput['guard']>;
  readonly spawner: Spawner;
  /** Where our process reaches the workspace; programs and the model know it by its own path. */
  readonly root: string;
  /** What the model should know about the place, or an empty text. */
  readonly description: string;
  /** What people should know: no snapshot, no sandbox. */
  readonly notes: readonly string[];
  /** What sub-agents used. */
  usage(): Usage;
  /** Brings the changes into the user's folder, or throws them away. Call once. */
  settle(outcome: 'apply' | 'discard'): Promise<Changes>;
  /** Keeps the start of the run as a case for replay. Before `settle`. */
  keepCase(task: string): void;
  close(): Promise<void>;
}

/** `ask` where somebody can be asked, else `auto`. */
export function modeOf(config: Config, canAsk: boolean): Mode {
  return config.get('mode') ?? (canAsk ? 'ask' : 'auto');
}

/** Opens everything; what is open is closed again if something fails. */
export async function openHands(options: HandsOptions): Promise<Hands> {
  const { config, world, runId } = options;
  const mode = modeOf(config, options.ask !== undefined);
  const hidden = mode === 'unsafe' ? [] : findEnvFiles(options.workspace);
  const workspace = await openWorkspace({
    path: options.workspace,
    dataHome: config.home,
    runId,
    hidden,
    canShowElsewhere: process.platform === 'linux' && mode !== 'unsafe',
    world,
  });
  try {
    const exits = createExits();
    const sandbox = mode === 'unsafe' ? undefined : await trySandbox(workspace, hidden, options, exits);
    return await assemble({
      options,
      mode,
      workspace,
      sandbox: sandbox?.open,
      exits,
      missing: sandbox?.missing,
    });
  } catch (error) {
    await workspace.close();
    throw error;
  }
}

interface Place {
  readonly options: HandsOptions;
  readonly mode: Mode;
  readonly workspace: Workspace;
  readonly sandbox: Sandbox | undefined;
  readonly exits: ReturnType<typeof createExits>;
  /** Why there is no sandbox. */
  readonly missing: string | undefined;
}

async function trySandbox(
  { view }: Workspace,
  hidden: readonly string[],
  { config, readable }: HandsOptions,
  exits: Place['exits'],
): Promise<{ open: Sandbox | undefined; missing: string | undefined }> {
  const folders = skillFolders(config).map(({ path }) => path);
  try {
    const open = await openSandbox({
      view,
      userHome: config.userHome,
      dataHome: config.home,
      path: config.env.PATH ?? '',
      readable: [...readable, ...folders].filter(isPresent),
      hidden,
      allowHosts: config.get('sandbox.allow_hosts') ?? [],
      exits,
    });
    return { open, missing: undefined };
  } catch (error) {
    if (!(error instanceof OpenSpaceError) || error.code !== 'unsupported') throw error;
    return { open: undefined, missing: `${error.message} ${error.hint ?? ''}`.trim() };
  }
}

async function assemble(place: Place): Promise<Hands> {
  const { options, mode, workspace, sandbox, exits, missing } = place;
  const { config, signal } = options;
  const approvals = rememberedApprovals(config);
  const policy = loadPolicy(rulesOf(config), mode, {
    sandbox: sandbox?.report ?? false,
    view: workspace.view,
    userHome: config.userHome,
    dataHome: config.home,
    allowHosts: config.get('sandbox.allow_hosts') ?? [],
    approvals,
  });
  const decide = guardFor(policy, { letOut: exits.allow, approvals });
  const guard: Hands['guard'] = async (tool, call, context) => {
    workspace.checkpoint();
    return decide(tool, call, context);
  };
  const access = { view: workspace.view, readOnlyRoots: options.readable };
  const used = { usage: NO_USAGE };
  const mcpTools = options.mcp === undefined ? [] : await options.mcp.tools(signal);
  const direct: ToolSource[] = [
    {
      tools: [
        readDocumentTool(access),
        writeDocumentTool(access),
        webFetchTool(),
        webSearchTool(searchOptions(config)),
        todoTool(),
      ],
    },
    { tools: [...mcpTools, ...options.own] },
  ];
  const base = openToolset({ shell: shellOptions(config, workspace), access, sources: direct });
  const usable = base.tools.filter((tool) => isOffered(tool, config));
  const { offered, note } = fitTools(usable, options);
  const subAgents = subAgentTools(options, offered, guard, (usage) => {
    used.usage = addUsage(used.usage, usage);
  });
  offered.push(...subAgents);
  return {
    tools: offered,
    guard,
    spawner: sandbox?.spawner ?? viewSpawner(workspace.view, plainSpawner),
    root: workspace.view.root,
    description:
      sandbox === undefined ? '' : describeForModel(sandbox.report, config.get('sandbox.allow_hosts') ?? []),
    notes: [
      ...(missing === undefined ? [] : [`There is no sandbox: ${missing}`]),
      ...(workspace.kind === 'direct' ? workspace.notes : []),
      ...(note === undefined ? [] : [note]),
    ],
    usage: () => used.usage,
    settle: (outcome) => settle(workspace, outcome, options.ask),
    keepCase: (task) => workspace.keepCase(task),
    async close() {
      await base.close();
      await sandbox?.close();
      await workspace.close();
    },
  };
}

/** Sub-agents work with the tools of the start: they have neither sub-agents of their own nor a list that grows. */
function subAgentTools(
  { config, model, subAgentTurns }: HandsOptions,
  offered: readonly Tool[],
  guard: Hands['guard'],
  onUsage: (usage: Usage) => void,
): readonly Tool[] {
  const delegate = {
    ...{ runAgent, model, guard, onUsage, budget: { maxTurns: subAgentTurns } },
    tools: offered.filter(({ name }) => name !== FIND_TOOLS),
  };
  return [subAgentTool(delegate), researchTool(delegate)].filter((tool) => isOffered(tool, config));
}

/** Most characters of one diff in the recording. */
const DIFF_LIMIT = 8_000;
/** Most changes in the recording. */
const CHANGE_LIMIT = 200;

async function settle(
  workspace: Workspace,
  outcome: 'apply' | 'discard',
  ask: HandsOptions['ask'],
): Promise<Changes> {
  const all = workspace.diff();
  const changes: FileChange[] = all.slice(0, CHANGE_LIMIT).map(({ path, change, diff }) => ({
    path,
    change,
    diff: diff.length > DIFF_LIMIT ? `${diff.slice(0, DIFF_LIMIT)}\n[… shortened]` : diff,
  }));
  if (outcome === 'discard') return { applied: workspace.kind === 'direct', changes, left: [] };
  const accepted = await askForHeld(workspace, ask);
  const { conflicts, held } = workspace.apply({ accept: (path) => accepted.has(path) });
  return {
    applied: true,
    changes,
    left: [...conflicts, ...held].map(({ path, reason }) => ({ path, reason })),
  };
}

/** Changes that decide what runs later need a person's word. */
async function askForHeld(workspace: Workspace, ask: HandsOptions['ask']): Promise<ReadonlySet<string>> {
  const accepted = new Set<string>();
  if (ask === undefined) return accepted;
  for (const { path, reason } of workspace.held()) {
    const action = `Bring the change of ${oneLine(path, 200)} into your folder`;
    const answer = await ask({ tool: 'workspace', action, reason });
    if (answer === true || answer === 'always') accepted.add(path);
  }
  return accepted;
}

function rulesOf(config: Config): readonly Rule[] {
  const own = config.get('policy.rules');
  const original = config.get('policy.security_policies');
  return [
    ...(own === undefined ? [] : parseRules(own, config.originOf('policy.rules'))),
    ...(original === undefined ? [] : mapOriginalPolicy({ security_policies: original }).rules),
  ];
}

function shellOptions(config: Config, { view }: Workspace) {
  const program = config.get('shell.program');
  const timeoutS = config.get('shell.timeout_s');
  return {
    env: childEnvironment(config),
    view,
    ...(program === undefined ? {} : { shell: program }),
    ...(timeoutS === undefined ? {} : { defaultTimeoutMs: timeoutS * 1000 }),
  };
}

/** The file of remembered decisions. */
export function rememberedApprovals(config: Config): Approvals {
  return openApprovals(join(config.home, 'approvals.json'));
}

/** Takes back what a run changed in its folder. Throws `not-found` if there is nothing to take back. */
export function undoRun(config: Config, runId: string): UndoResult {
  return undoWorkspace({ dataHome: config.home, runId });
}
