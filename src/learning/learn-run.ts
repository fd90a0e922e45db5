// The first half of learning: a run is analysed, its suggestions are decided about, and what is admitted is queued.
import type { Usage } from '../agent/index.ts';
import { OpenSpaceError } from '../lib/index.ts';
import type { OfferedSkill, Recording } from '../recording/index.ts';
import { allSkills, decodeText, SKILL_FILE, type Skill } from '../skills/index.ts';
import { type AnalyzeResult, analyze, type SeenSkill } from './analysis/analyze.ts';
import type { LearningDeps } from './deps.ts';
import type { Job } from './queue.ts';
import { recordRunFacts, taskKeyOf } from './run-facts.ts';
import {
  type AdmissionInput,
  admit,
  type Candidate,
  type Decision,
  type KnownSkill,
  topicIdOf,
  withDecision,
} from './suggest/admission.ts';
import { suggestForHealth, suggestForTools } from './suggest/triggers.ts';
import type { Analysis, Suggestion } from './suggestion.ts';
import { brokenTools, figuresOf } from './trust/figures.ts';

/** A suggestion with what was decided about it. */
export interface Decided {
  readonly suggestion: Suggestion;
  readonly candidate: Candidate;
  readonly decision: Decision;
}

/** How a job ended, for whoever works the queue off. */
export interface JobEnd {
  readonly status: 'done' | 'failed' | 'retry' | 'lost';
  readonly note: string;
  /** Skills whose versions this told something about. */
  readonly skillIds?: readonly string[];
}

/** After a run: ledger and job in one transaction. True if the run will be learnt from. */
export function noteRun(deps: LearningDeps, recording: Recording): boolean {
  return deps.db.transaction(() => {
    recordRunFacts(deps.db, deps.ledger, recording);
    if (deps.mode === 'off' || !isLearntFrom(recording)) return false;
    return deps.queue.add({
      ...{ kind: 'analyze', key: `analyze:${recording.header.runId}` },
      payload: { run_id: recording.header.runId },
    });
  });
}

/** Replays are no experience, and a run that somebody stopped says nothing about its skills. */
export function isLearntFrom({ header, status }: Recording): boolean {
  return header.purpose !== 'replay' && status !== 'cancelled' && status !== 'running';
}

/** Skills that a run had in its hands. */
export function skillsSeen({ events }: Recording): readonly OfferedSkill[] {
  const seen = new Map<string, OfferedSkill>();
  for (const event of events) {
    if (event.type === 'attempt-start') for (const skill of event.skills) seen.set(skill.versionId, skill);
    if (event.type === 'skill-retrieved') seen.set(event.skill.versionId, event.skill);
  }
  return [...seen.values()];
}

const isCrashed = ({ events }: Recording) => events.at(-1)?.type !== 'run-end';

/** Does an `analyze` job. */
export async function learnFromRun(
  deps: LearningDeps,
  job: Job,
  runId: string,
  signal: AbortSignal,
): Promise<JobEnd> {
  const { queue, ledger } = deps;
  const end = (note: string, effects?: () => void): JobEnd =>
    queue.finish(job, effects)
      ? { status: 'done', note }
      : { status: 'lost', note: 'somebody else took it over' };
  if (ledger.findAnalysis(runId) !== undefined) return end('it was analysed already');
  const recording = openRun(deps, runId);
  if (typeof recording === 'string') return end(recording);
  if (isCrashed(recording)) return end('the run crashed: nothing is learnt from half a run');
  const result = await analyzeRun(deps, recording, signal);
  queue.recordSpending({ job, role: 'analysis', ...costOf(result.usage) });
  if (!result.ok) {
    queue.fail(job, result.reason, { final: !result.retry });
    return { status: result.retry ? 'retry' : 'failed', note: result.reason };
  }
  const done = end(result.analysis.note, () => record(deps, recording, result.analysis));
  return { ...done, skillIds: skillsSeen(recording).map(({ skillId }) => skillId) };
}

