// The second half of learning: an admitted topic becomes a change that is written, proved, and committed or proposed.
import { OpenSpaceError, sha256, toMessage } from '../lib/index.ts';
import type { Recording } from '../recording/index.ts';
import {
  type CommitResult,
  type Draft,
  decodeText,
  type Origin,
  SKILL_FILE,
  type Skill,
  type SkillFiles,
  type VersionId,
} from '../skills/index.ts';
import type { LearningDeps } from './deps.ts';
import { type AuthorResult, author } from './evolve/author.ts';
import type { Verdict } from './gate.ts';
import { costOf, type JobEnd } from './learn-run.ts';
import type { AuthoredKind } from './prompts.ts';
import type { Job } from './queue.ts';
import type { Evidence, SuggestionKind } from './suggestion.ts';
import type { LearntChange, StoredSuggestion } from './work-store.ts';

/** What a change is to be made of. */
export interface ChangePlan {
  readonly kind: SuggestionKind;
  readonly direction: string;
  readonly evidence: readonly Evidence[];
  readonly runIds: readonly string[];
  /** Versions that it starts from: heads. */
  readonly parents: readonly VersionId[];
  readonly skills: readonly Skill[];
  readonly recording: Recording | undefined;
}

const ORIGIN_OF: Readonly<Record<AuthoredKind, Origin>> = {
  ...{ fix: 'fixed', derive: 'derived', capture: 'captured', merge: 'merged', shrink: 'shrunk' },
};
const MAX_EVIDENCE = 12;
const MAX_DIRECTIONS = 6;
/** Drafts of one change: one, and one more after the gate has objected. */
const MAX_DRAFTS = 2;

/** Does an `evolve` job. Picks up where a process that died in the middle had come to. */
export async function makeChange(
  deps: LearningDeps,
  job: Job,
  topicId: string,
  signal: AbortSignal,
): Promise<JobEnd> {
  const changeId = `change_${sha256(job.key).slice(0, 12)}`;
  const plan = planChange(deps, deps.store.suggestions({ topicId }));
  if (typeof plan === 'string') return end(deps, job, plan, () => deps.store.setTopic(topicId, 'waiting'));
  const blank = blankChange(deps, changeId, topicId, plan);
  const known = deps.store.findChange(changeId);
  const drafted = known ?? (await draftChange(deps, { job, plan, blank, signal }));
  if ('status' in drafted) return drafted;
  if (drafted.state !== 'drafted') return settleChange(deps, job, drafted);
  if (!deps.queue.renew(job)) return { status: 'lost', note: 'somebody else took it over' };
  if (deps.mode !== 'auto' || isForeign(deps, plan))
    return settleChange(deps, job, { ...drafted, state: 'proposed' });
  return settleChange(deps, job, await commitChange(deps, drafted, stateFor(drafted), 'learning'));
}

/** Nobody's own skill is put away without asking: only what learning itself has made. */
function isForeign({ library, store }: LearningDeps, { kind, skills }: ChangePlan): boolean {
  return (
    kind === 'retire' &&
    skills.some(({ skillId }) =>
      library.versions(skillId).some(({ versionId }) => store.changeOfVersion(versionId) === undefined),
    )
  );
}

const stateFor = ({ verdict }: LearntChange) => (verdict?.decision === 'trusted' ? 'trusted' : 'trial');

function end(deps: LearningDeps, job: Job, note: string, effects?: () => void): JobEnd {
  return deps.queue.finish(job, effects)
    ? { status: 'done', note }
    : { status: 'lost', note: 'somebody else took it over' };
}

/** Ends the job with what became of the change. */
function settleChange(deps: LearningDeps, job: Job, change: LearntChange): JobEnd {
  const status = { committed: 'changed', proposed: 'admitted', drafted: 'admitted' } as const;
  const topicStatus = change.state in status ? status[change.state as keyof typeof status] : 'rejected';
  const done = end(deps, job, `${change.kind}: ${change.state}. ${change.reason || change.summary}`, () => {
    deps.store.saveChange(change);
    if (change.topicId !== null) deps.store.setTopic(change.topicId, topicStatus);
  });
  return change.skillId === null ? done : { ...done, skillIds: [change.skillId] };
}

/** Puts together what is known; a text if nothing can be made of it now. */
export function planChange(
  deps: LearningDeps,
  suggestions: readonly StoredSuggestion[],
): ChangePlan | string {
  const last = suggestions.findLast(({ outcome }) => outcome === 'admit') ?? suggestions.at(-1);
  if (last === undefined) return 'nothing is known about it any more';
  const skills = skillsOf(deps, last, suggestions);
  if (typeof skills === 'string') return skills;
  const runIds = [...new Set(suggestions.flatMap(({ runId }) => (runId === null ? [] : [runId])))];
  const directions = [...new Set(suggestions.map(({ direction }) => direction))].slice(-MAX_DIRECTIONS);
  const recording = recordingOf(deps, last.runId);
  return {
    ...{ kind: last.kind, runIds, skills, recording },
    direction: directions.join('\n'),
    // Places are those of the recording that is shown; what other runs said is quoted without one.
    evidence: suggestions
      .flatMap(({ evidence, runId }) =>
        evidence.map((each) => (runId === last.runId ? each : { ...each, seq: -1 })),
      )
      .slice(-MAX_EVIDENCE),
    parents: skills.map((skill) => skill.head ?? skill.trial).filter((id) => id !== undefined),
  };
}

