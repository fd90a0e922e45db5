// Promotes and takes back versions by what runs have shown. Doing it again changes nothing.
import type { Skill, Version } from '../../skills/index.ts';
import type { LearningDeps } from '../deps.ts';
import { judgeTrust, type Trial, type TrustVerdict } from './trust.ts';

export interface TrustChange {
  readonly skillId: string;
  readonly versionId: string;
  readonly verdict: TrustVerdict;
  /** False if the library refused, with why. */
  readonly done: boolean;
  readonly refused?: string;
}

const AUTHOR = 'learning';
/** Success that is expected where nothing is known. */
const USUAL_SUCCESS = 0.7;
/** Runs of the version before that a baseline must rest on. */
const BASELINE_RUNS = 3;

/** Looks at the versions in use of some skills, and does what their record asks for. */
export async function settleTrust(
  deps: LearningDeps,
  skillIds: Iterable<string>,
): Promise<readonly TrustChange[]> {
  const changes: TrustChange[] = [];
  for (const skillId of new Set(skillIds)) {
    const skill = deps.library.findSkill(skillId);
    if (skill === undefined) continue;
    const change =
      skill.trial === undefined ? await settleHead(deps, skill) : await settleTrial(deps, skill, skill.trial);
    if (change !== undefined) changes.push(change);
  }
  return changes;
}

async function settleTrial(
  deps: LearningDeps,
  skill: Skill,
  trial: string,
): Promise<TrustChange | undefined> {
  const verdict = judge(deps, deps.library.getVersion(trial), 'trial', skill.head);
  if (verdict.decision === 'wait') return undefined;
  if (verdict.decision === 'rollback') return takeBack(deps, skill, trial, verdict);
  const result = await deps.library.promote(trial, { author: AUTHOR, reason: verdict.reason });
  if (result.ok) await retireParents(deps, trial);
  return report(skill, trial, verdict, result.ok ? undefined : result.findings[0]?.message);
}

/** A head that learning made is watched on: it may have been promoted by luck. */
async function settleHead(deps: LearningDeps, skill: Skill): Promise<TrustChange | undefined> {
  const head = skill.head;
  if (head === undefined || skill.pinned || deps.store.changeOfVersion(head) === undefined) return undefined;
  const version = deps.library.getVersion(head);
  const verdict = judge(deps, version, 'trusted', version.parents[0]);
  return verdict.decision === 'rollback' ? takeBack(deps, skill, head, verdict) : undefined;
}

async function takeBack(
  deps: LearningDeps,
  skill: Skill,
  versionId: string,
  verdict: TrustVerdict,
): Promise<TrustChange> {
  const cause = { author: AUTHOR, reason: verdict.reason };
  const result = await deps.library.rollback(versionId, cause);
  if (!result.ok && result.findings[0]?.rule === 'commit/last-trusted') {
    // Learnt from nothing, and no good: there is no version before it to go back to.
    await deps.library.archive(skill.skillId, true, cause);
    return report(skill, versionId, verdict, undefined);
  }
  const change = deps.store.changeOfVersion(versionId);
  if (result.ok && change?.topicId != null) deps.store.setTopic(change.topicId, 'rejected');
  return report(skill, versionId, verdict, result.ok ? undefined : result.findings[0]?.message);
}

function report(
  skill: Skill,
  versionId: string,
  verdict: TrustVerdict,
  refused: string | undefined,
): TrustChange {
  const base = { skillId: skill.skillId, versionId, verdict, done: refused === undefined };
  return refused === undefined ? base : { ...base, refused };
}

function judge(
  deps: LearningDeps,
  version: Version,
  state: 'trial' | 'trusted',
  predecessor: string | undefined,
): TrustVerdict {
  const topicId = deps.store.changeOfVersion(version.versionId)?.topicId;
  return judgeTrust({
    state,
    trials: trialsOf(deps, version.versionId),
    learntFrom: new Set(topicId == null ? [] : deps.store.taskKeysOf(topicId)),
    baseline: baselineOf(deps, predecessor),
    rules: deps.trust,
  });
}

function baselineOf(deps: LearningDeps, versionId: string | undefined): number {
  const trials = versionId === undefined ? [] : trialsOf(deps, versionId).filter(({ applied }) => applied);
  if (trials.length < BASELINE_RUNS) return USUAL_SUCCESS;
  return (trials.filter(({ taskDone }) => taskDone).length + 1) / (trials.length + 2);
}

/** How runs went that had the version, oldest first. An attempt that was followed by another did not do the task. */
export function trialsOf({ db }: Pick<LearningDeps, 'db'>, versionId: string): readonly Trial[] {
  return db
    .all<{ taskKey: string; applied: number; done: number; effect: Trial['effect']; environment: number }>(
      `SELECT coalesce(k.task_key, u.run_id) AS taskKey, j.applied,
         a.completed AND NOT EXISTS (SELECT 1 FROM learn_attempts later
           WHERE later.run_id = u.run_id AND later.attempt > u.attempt) AS done,
         coalesce(e.effect, 'none') AS effect, coalesce(e.cause, 'none') = 'environment' AS environment
       FROM learn_uses u
       JOIN learn_runs r ON r.run_id = u.run_id AND r.purpose <> 'replay'
       JOIN learn_analyses a ON a.run_id = u.run_id
       JOIN learn_judgments j ON j.run_id = u.run_id AND j.version_id = u.version_id
       LEFT JOIN learn_effects e ON e.run_id = u.run_id AND e.version_id = u.version_id
       LEFT JOIN learn_tasks k ON k.run_id = u.run_id
       WHERE u.version_id = ? AND u.how <> 'offered' ORDER BY r.started_at, u.run_id, u.attempt`,
      versionId,
    )
    .map((row) => ({
      ...{ taskKey: row.taskKey, effect: row.effect },
      ...{ applied: row.applied === 1, taskDone: row.done === 1, environment: row.environment === 1 },
    }));
}

/** Once a merged skill has shown itself, those that it was made of are put away; they stay in the library. */
export async function retireParents(deps: LearningDeps, versionId: string): Promise<void> {
  const change = deps.store.changeOfVersion(versionId);
  if (change?.kind !== 'merge') return;
  const merged = deps.library.getVersion(versionId);
  for (const parent of change.parents) {
    const skill = deps.library.getSkill(deps.library.getVersion(parent).skillId);
    if (skill.pinned || skill.skillId === merged.skillId) continue;
    await deps.library.archive(skill.skillId, true, { author: AUTHOR, reason: `Merged into ${merged.name}` });
  }
}