function openRun(deps: LearningDeps, runId: string): Recording | string {
  try {
    return deps.openRun(runId);
  } catch (error) {
    if (error instanceof OpenSpaceError && error.code === 'not-found') return 'its recording is gone';
    throw error;
  }
}

export const costOf = ({ inputTokens, outputTokens, costUsd }: Usage) => ({
  ...{ tokens: inputTokens + outputTokens, costUsd },
});

/** Analyses a run without writing anything down. */
export function analyzeRun(
  deps: LearningDeps,
  recording: Recording,
  signal: AbortSignal,
): Promise<AnalyzeResult> {
  const considered = recording.events.flatMap((event) =>
    event.type === 'skills-chosen' ? event.choice.considered.map(({ versionId }) => versionId) : [],
  );
  return analyze({
    ...{ recording, considered, signal, spawner: deps.spawner, model: deps.model('analysis') },
    skills: skillsSeen(recording).map((skill) => seenSkill(deps, skill)),
  });
}

function seenSkill({ library }: LearningDeps, { versionId, name }: OfferedSkill): SeenSkill {
  const known = library.findVersion(versionId);
  const bytes = known === undefined ? undefined : library.readFile(versionId, SKILL_FILE);
  return { versionId, name, text: bytes === undefined ? '' : (decodeText(bytes) ?? '') };
}

/** All that an analysis leaves behind, in the transaction that ends its job. */
function record(deps: LearningDeps, recording: Recording, analysis: Analysis): void {
  const { runId } = recording.header;
  recordRunFacts(deps.db, deps.ledger, recording);
  deps.ledger.recordAnalysis({
    ...{ runId, completed: analysis.taskDone, note: analysis.note, analyzedBy: deps.model('analysis').id },
    analyzedAt: deps.world.now().toISOString(),
    toolIssues: analysis.toolProblems.map(({ tool, symptom, cause }) => `${tool} — ${symptom}; ${cause}`),
    suggestions: analysis.suggestions,
    judgments: skillsSeen(recording).flatMap(({ versionId: id }) => {
      const version = deps.library.findVersion(id);
      if (version === undefined) return [];
      const verdict = analysis.verdicts.find((each) => each.versionId === id);
      const { applied = false, note = '' } = verdict ?? {};
      return [{ versionId: version.versionId, applied, note }];
    }),
  });
  for (const { versionId, effect } of analysis.verdicts)
    deps.db.run(
      'INSERT INTO learn_effects VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
      ...[runId, versionId, effect, analysis.failureCause],
    );
  for (const decided of decideAll(deps, recording, analysis)) settle(deps, decided, runId);
  for (const decided of decideMeasured(deps, recording)) settle(deps, decided, runId);
}

/** Writes a decision down; an admitted one becomes a job, if this mode makes changes at all. Returns the job's key. */
export function settle(
  deps: LearningDeps,
  { suggestion, candidate, decision }: Decided,
  runId: string | null,
): string | undefined {
  const topicId = deps.store.addSuggestion({ suggestion, candidate, decision, runId });
  const makesChanges = deps.mode !== 'observe' || candidate.trigger === 'request';
  if (topicId === undefined || decision.outcome !== 'admit' || !makesChanges) return undefined;
  return queueChange(deps, topicId, decision.skillIds[0]);
}

export function queueChange(deps: LearningDeps, topicId: string, skillId: string | undefined): string {
  const key = `evolve:${topicId}:${deps.store.changesOfTopic(topicId)}`;
  deps.queue.add({ kind: 'evolve', key, lineage: skillId ?? topicId, payload: { topic_id: topicId } });
  return key;
}

