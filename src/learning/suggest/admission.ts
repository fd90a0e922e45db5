// Decides which suggestions become changes: evidence, no repeats, and worth what the change costs. Pure.
import type { FailureCause, SuggestionKind, Trigger } from '../suggestion.ts';
import { createSimilarity, type Similarity } from './similarity.ts';

/** A suggestion with what admission needs to know of the run behind it. */
export interface Candidate {
  readonly id: string;
  readonly kind: SuggestionKind;
  readonly trigger: Trigger;
  /** Skills it is about, whatever the version. */
  readonly skillIds: readonly string[];
  readonly direction: string;
  /** What was asked, told apart from the same task run again. */
  readonly taskKey: string;
  /** Passages quoted from the recording that are really in it. */
  readonly quotes: number;
  /** Whether the target was followed in the run; undefined if that was not judged. */
  readonly applied: boolean | undefined;
  readonly taskDone: boolean;
  readonly failureCause: FailureCause;
  /** What figures are about, as it stands in the direction (a tool); lets two matters of one skill be told apart. */
  readonly subject?: string | undefined;
  /** Problems on the way (failed calls, detours); each is taken to have cost `tokensPerProblem`. */
  readonly problems: number;
}

/** Suggestions that are about the same: one change at most comes of them. */
export interface Topic {
  readonly topicId: string;
  readonly kind: SuggestionKind;
  /** The skill it changes; undefined for a new one. */
  readonly skillId: string | undefined;
  readonly status: 'waiting' | 'admitted' | 'changed' | 'rejected';
  /** Days since the status was set. */
  readonly ageDays: number;
  /** Directions of its suggestions, oldest first. */
  readonly directions: readonly string[];
  /** Tasks that it was seen in. */
  readonly taskKeys: readonly string[];
}

export interface KnownSkill {
  readonly skillId: string;
  readonly name: string;
  readonly description: string;
}

export interface AdmissionRules {
  /** From this likeness on, two directions are one topic. */
  readonly sameTopic: number;
  /** From this likeness on, a new lesson goes into the skill that is there. */
  readonly takesIn: number;
  /** Different tasks that a pattern must have been seen in. */
  readonly sightings: number;
  /** Problems in one run that make its recovery costly enough to count at once. */
  readonly costlyProblems: number;
  /** How long a rejected topic stays rejected, and a changed skill is left alone unless it fails. */
  readonly quietDays: number;
  readonly tokensPerProblem: number;
  /** Runs ahead over which a change can pay, for each task that it was seen in. */
  readonly horizonRuns: number;
  /** Expected cost of writing and checking a change. */
  readonly changeTokens: number;
}

/** See docs/decisions/0010-learning.md for where the numbers come from. */
export const ADMISSION_RULES: AdmissionRules = {
  sameTopic: 0.2,
  takesIn: 0.27,
  sightings: 2,
  costlyProblems: 3,
  quietDays: 14,
  tokensPerProblem: 1_500,
  horizonRuns: 5,
  changeTokens: 15_000,
};

export type Rule =
  | 'no-evidence'
  | 'environment'
  | 'no-target'
  | 'rejected-before'
  | 'changed-lately'
  | 'same-topic'
  | 'seen-once'
  | 'not-applied'
  | 'not-worth-it'
  | 'recurring'
  | 'costly'
  | 'failing-skill'
  | 'requested'
  | 'measured';

export interface Decision {
  /** `merge`: the topic is being changed already; its evidence grows. `wait`: kept until it is seen again. */
  readonly outcome: 'admit' | 'merge' | 'wait' | 'reject';
  readonly rule: Rule;
  readonly reason: string;
  /** What the change will be: a capture may have become a fix of a skill that takes it in. */
  readonly kind: SuggestionKind;
  readonly skillIds: readonly string[];
  /** The topic that it belongs to; undefined begins a new one. */
  readonly topicId: string | undefined;
}