function skillsOf(
  { library }: LearningDeps,
  last: StoredSuggestion,
  suggestions: readonly StoredSuggestion[],
): readonly Skill[] | string {
  if (last.kind === 'capture') return [];
  const ids = last.targets.length > 0 ? last.targets : suggestions.flatMap(({ targets }) => targets);
  const wanted = last.kind === 'merge' ? ids : ids.slice(0, 1);
  // A capture that a skill takes in names no target: its topic does.
  const named = wanted.length > 0 ? wanted : [last.skillId ?? ''];
  const skills = named.map((id) => library.findSkill(id));
  for (const skill of skills) {
    if (skill === undefined) return 'the skill is not in the library any more';
    if (skill.archived || skill.quarantined) return `"${skill.name}" is out of use`;
    if (skill.pinned && last.trigger !== 'request') return `"${skill.name}" is pinned`;
    if (skill.head !== undefined && skill.trial !== undefined)
      return `"${skill.name}" has a version on trial: that one is judged first`;
  }
  return skills.filter((skill) => skill !== undefined);
}

function recordingOf(deps: LearningDeps, runId: string | null): Recording | undefined {
  if (runId === null) return undefined;
  try {
    return deps.openRun(runId);
  } catch (error) {
    if (error instanceof OpenSpaceError) return undefined; // pruned, or of another home: quotes stay
    throw error;
  }
}

function blankChange(
  deps: LearningDeps,
  changeId: string,
  topicId: string | null,
  plan: ChangePlan,
): LearntChange {
  return {
    ...{ changeId, topicId, kind: plan.kind, state: 'drafted', parents: plan.parents, versionId: null },
    ...{
      skillId: plan.kind === 'derive' ? null : (plan.skills[0]?.skillId ?? null),
      direction: plan.direction,
    },
    ...{
      summary: '',
      evidence: plan.evidence,
      files: null,
      verdict: null,
      reason: '',
      tokens: 0,
      costUsd: null,
    },
    ...{ changedLines: 0, createdAt: deps.world.now(), decidedAt: null, decidedBy: null },
  };
}

interface Drafting {
  readonly job: Job | undefined;
  readonly plan: ChangePlan;
  readonly blank: LearntChange;
  readonly signal: AbortSignal;
}

/** Writes and proves a change; once more if the gate objects. A `JobEnd` if the model could not be reached. */
export async function draftChange(deps: LearningDeps, drafting: Drafting): Promise<LearntChange | JobEnd> {
  const { plan, blank, job } = drafting;
  if (plan.kind === 'retire') return { ...blank, summary: 'Put the skill away', reason: plan.direction };
  const kind: AuthoredKind = plan.kind;
  const spent = { tokens: 0, costUsd: null as number | null };
  let objections: readonly string[] = [];
  let last: LearntChange = blank;
  for (let round = 1; round <= MAX_DRAFTS; round += 1) {
    const result = await write(deps, { ...drafting, kind, objections });
    const cost = costOf(result.usage);
    spent.tokens += cost.tokens;
    spent.costUsd = cost.costUsd === null ? spent.costUsd : (spent.costUsd ?? 0) + cost.costUsd;
    deps.queue.recordSpending({ job, role: 'evolution', skillId: blank.skillId ?? undefined, ...cost });
    if (result.kind === 'failed' && job !== undefined && result.retry) {
      deps.queue.fail(job, result.reason);
      return { status: 'retry', note: result.reason };
    }
    if (result.kind !== 'draft')
      return {
        ...last,
        ...spent,
        state: result.kind === 'declined' ? 'declined' : 'rejected',
        reason: result.reason,
      };
    const verdict = await deps.verify(toDraft(deps, kind, plan, result, blank.changeId), gateEvidence(plan), {
      signal: drafting.signal,
    });
    last = withDraft({ ...blank, ...spent }, result, verdict);
    if (verdict.decision !== 'reject') {
      if (job !== undefined) deps.store.saveChange(last); // a process that dies now does not pay for it again
      return last;
    }
    objections = verdict.reasons;
  }
  return { ...last, state: 'rejected', reason: `The gate refused it: ${objections.join(' ')}` };
}

const gateEvidence = ({ direction, evidence, runIds }: ChangePlan) => ({ direction, evidence, runIds });

function withDraft(
  change: LearntChange,
  result: Extract<AuthorResult, { kind: 'draft' }>,
  { decision, reasons, report, files = result.files }: Verdict,
): LearntChange {
  const { summary, changedLines } = result;
  return { ...change, files, summary, changedLines, verdict: { decision, reasons, report } };
}

