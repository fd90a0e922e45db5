// The review queue: a person approves, rejects or edits what learning proposes, and can take any decision back.
import { OpenSpaceError } from '../lib/index.ts';
import { diffFiles, type SkillFiles } from '../skills/index.ts';
import type { LearningDeps } from './deps.ts';
import { countChangedLines } from './evolve/file-map.ts';
import type { Verdict } from './gate.ts';
import { commitChange } from './learn-change.ts';
import { retireParents } from './trust/settle.ts';
import type { ChangeState, LearntChange } from './work-store.ts';

/** Changes that wait for a person, newest first; `all` adds those that are decided. */
export function listReviews(deps: Pick<LearningDeps, 'store'>, all = false): readonly LearntChange[] {
  return deps.store.changes(all ? undefined : ['proposed']);
}

/** By its id or the start of it. Throws `not-found`. */
export function pickReview(deps: Pick<LearningDeps, 'store'>, id: string): LearntChange {
  const wanted = id.startsWith('change_') ? id : `change_${id}`;
  const found = deps.store.changes().filter(({ changeId }) => changeId.startsWith(wanted));
  const [change] = found;
  if (change !== undefined && found.length === 1) return change;
  throw new OpenSpaceError(
    'not-found',
    `There is ${found.length === 0 ? 'no change' : 'more than one change'} "${id}".`,
    {
      hint: 'See what there is: openspace review list --all',
    },
  );
}

/** What it would change, as a unified diff against the version that it starts from. */
export function diffOfReview({ library }: Pick<LearningDeps, 'library'>, change: LearntChange): string {
  if (change.files === null) return '';
  const [parent] = change.parents;
  const begins = change.kind === 'capture' || change.kind === 'derive' || change.kind === 'merge';
  const before: SkillFiles = parent === undefined || begins ? new Map() : library.read(parent);
  return diffFiles(before, change.files);
}

/** Brings a proposed change into the library, on trial or (`trusted`) in use at once. Throws `invalid` if it can't be. */
export async function approveReview(
  deps: LearningDeps,
  id: string,
  options: { readonly by: string; readonly trusted: boolean },
): Promise<LearntChange> {
  const change = expect(pickReview(deps, id), ['proposed'], 'approve');
  const state = options.trusted || change.verdict?.decision === 'trusted' ? 'trusted' : 'trial';
  const done = await commitChange(deps, change, state, options.by);
  save(deps, done, done.state === 'committed' ? 'changed' : 'rejected');
  if (done.state !== 'committed')
    throw new OpenSpaceError('invalid', done.reason, {
      hint: 'The skill has changed since: let it be written again with openspace learn, or reject it.',
    });
  if (state === 'trusted' && done.versionId !== null) await retireParents(deps, done.versionId);
  return done;
}

/** Turns a change down. The same is not suggested again for a while. */
export function rejectReview(
  deps: LearningDeps,
  id: string,
  options: { readonly by: string; readonly reason: string },
): LearntChange {
  const change = expect(pickReview(deps, id), ['proposed'], 'reject');
  return save(deps, decide(deps, change, 'rejected', options.by, options.reason), 'rejected');
}

/** Puts other files in place of the proposed ones; they are checked like a draft. */
export async function editReview(
  deps: LearningDeps,
  id: string,
  files: SkillFiles,
  by: string,
  signal: AbortSignal,
): Promise<LearntChange> {
  const change = expect(pickReview(deps, id), ['proposed'], 'edit');
  if (change.files === null) throw new OpenSpaceError('invalid', `A ${change.kind} has no files to edit.`);
  const [parent] = change.parents;
  const current = parent === undefined || change.kind !== 'fix' ? undefined : deps.library.read(parent);
  const verdict: Verdict = await deps.verify(
    {
      ...{ origin: 'edited', parents: [], files, reason: change.summary, author: by, state: 'trial' },
    },
    { direction: change.direction, evidence: change.evidence, runIds: [] },
    { current, recordings: [], signal },
  );
  if (verdict.decision === 'reject')
    throw new OpenSpaceError('invalid', `The edited skill is not sound: ${verdict.reasons.join(' ')}`);
  const changedLines = countChangedLines(parent === undefined ? new Map() : deps.library.read(parent), files);
  const { decision, reasons, report } = verdict;
  return save(deps, { ...change, files, changedLines, verdict: { decision, reasons, report } }, 'admitted');
}

/** Takes a decision back: a rejected change is proposed again, a committed one leaves the library as it was before. */
export async function undoReview(deps: LearningDeps, id: string, by: string): Promise<LearntChange> {
  const change = expect(pickReview(deps, id), ['rejected', 'committed', 'declined'], 'undo');
  if (change.state !== 'committed') {
    if (change.files === null)
      throw new OpenSpaceError('invalid', 'Nothing was written that could be proposed again.');
    return save(deps, { ...change, state: 'proposed', decidedAt: null, decidedBy: null }, 'admitted');
  }
  await takeOut(deps, change, by);
  return save(deps, decide(deps, change, 'undone', by, 'taken back'), 'rejected');
}

async function takeOut(deps: LearningDeps, change: LearntChange, by: string): Promise<void> {
  const cause = { author: by, reason: `Undo: ${change.summary || change.direction}` };
  const skill = change.skillId === null ? undefined : deps.library.findSkill(change.skillId);
  if (skill === undefined) return;
  if (change.kind === 'retire') {
    await deps.library.archive(skill.skillId, false, cause);
    return;
  }
  if (change.versionId === null) return;
  const result = await deps.library.rollback(change.versionId, cause);
  if (!result.ok && result.findings[0]?.rule === 'commit/last-trusted')
    await deps.library.archive(skill.skillId, true, cause);
  if (change.kind === 'merge')
    for (const parent of change.parents)
      await deps.library.archive(deps.library.getVersion(parent).skillId, false, cause);
}

function expect(change: LearntChange, states: readonly ChangeState[], doing: string): LearntChange {
  if (states.includes(change.state)) return change;
  throw new OpenSpaceError(
    'invalid',
    `${change.changeId} is ${change.state}: there is nothing to ${doing}.`,
    {
      hint: 'See what waits: openspace review list',
    },
  );
}

const decide = (
  deps: LearningDeps,
  change: LearntChange,
  state: ChangeState,
  by: string,
  reason: string,
): LearntChange => ({
  ...change,
  ...{ state, reason, decidedBy: by, decidedAt: deps.world.now() },
});

function save(
  deps: LearningDeps,
  change: LearntChange,
  topic: 'admitted' | 'changed' | 'rejected',
): LearntChange {
  deps.db.transaction(() => {
    deps.store.saveChange(change);
    if (change.topicId !== null) deps.store.setTopic(change.topicId, topic);
  });
  return change;
}
