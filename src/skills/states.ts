// Changes to a skill that bring no new text: promote, roll back, restore, archive, pin, quarantine, and undo of any change.
import { OpenSpaceError, unreachable } from '../lib/index.ts';
import { changeSkill } from './change-skill.ts';
import { commitDraft, refuse, requireSkill, staleHead } from './commit.ts';
import { type LibraryContext, nowUtc } from './library-context.ts';
import type { CommitResult, Finding, Skill, SkillId, Version } from './skill.ts';
import type { Change, ChangeAction, SkillFlag } from './store-rows.ts';

/** Who changes something, and why: kept in the skill's change log. */
export interface Cause {
  readonly author: string;
  readonly reason: string;
}

type Undoing = Cause & { readonly undoes?: number };

const undone = (cause: Undoing) => (cause.undoes === undefined ? {} : { undoes: cause.undoes });

/** See `Library.promote`. */
export function promote(context: LibraryContext, versionId: string, cause: Undoing): CommitResult {
  const version = context.store.requireVersion(versionId);
  const { result, findings } = changeSkill(context, version.skillId, (): CommitResult | undefined => {
    const now = context.store.requireVersion(versionId);
    const skill = requireSkill(context, version.skillId);
    if (now.state === 'trusted')
      return refuse('unchanged', note('commit/unchanged', `${versionId} is trusted already`));
    if (skill.head !== undefined && now.parents[0] !== skill.head)
      return refuse('stale-head', staleHead(skill.name, skill.head));
    context.store.setState(now, 'trusted');
    log(context, skill, 'promote', now, cause);
    return undefined;
  });
  return result ?? accepted(context, version, findings);
}

/**
 * See `Library.rollback`. A head that is taken back makes the trusted version before it the head.
 */
export function rollback(context: LibraryContext, versionId: string, cause: Undoing): CommitResult {
  const version = context.store.requireVersion(versionId);
  const { result, findings } = changeSkill(context, version.skillId, (): CommitResult | undefined => {
    const now = context.store.requireVersion(versionId);
    const skill = requireSkill(context, version.skillId);
    if (now.state === 'rejected' || now.state === 'retired')
      return refuse('unchanged', note('commit/unchanged', `${versionId} is ${now.state} already`));
    const earlier = context.store
      .versions(skill.skillId)
      .some((each) => each.state === 'trusted' && each.versionId !== versionId);
    if (now.state === 'trusted' && !earlier)
      return refuse('invalid', {
        ...note('commit/last-trusted', `${versionId} is the only trusted version of "${skill.name}"`),
        hint: `To put the skill away: openspace skills archive ${skill.name}`,
      });
    context.store.setState(now, 'rejected');
    log(context, skill, 'rollback', now, cause);
    return undefined;
  });
  return result ?? accepted(context, version, findings);
}

const note = (rule: string, message: string): Finding => ({ rule, severity: 'info', message });

function accepted(context: LibraryContext, version: Version, findings: readonly Finding[]): CommitResult {
  return {
    ok: true,
    skill: requireSkill(context, version.skillId),
    version: context.store.requireVersion(version.versionId),
    findings,
  };
}

function log(
  context: LibraryContext,
  skill: Skill,
  action: ChangeAction,
  version: Version | undefined,
  cause: Undoing,
): void {
  context.store.logChange(
    {
      ...{ skillId: skill.skillId, action, author: cause.author, reason: cause.reason },
      ...(version === undefined ? {} : { versionId: version.versionId, stateBefore: version.state }),
      ...(skill.head === undefined ? {} : { headBefore: skill.head }),
      ...(skill.folder === undefined ? {} : { folder: skill.folder }),
      ...undone(cause),
    },
    nowUtc(context),
  );
}

/** See `Library.restore`: a new version with the old one's files, whose parents are the head and the old one. */
export function restore(context: LibraryContext, versionId: string, cause: Undoing): CommitResult {
  const version = context.store.requireVersion(versionId);
  const files = context.store.content.files(version.filesHash);
  // A hand edit is taken in by the commit, which moves the head: then the second try starts from that.
  for (let attempt = 1; ; attempt += 1) {
    const skill = requireSkill(context, version.skillId);
    const base = skill.head ?? skill.trial ?? version.versionId;
    const result = commitDraft(
      context,
      {
        ...{ origin: 'restored', state: 'trusted', files, author: cause.author, reason: cause.reason },
        parents: [...new Set([base, version.versionId])],
      },
      cause.undoes,
    );
    if (result.ok) return result;
    // The head already is what is wanted, while the folder holds something that was objected to.
    if (result.reason === 'unchanged' && skill.quarantined) return reshow(context, skill, version, cause);
    if (result.reason !== 'stale-head' || attempt === 5) return result;
  }
}

/** Lets a quarantined skill go back to the good head that it has: the folder is written again. */
function reshow(context: LibraryContext, skill: Skill, version: Version, cause: Undoing): CommitResult {
  const { findings } = setFlag(context, skill.skillId, 'quarantined', false, cause);
  return accepted(context, version, findings);
}

