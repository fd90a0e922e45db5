// A data home with library, ledger, queue and recorded runs, for tests of learning; models are scripted.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Model, type Script, scriptedModel, type ToolCall } from '../../src/agent/index.ts';
import {
  ADMISSION_RULES,
  type LearningDeps,
  noteRun,
  openLedger,
  openQueue,
  TRIGGER_RULES,
  TRUST_RULES,
  verify,
} from '../../src/learning/index.ts';
import { openWorkStore } from '../../src/learning/work-store.ts';
import { createRedactor, openDatabase, plainSpawner, type World } from '../../src/lib/index.ts';
import {
  findRun,
  openRecording,
  type Recording,
  type RunEvent,
  type RunStatus,
  startRecording,
} from '../../src/recording/index.ts';
import { encodeText, openLibrary, type SkillFiles } from '../../src/skills/index.ts';

export interface Step {
  readonly call: { readonly name: string; readonly args: ToolCall['args']; readonly source?: string };
  readonly result: string;
  readonly isError?: boolean;
}

export interface SampleRun {
  readonly task: string;
  readonly steps?: readonly Step[];
  readonly answer?: string;
  readonly status?: RunStatus;
  /** Version ids. */
  readonly skills?: readonly string[];
  readonly purpose?: 'task' | 'replay';
  /** A second attempt without skills follows, and ends so. */
  readonly second?: 'done' | 'error';
  readonly tokens?: number;
  /** No last event, as after a crash. */
  readonly crash?: boolean;
}

export interface LearningHome {
  readonly deps: LearningDeps;
  readonly folder: string;
  readonly models: {
    readonly analysis: ReturnType<typeof scriptedModel>;
    readonly evolution: ReturnType<typeof scriptedModel>;
  };
  /** Time goes on by this much. */
  pass(ms: number): void;
  /** Records a run as the engine would, and queues it. */
  run(sample: SampleRun): Recording;
  close(): void;
}

export interface LearningHomeOptions
  extends Partial<Pick<LearningDeps, 'mode' | 'verify' | 'trust' | 'admission' | 'triggers'>> {
  readonly analysis?: Script;
  readonly evolution?: Script;
  readonly model?: (role: 'analysis' | 'evolution') => Model;
  readonly path?: string;
}