export interface AdmissionInput {
  readonly topics: readonly Topic[];
  readonly skills: readonly KnownSkill[];
  readonly rules?: AdmissionRules;
  /** Made once for many decisions; by default from topics and skills. */
  readonly similarity?: Similarity;
}

/** Decides about one suggestion, in the light of all earlier ones. */
export function admit(candidate: Candidate, input: AdmissionInput): Decision {
  const rules = input.rules ?? ADMISSION_RULES;
  const similarity = input.similarity ?? similarityOf(input, [candidate.direction]);
  const aimed = aim(candidate, input.skills, similarity, rules);
  const topic = findTopic(aimed, input.topics, similarity, rules);
  const decide = (outcome: Decision['outcome'], rule: Rule, reason: string): Decision => ({
    ...{ outcome, rule, reason, kind: aimed.kind, skillIds: aimed.skillIds, topicId: topic?.topicId },
  });
  if (candidate.trigger === 'request') return decide('admit', 'requested', 'a person asked for it');
  const refusal = refuse(aimed, topic, rules);
  if (refusal !== undefined) return decide('reject', ...refusal);
  if (topic?.status === 'admitted')
    return decide('merge', 'same-topic', 'the same change is being made already');
  if (candidate.trigger !== 'run' && isQuiet(candidate, topic, rules))
    return decide('wait', 'changed-lately', 'it was changed for this lately; the new version is tried first');
  if (candidate.trigger !== 'run') return decide('admit', 'measured', 'figures over several runs ask for it');
  const tasks = new Set([...(topic?.taskKeys ?? []), candidate.taskKey]).size;
  if (topic?.status === 'changed' && !fails(aimed) && topic.ageDays < rules.quietDays)
    return decide('wait', 'changed-lately', 'the skill was just changed; its new version is tried first');
  return weigh(aimed, tasks, rules, decide);
}

/** The topics after a decision: what was decided stands for the next suggestion to be compared with. */
export function withDecision(
  topics: readonly Topic[],
  candidate: Candidate,
  decision: Decision,
  newTopicId: string,
): readonly Topic[] {
  if (decision.outcome === 'reject' && decision.topicId === undefined) return topics;
  const old = topics.find((topic) => topic.topicId === decision.topicId);
  const base: Topic = old ?? {
    ...{ topicId: newTopicId, kind: decision.kind, skillId: decision.skillIds[0] },
    ...{ status: 'waiting', ageDays: 0, directions: [], taskKeys: [] },
  };
  if (decision.outcome === 'reject') return topics;
  const next: Topic = {
    ...base,
    status: decision.outcome === 'admit' ? 'admitted' : base.status,
    directions: [...base.directions, candidate.direction],
    taskKeys: [...new Set([...base.taskKeys, candidate.taskKey])],
  };
  return old === undefined ? [...topics, next] : topics.map((topic) => (topic === old ? next : topic));
}

export function similarityOf(input: AdmissionInput, more: readonly string[] = []): Similarity {
  const texts = [
    ...more,
    ...input.topics.flatMap((topic) => topic.directions),
    ...input.skills.map(describe),
  ];
  return createSimilarity(texts);
}

const describe = ({ name, description }: KnownSkill) => `${name} ${description}`;

type Aimed = Candidate;

/** A derivative is a fix of its parent, and a new lesson belongs into a skill on the same subject if there is one. */
function aim(
  candidate: Candidate,
  skills: readonly KnownSkill[],
  similarity: Similarity,
  rules: AdmissionRules,
): Aimed {
  if (candidate.kind === 'derive' && candidate.skillIds.length === 1) return { ...candidate, kind: 'fix' };
  if (candidate.kind !== 'capture') return candidate;
  const best = nearest(skills, (skill) => similarity.compare(candidate.direction, describe(skill)));
  if (best === undefined || best.score < rules.takesIn) return candidate;
  return { ...candidate, kind: 'fix', skillIds: [best.item.skillId], applied: undefined };
}