function write(
  deps: LearningDeps,
  { plan, kind, objections, signal }: Drafting & { kind: AuthoredKind; objections: readonly string[] },
): Promise<AuthorResult> {
  const [parent, ...others] = plan.parents;
  return author({
    ...{
      kind,
      objections,
      signal,
      direction: plan.direction,
      evidence: plan.evidence,
      spawner: deps.spawner,
    },
    ...{ recording: plan.recording, model: deps.model('evolution') },
    files: parent === undefined ? new Map() : deps.library.read(parent),
    others: others.map((id) => {
      const bytes = deps.library.readFile(id, SKILL_FILE);
      return {
        name: deps.library.getVersion(id).name,
        text: bytes === undefined ? '' : (decodeText(bytes) ?? ''),
      };
    }),
    isNameTaken: (name) => deps.library.findSkill(name) !== undefined,
  });
}

function toDraft(
  deps: LearningDeps,
  kind: AuthoredKind,
  plan: Pick<ChangePlan, 'parents'>,
  { files, summary }: { readonly files: SkillFiles; readonly summary: string },
  changeId: string,
): Draft {
  return {
    ...{ origin: ORIGIN_OF[kind], parents: plan.parents, files, reason: summary, state: 'trial' },
    ...{ author: authorName(deps), evidence: changeId },
  };
}

/** A person may approve what was written before, where no model is set up any more. */
function authorName(deps: LearningDeps): string {
  try {
    return `learning (${deps.model('evolution').id})`;
  } catch (error) {
    if (error instanceof OpenSpaceError && error.code === 'config') return 'learning';
    throw error;
  }
}

/** Brings a change into the library. A change that is there already, from a process that died, is found again. */
export async function commitChange(
  deps: LearningDeps,
  change: LearntChange,
  state: 'trial' | 'trusted',
  by: string,
): Promise<LearntChange> {
  const decided = { ...change, decidedAt: deps.world.now(), decidedBy: by };
  if (change.kind === 'retire') return retire(deps, decided);
  if (change.files === null) return { ...decided, state: 'rejected', reason: 'there is nothing to commit' };
  const parents = change.parents.map((id) => deps.library.getVersion(id).versionId);
  const draft = toDraft(deps, change.kind, { parents }, { ...change, files: change.files }, change.changeId);
  const before = committedBefore(deps, change);
  if (before !== undefined) return { ...decided, ...before, state: 'committed' };
  const result = await deps.library.commit({ ...draft, state });
  if (result.ok)
    return {
      ...decided,
      state: 'committed',
      versionId: result.version.versionId,
      skillId: result.skill.skillId,
    };
  return { ...decided, state: 'rejected', reason: explain(result) };
}

const explain = ({ reason, findings }: Extract<CommitResult, { ok: false }>) =>
  `The library refused it (${reason}): ${findings.map(({ message }) => message).join(' ')}`;

/** The version that carries this change's id, if a process that died had committed it. */
function committedBefore({ library }: LearningDeps, change: LearntChange) {
  const own = change.skillId === null ? undefined : library.findSkill(change.skillId);
  const name = change.files === null ? undefined : nameIn(change.files);
  for (const skill of [own, name === undefined ? undefined : library.findSkill(name)]) {
    const version =
      skill && library.versions(skill.skillId).find(({ evidence }) => evidence === change.changeId);
    if (version !== undefined) return { versionId: version.versionId, skillId: version.skillId };
  }
  return undefined;
}

function nameIn(files: SkillFiles): string | undefined {
  const bytes = files.get(SKILL_FILE);
  return /^name:\s*["']?([^"'\n]+)/m.exec(bytes === undefined ? '' : (decodeText(bytes) ?? ''))?.[1]?.trim();
}

async function retire(deps: LearningDeps, change: LearntChange): Promise<LearntChange> {
  const skill = change.skillId === null ? undefined : deps.library.findSkill(change.skillId);
  if (skill === undefined) return { ...change, state: 'rejected', reason: 'the skill is not there any more' };
  try {
    await deps.library.archive(skill.skillId, true, { author: 'learning', reason: change.direction });
    return { ...change, state: 'committed' };
  } catch (error) {
    if (error instanceof OpenSpaceError) return { ...change, state: 'rejected', reason: toMessage(error) };
    throw error;
  }
}

/** Drafts a change without writing anything down, for a dry run. */
export async function sketchChange(
  deps: LearningDeps,
  plan: ChangePlan,
  signal: AbortSignal,
): Promise<LearntChange> {
  const blank = blankChange(deps, `sketch_${deps.world.randomHex(4)}`, null, plan);
  const drafted = await draftChange(deps, { job: undefined, plan, blank, signal });
  return 'status' in drafted ? { ...blank, state: 'rejected', reason: drafted.note } : drafted;
}