export function makeLearningHome(options: LearningHomeOptions = {}): LearningHome {
  const folder = mkdtempSync(join(tmpdir(), 'openspace-learning-'));
  let time = Date.parse('2026-11-24T10:00:00Z');
  let chance = 0;
  const world: World = {
    now() {
      time += 1;
      return new Date(time);
    },
    randomHex(bytes) {
      chance += 1;
      return chance.toString(16).padStart(bytes * 2, '0');
    },
  };
  const db = openDatabase({ path: options.path ?? join(folder, 'openspace.db') });
  const root = join(folder, 'skills');
  const library = openLibrary({
    ...{ db, world, learntRoot: root },
    roots: [{ path: root, kind: 'user', writable: true, precedence: 0 }],
  });
  const models = {
    analysis: scriptedModel(options.analysis ?? [], { id: 'scripted/analysis' }),
    evolution: scriptedModel(options.evolution ?? [], { id: 'scripted/evolution' }),
  };
  const deps: LearningDeps = {
    ...{ db, library, world, spawner: plainSpawner, mode: options.mode ?? 'auto' },
    ledger: openLedger(db),
    queue: openQueue(db, { world, backoffMs: 1_000 }),
    store: openWorkStore(db, world),
    model: options.model ?? ((role) => models[role]),
    openRun: (runId) => openRecording(findRun(folder, runId)),
    verify:
      options.verify ??
      ((draft, evidence, { signal }) =>
        verify(draft, evidence, {
          ...{ library, signal, model: () => undefined, runner: undefined },
          cases: { list: () => [], keepChecks: () => undefined },
        })),
    admission: options.admission ?? ADMISSION_RULES,
    triggers: options.triggers ?? TRIGGER_RULES,
    trust: options.trust ?? TRUST_RULES,
  };
  return {
    ...{ deps, folder, models },
    pass(ms) {
      time += ms;
    },
    run(sample) {
      const recording = record(folder, deps, sample, world);
      noteRun(deps, recording);
      return recording;
    },
    close() {
      library.close();
      db.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const usage = (tokens: number) => ({
  ...{ inputTokens: tokens, outputTokens: 0, cachedInputTokens: 0, reasoningTokens: 0, costUsd: null },
});

function record(home: string, { library }: LearningDeps, sample: SampleRun, world: World): Recording {
  const recorder = startRecording({
    ...{
      home,
      task: sample.task,
      model: 'scripted/chat',
      workspace: '/w',
      redactor: createRedactor(),
      world,
    },
    purpose: sample.purpose ?? 'task',
  });
  const skills = (sample.skills ?? []).map((versionId) => {
    const version = library.getVersion(versionId);
    return { skillId: version.skillId, versionId, name: version.name, reason: 'fits' };
  });
  const considered = skills.map((skill) => ({ ...skill, score: 1 }));
  recorder.write({ type: 'skills-chosen', choice: { picked: skills, considered, how: 'model', reason: '' } });
  const status = sample.status ?? 'done';
  const first = sample.second === undefined ? status : 'error';
  for (const event of attempt(1, skills, sample, first)) recorder.write(event);
  if (sample.second !== undefined)
    for (const event of attempt(2, [], sample, sample.second)) recorder.write(event);
  if (sample.crash !== true)
    recorder.close({ status: sample.second ?? status, answer: sample.answer ?? 'Done.' });
  return openRecording(findRun(home, recorder.header.runId));
}

function attempt(
  number: number,
  skills: Extract<RunEvent, { type: 'attempt-start' }>['skills'],
  { steps = [], answer = 'Done.', tokens = 1_000 }: SampleRun,
  status: RunStatus,
): RunEvent[] {
  const place = { attempt: number, turn: 1 };
  const calls = steps.map(({ call }, index) => ({ id: `call_${index}`, name: call.name, args: call.args }));
  const reply = { text: '', calls, stop: 'calls' as const, usage: usage(tokens), tries: 1 };
  const end = status === 'done' ? ('done' as const) : ('error' as const);
  return [
    { type: 'attempt-start', attempt: number, skills },
    { type: 'turn-start', ...place },
    { type: 'model-reply', ...place, reply, tookMs: 5 },
    ...steps.flatMap(({ call, result, isError = false }, index): RunEvent[] => {
      const made = calls[index] ?? { id: '', name: call.name, args: call.args };
      const source = call.source ?? 'shell';
      return [
        { type: 'tool-start', ...place, call: made, source },
        {
          ...{ type: 'tool-end', ...place, call: made, source, tookMs: 3 },
          result: { parts: [{ type: 'text', text: result }], isError },
        },
      ];
    }),
    { type: 'turn-start', attempt: number, turn: 2 },
    {
      ...{ type: 'model-reply', attempt: number, turn: 2, tookMs: 5 },
      reply: { text: answer, calls: [], stop: 'end', usage: usage(0), tries: 1 },
    },
    {
      type: 'attempt-end',
      attempt: number,
      outcome: { status: end, answer, turns: 2, usage: usage(tokens) },
    },
  ];
}

export function skillFiles(
  name: string,
  body: string,
  description = `How to work with ${name}.`,
): SkillFiles {
  return new Map([
    [
      'SKILL.md',
      encodeText(`---\nname: ${name}\ndescription: ${description}\n---\n\n# ${name}\n\n${body}\n`),
    ],
  ]);
}

/** Adds a trusted skill of the user; returns its version id. */
export async function addSkill(
  { deps }: LearningHome,
  name: string,
  body: string,
  description?: string,
): Promise<string> {
  const result = await deps.library.commit({
    ...{ origin: 'imported', parents: [], reason: 'test', author: 'user', state: 'trusted' },
    files: skillFiles(name, body, description),
  });
  if (!result.ok) throw new Error(JSON.stringify(result.findings));
  return result.version.versionId;
}

/** An analysis as a model would write it. */
export function analysisReply(more: Record<string, unknown> = {}): string {
  return JSON.stringify({
    ...{ task_done: true, note: 'It went well.', failure_cause: 'none', evidence: [], skills: [] },
    ...{ tool_problems: [], suggestions: [], ...more },
  });
}
