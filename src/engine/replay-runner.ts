// Does recorded tasks again for learning's gate: a copy of the start, a skill given by hand, outside tools from the recording.
import { lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { NO_USAGE } from '../agent/index.ts';
import type { Config } from '../config/index.ts';
import {
  type Arm,
  type CaseStart,
  type Check,
  type CheckOutcome,
  type GateCase,
  type ReplayResult,
  type Runner,
  recordedTools,
} from '../learning/index.ts';
import {
  capOutput,
  directView,
  isPlainRelativePath,
  makeOwnedFolder,
  plainSpawner,
  type Redactor,
  type Spawner,
  sweepOwnedFolders,
  type World,
  writeFileAtomic,
} from '../lib/index.ts';
import { openRecording, type Recording, runsFolder } from '../recording/index.ts';
import { decodeText, parseSkillMd, SKILL_FILE } from '../skills/index.ts';
import {
  describeForModel,
  guardFor,
  loadPolicy,
  openApprovals,
  openSandbox,
  openToolset,
  readDocumentTool,
  type Sandbox,
  type ShellOptions,
  writeDocumentTool,
} from '../tools/index.ts';
import { layOutCase } from '../workspace/index.ts';
import { NO_SKILLS } from './attempts.ts';
import type { Hands } from './hands.ts';
import type { Models } from './models.ts';
import type { SkillText } from './prompts.ts';
import { type ChosenSkills, startRun } from './run.ts';
import { isOffered } from './tool-choice.ts';

const CHECK_TIMEOUT_MS = 20_000;
const CHECK_OUTPUT_BYTES = 2_000;
/** What a reviewer sees of a start. */
const START_FILES = 40;
const START_FILE_CHARS = 2_000;
const START_CHARS = 30_000;

export interface ReplayRunnerOptions {
  readonly config: Config;
  readonly world: World;
  readonly redactor: Redactor;
  readonly models: Models;
  readonly shell: ShellOptions;
  /** `required`: without a sandbox there are no replays, since nobody watches them. `off`: for trusted worlds only. */
  readonly sandbox: 'required' | 'off';
  /** Most turns of a replay. Default: the `max_iterations` setting. */
  readonly maxTurns?: number;
}

/** A folder in which one case is replayed, and what its programs are started with. */
interface Stage {
  readonly folder: string;
  readonly workspace: string;
  readonly skillsFolder: string;
  readonly sandbox: Sandbox | undefined;
  readonly spawner: Spawner;
  close(): Promise<void>;
}

/** The engine's side of the gate; see `Runner`. */
export function createReplayRunner(options: ReplayRunnerOptions): Runner {
  return {
    async replay(testCase, arm, signal) {
      const stage = await openStage(options, testCase);
      try {
        return await replay(options, testCase, arm, stage, signal);
      } finally {
        await stage.close();
      }
    },
    async lookAtStart(testCase, checks, signal) {
      const stage = await openStage(options, testCase);
      try {
        // Listed first: a check that writes something must not be seen.
        const files = describeFiles(stage.workspace);
        return { files, checks: await runChecks(checks, stage, options, signal) } satisfies CaseStart;
      } finally {
        await stage.close();
      }
    },
  };
}

async function openStage({ config, sandbox }: ReplayRunnerOptions, testCase: GateCase): Promise<Stage> {
  const parent = join(config.home, 'cache', 'replays');
  sweepOwnedFolders(parent);
  const owned = makeOwnedFolder(parent);
  const workspace = join(owned.path, 'workspace');
  const skillsFolder = join(owned.path, 'skills');
  try {
    mkdirSync(workspace);
    mkdirSync(skillsFolder);
    layOutCase(config.home, testCase.caseId, workspace);
    const box =
      sandbox === 'off'
        ? undefined
        : await openSandbox({
            view: directView(workspace),
            userHome: config.userHome,
            dataHome: config.home,
            path: config.env.PATH ?? '',
            readable: [skillsFolder],
          });
    return {
      folder: owned.path,
      workspace,
      skillsFolder,
      sandbox: box,
      spawner: box?.spawner ?? plainSpawner,
      async close() {
        await box?.close();
        owned.close();
      },
    };
  } catch (error) {
    owned.close();
    throw error;
  }
}

async function replay(
  options: ReplayRunnerOptions,
  testCase: GateCase,
  arm: Arm,
  stage: Stage,
  signal: AbortSignal,
): Promise<ReplayResult> {
  const { config, world, redactor, models, maxTurns } = options;
  const { workspace } = stage;
  const recording = openRecording(join(runsFolder(config.home), testCase.caseId));
  const chosen = giveSkill(arm, stage.skillsFolder);
  const run = startRun(
    {
      task: testCase.task.replaceAll(testCase.workspace, workspace),
      workspace,
      purpose: 'replay',
      signal,
      maxTurns,
    },
    {
      ...{ config, world, redactor, models },
      chooseSkills: async () => chosen,
      openHands: async () => openReplayHands(options, stage, recording),
      onEnd: () => undefined, // no use is counted, nothing is learnt
    },
  );
  const report = await run.report;
  const checks = await runChecks(testCase.checks, stage, options, signal);
  return { runId: report.runId, status: report.status, turns: report.turns, usage: report.usage, checks };
}

/**
 * Hands for a replay: they work in the copy itself, whose files the checks look at afterwards. Outside tools answer from
 * the recording, and the library is left out: another skill fetched on the way would blur what this one does.
 */
function openReplayHands({ config, shell }: ReplayRunnerOptions, stage: Stage, recording: Recording): Hands {
  const view = directView(stage.workspace);
  const access = { view, readOnlyRoots: [stage.skillsFolder] };
  const { sandbox } = stage;
  const approvals = openApprovals(join(stage.folder, 'approvals.json')); // none: nobody was asked about a replay
  const policy = loadPolicy([], sandbox === undefined ? 'unsafe' : 'auto', {
    ...{ view, approvals, userHome: config.userHome, dataHome: config.home, allowHosts: [] },
    sandbox: sandbox?.report ?? false,
  });
  const toolset = openToolset({
    shell: { ...shell, view },
    access,
    sources: [
      { tools: [readDocumentTool(access), writeDocumentTool(access)] },
      { tools: recordedTools(recording) },
    ],
  });
  return {
    tools: toolset.tools.filter((tool) => isOffered(tool, config)),
    guard: guardFor(policy, { letOut: () => undefined, approvals }),
    spawner: stage.spawner,
    root: view.root,
    description: sandbox === undefined ? '' : describeForModel(sandbox.report, []),
    notes: [],
    usage: () => NO_USAGE,
    settle: async () => ({ applied: true, changes: [], left: [] }),
    keepCase: () => undefined, // a replay is no case
    close: () => toolset.close(),
  };
}

/** The arm's skill as a run gets it, its files in a folder that the run may read. */
function giveSkill(arm: Arm, parent: string): ChosenSkills {
  if (arm.kind === 'none') return NO_SKILLS;
  const folder = join(parent, arm.kind);
  for (const [path, content] of arm.files) {
    if (!isPlainRelativePath(path)) continue; // the gate has refused it; nothing is written outside in any case
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileAtomic(join(folder, path), content);
  }
  const { description = '', body } = parseSkillMd(
    decodeText(arm.files.get(SKILL_FILE) ?? new Uint8Array()) ?? '',
  );
  const text: SkillText = { name: arm.name, description, folder, body };
  const offered = { skillId: 'replay', versionId: arm.kind, name: arm.name, reason: `replay: ${arm.kind}` };
  return {
    choice: { picked: [offered], considered: [], how: 'rank', reason: 'given for a replay' },
    texts: [text],
  };
}

async function runChecks(
  checks: readonly Check[],
  { workspace, spawner }: Stage,
  { shell }: ReplayRunnerOptions,
  signal: AbortSignal,
): Promise<readonly CheckOutcome[]> {
  const outcomes: CheckOutcome[] = [];
  for (const { name, command } of checks) {
    const result = await spawner.run({
      command: '/bin/sh',
      args: ['-c', command],
      cwd: workspace,
      env: { ...shell.env, LC_ALL: 'C' },
      timeoutMs: CHECK_TIMEOUT_MS,
      signal,
    });
    const output = capOutput(`${result.stdout}${result.stderr}`, CHECK_OUTPUT_BYTES);
    outcomes.push({ name, passed: result.exitCode === 0, output });
  }
  return outcomes;
}

/** Paths, sizes and the beginnings of texts, within bounds. */
function describeFiles(workspace: string): CaseStart['files'] {
  let left = START_CHARS;
  return readdirSync(workspace, { recursive: true, encoding: 'utf8' })
    .map((path) => ({ path, stat: lstatSync(join(workspace, path)) }))
    .filter(({ stat }) => stat.isFile())
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .slice(0, START_FILES)
    .map(({ path, stat }) => {
      const text = decodeText(readFileSync(join(workspace, path)));
      const head = text === undefined ? '[no text]' : text.slice(0, Math.min(left, START_FILE_CHARS));
      left = Math.max(0, left - head.length);
      return { path, sizeBytes: stat.size, head };
    });
}