/** Decides about a run's suggestions, each in the light of those before it. */
export function decideAll(deps: LearningDeps, recording: Recording, analysis: Analysis): readonly Decided[] {
  return decideInTurn(
    deps,
    analysis.suggestions.map((suggestion, index) => ({
      suggestion,
      candidate: toCandidate(deps, recording, analysis, suggestion, index),
    })),
  );
}

function decideInTurn(
  deps: LearningDeps,
  said: readonly Pick<Decided, 'suggestion' | 'candidate'>[],
): readonly Decided[] {
  const skills = knownSkills(deps);
  let { topics } = admissionInput(deps, skills);
  return said.map(({ suggestion, candidate }): Decided => {
    const decision = admit(candidate, { ...admissionInput(deps, skills), topics });
    topics = withDecision(topics, candidate, decision, topicIdOf(candidate));
    return { suggestion, candidate, decision };
  });
}

export const admissionInput = (deps: LearningDeps, skills: readonly KnownSkill[]): AdmissionInput => ({
  ...{ topics: deps.store.topics(), skills, rules: deps.admission },
});

export function knownSkills({ library }: Pick<LearningDeps, 'library'>): readonly KnownSkill[] {
  return Array.from(allSkills(library), ({ skillId, name, description }) => ({ skillId, name, description }));
}

function toCandidate(
  { library }: LearningDeps,
  recording: Recording,
  analysis: Analysis,
  suggestion: Suggestion,
  index: number,
): Candidate {
  const versions = suggestion.targets
    .map((id) => library.findVersion(id))
    .filter((each) => each !== undefined);
  const failed = recording.events.filter((event) => event.type === 'tool-end' && event.result.isError).length;
  return {
    ...{ id: `${recording.header.runId}#${index}`, kind: suggestion.kind, trigger: suggestion.trigger },
    ...{ direction: suggestion.direction, quotes: suggestion.evidence.length, problems: failed },
    ...{ taskDone: analysis.taskDone, failureCause: analysis.failureCause },
    skillIds: [...new Set(versions.map(({ skillId }) => skillId))],
    taskKey: taskKeyOf(recording.header.task),
    applied: analysis.verdicts.find(({ versionId }) => versionId === suggestion.targets[0])?.applied,
  };
}

/** What figures say of the skills that this run had, and of tools that fail. */
function decideMeasured(deps: LearningDeps, recording: Recording): readonly Decided[] {
  const seen = skillsSeen(recording).map(({ skillId }) => deps.library.findSkill(skillId));
  const figures = seen
    .filter((skill): skill is Skill => skill !== undefined && !skill.archived)
    .map((skill) => figuresOf(deps, skill))
    .filter((each) => each !== undefined);
  const tools = brokenTools(deps);
  const suggestions = [
    ...suggestForHealth(figures, deps.triggers).map((suggestion) => ({ suggestion, subject: undefined })),
    ...tools.flatMap((tool) =>
      suggestForTools([tool]).map((suggestion) => ({ suggestion, subject: tool.toolKey })),
    ),
  ];
  const said = suggestions.map(({ suggestion, subject }, index) => ({
    suggestion,
    candidate: measuredCandidate(deps, recording, suggestion, subject, index),
  }));
  // The rest would be said again after every run.
  return decideInTurn(deps, said).filter(({ decision }) => decision.outcome === 'admit');
}

function measuredCandidate(
  { library }: LearningDeps,
  { header }: Recording,
  suggestion: Suggestion,
  subject: string | undefined,
  index: number,
): Candidate {
  return {
    ...{
      id: `${header.runId}#${suggestion.trigger}${index}`,
      kind: suggestion.kind,
      trigger: suggestion.trigger,
    },
    ...{
      direction: suggestion.direction,
      quotes: 0,
      problems: 0,
      applied: undefined,
      taskDone: false,
      subject,
    },
    ...{ failureCause: 'none', taskKey: taskKeyOf(header.task) },
    skillIds: suggestion.targets.flatMap((id) => library.findVersion(id)?.skillId ?? []),
  };
}