const FLAG_ACTIONS: Record<SkillFlag, { on: ChangeAction; off: ChangeAction }> = {
  archived: { on: 'archive', off: 'unarchive' },
  pinned: { on: 'pin', off: 'unpin' },
  quarantined: { on: 'quarantine', off: 'release' },
};

export interface FlagResult {
  readonly skill: Skill;
  readonly changed: boolean;
  readonly findings: readonly Finding[];
}

/** Archives, pins or quarantines a skill, or ends that. Setting what is set already changes nothing. */
export function setFlag(
  context: LibraryContext,
  skillId: SkillId,
  flag: SkillFlag,
  on: boolean,
  cause: Undoing,
): FlagResult {
  const { result, findings } = changeSkill(context, skillId, () => {
    const skill = requireSkill(context, skillId);
    if (skill[flag] === on) return false;
    if (on) context.store.setFlag(skillId, flag, cause.reason, nowUtc(context));
    else context.store.clearFlag(skillId, flag);
    log(context, skill, FLAG_ACTIONS[flag][on ? 'on' : 'off'], undefined, cause);
    return true;
  });
  return { skill: requireSkill(context, skillId), changed: result, findings };
}

export interface UndoResult {
  readonly skill: Skill;
  readonly undone: Change;
  readonly findings: readonly Finding[];
}

/** See `Library.undo`. */
export function undo(context: LibraryContext, skillId: SkillId, author: string): UndoResult {
  // An edit that nobody has taken in yet is the newest change; look before choosing what to undo.
  changeSkill(context, skillId, () => undefined);
  const skill = requireSkill(context, skillId);
  const change = context.store.lastUndoable(skillId);
  if (change === undefined)
    throw new OpenSpaceError('not-found', `There is nothing to undo for "${skill.name}".`, {
      hint: `See its history: openspace skills log ${skill.name}`,
    });
  const cause = { author, reason: `Undo: ${change.reason}`, undoes: change.changeId };
  const findings = undoOne(context, skill, change, cause);
  return { skill: requireSkill(context, skillId), undone: change, findings };
}

function undoOne(
  context: LibraryContext,
  skill: Skill,
  change: Change,
  cause: Undoing & { undoes: number },
): readonly Finding[] {
  const flag = (name: SkillFlag, on: boolean) => setFlag(context, skill.skillId, name, on, cause).findings;
  switch (change.action) {
    case 'archive':
      return flag('archived', false);
    case 'unarchive':
      return flag('archived', true);
    case 'pin':
      return flag('pinned', false);
    case 'unpin':
      return flag('pinned', true);
    case 'quarantine':
      return flag('quarantined', false);
    case 'release':
      return flag('quarantined', true);
    case 'commit':
      return undoCommit(context, skill, change, cause);
    case 'promote':
    case 'rollback':
      return resetState(context, skill, change, cause);
    default:
      return unreachable(change.action);
  }
}

function undoCommit(
  context: LibraryContext,
  skill: Skill,
  change: Change,
  cause: Undoing & { undoes: number },
): readonly Finding[] {
  const version = change.versionId === undefined ? undefined : context.store.findVersion(change.versionId);
  const onTrial = version?.state === 'trial' || version?.state === 'candidate';
  if (onTrial && !(skill.quarantined && change.headBefore !== undefined))
    return resetState(context, skill, { ...change, stateBefore: 'rejected' }, cause);
  // The first version of a skill has nothing before it: the skill is put away.
  if (change.headBefore === undefined)
    return setFlag(context, skill.skillId, 'archived', true, cause).findings;
  const result = restore(context, change.headBefore, cause);
  if (result.ok) return result.findings;
  if (result.reason === 'unchanged') {
    const at = nowUtc(context);
    context.store.logChange({ skillId: skill.skillId, action: 'commit', ...cause }, at);
    return [];
  }
  throw new OpenSpaceError(
    'invalid',
    `"${skill.name}" could not be brought back: ${result.findings[0]?.message ?? result.reason}`,
    { hint: `See its versions: openspace skills log ${skill.name}` },
  );
}

/** Gives the change's version the state that it had before. */
function resetState(
  context: LibraryContext,
  skill: Skill,
  change: Change,
  cause: Undoing & { undoes: number },
): readonly Finding[] {
  return changeSkill(context, skill.skillId, () => {
    const version = change.versionId === undefined ? undefined : context.store.findVersion(change.versionId);
    if (version === undefined || change.stateBefore === undefined) return;
    const action = change.stateBefore === 'trusted' ? 'promote' : 'rollback';
    // Only one trial may stand: one that has come since keeps its place.
    const taken = change.stateBefore === 'trial' && requireSkill(context, skill.skillId).trial !== undefined;
    context.store.setState(version, taken ? 'candidate' : change.stateBefore);
    log(context, skill, action, version, cause);
  }).findings;
}