function findTopic(
  { kind, skillIds, direction }: Aimed,
  topics: readonly Topic[],
  similarity: Similarity,
  rules: AdmissionRules,
): Topic | undefined {
  const open = topics.filter((topic) => topic.status !== 'rejected' || topic.ageDays < rules.quietDays);
  if (kind !== 'capture') {
    const about = open.filter((topic) => topic.skillId !== undefined && skillIds.includes(topic.skillId));
    // All that is wrong with a skill is put right at once; only a refusal is about what was said, not about the skill.
    return (
      about.find((topic) => topic.status !== 'rejected') ??
      about.find((topic) => likeness(direction, topic, similarity) >= rules.sameTopic)
    );
  }
  const best = nearest(
    open.filter((topic) => topic.skillId === undefined),
    (topic) => likeness(direction, topic, similarity),
  );
  return best === undefined || best.score < rules.sameTopic ? undefined : best.item;
}

const likeness = (direction: string, topic: Topic, similarity: Similarity) =>
  Math.max(0, ...topic.directions.map((each) => similarity.compare(direction, each)));

function nearest<T>(items: readonly T[], score: (item: T) => number): { item: T; score: number } | undefined {
  let best: { item: T; score: number } | undefined;
  for (const item of items) {
    const value = score(item);
    if (best === undefined || value > best.score) best = { item, score: value };
  }
  return best;
}

function refuse(
  candidate: Aimed,
  topic: Topic | undefined,
  rules: AdmissionRules,
): [Rule, string] | undefined {
  if (candidate.trigger === 'run' && candidate.quotes === 0)
    return ['no-evidence', 'nothing of it is quoted from the recording'];
  if (candidate.kind !== 'capture' && candidate.skillIds.length === 0)
    return ['no-target', 'it names no skill of the library'];
  if (candidate.failureCause === 'environment' && candidate.kind !== 'capture')
    return ['environment', 'the environment failed, not the skill'];
  if (topic?.status === 'rejected')
    return ['rejected-before', `the same was rejected within the last ${rules.quietDays} days`];
  return undefined;
}

/** Figures lag behind a change: what asked for it would ask again at once. */
function isQuiet({ subject }: Candidate, topic: Topic | undefined, rules: AdmissionRules): boolean {
  if (topic?.status !== 'changed' || topic.ageDays >= rules.quietDays) return false;
  return subject === undefined || topic.directions.some((direction) => direction.includes(subject));
}

/** A skill that was followed, and the task failed although the environment was sound. */
const fails = ({ applied, taskDone }: Aimed) => applied === true && !taskDone;

function weigh(
  candidate: Aimed,
  tasks: number,
  rules: AdmissionRules,
  decide: (outcome: Decision['outcome'], rule: Rule, reason: string) => Decision,
): Decision {
  if (candidate.kind !== 'capture' && fails(candidate))
    return decide('admit', 'failing-skill', 'the skill was followed and the task failed');
  const saved = Math.max(1, candidate.problems) * rules.tokensPerProblem * rules.horizonRuns * tasks;
  if (tasks >= rules.sightings) {
    if (saved < rules.changeTokens)
      return decide('wait', 'not-worth-it', `would save about ${saved} tokens, costs ${rules.changeTokens}`);
    return decide('admit', 'recurring', `seen in ${tasks} different tasks`);
  }
  const costly = candidate.problems >= rules.costlyProblems && saved >= rules.changeTokens;
  if (candidate.kind === 'capture' && costly)
    return decide('admit', 'costly', `the recovery took ${candidate.problems} failed steps`);
  return candidate.kind !== 'capture' && candidate.applied === false
    ? decide('wait', 'not-applied', 'the skill was not followed in this run, and it is the first sign')
    : decide('wait', 'seen-once', 'seen in one task so far');
}
