// Carries accepted proposals out, through the library's own door, and takes them back.
import type { Change, Library, Skill, SkillId } from '../../skills/index.ts';
import type { Proposal } from './propose.ts';

export type Applied =
  | { readonly ok: true; readonly proposal: Proposal; readonly skill: Skill | undefined }
  | { readonly ok: false; readonly proposal: Proposal; readonly reason: string };

const reasonOf = ({ id, evidence }: Proposal) => `Consolidation ${id}: ${evidence[0] ?? ''}`;
const OURS = /^Consolidation ([0-9a-f]{8}): /;

/**
 * Carries out one proposal. Refused, with nothing changed, if one of its skills has changed since. A merge puts the
 * parents away first, because the merged skill takes the leading one's name and folder; if it is refused they come back.
 */
export async function applyProposal(library: Library, proposal: Proposal, author: string): Promise<Applied> {
  const refuse = (reason: string): Applied => ({ ok: false, proposal, reason });
  const moved = proposal.skills.find(({ skillId, versionId }) => {
    const skill = library.getSkill(skillId);
    return skill.head !== versionId || skill.archived || skill.pinned || skill.trial !== undefined;
  });
  if (moved !== undefined) return refuse(`${moved.name} has changed since this was proposed`);
  const cause = { author, reason: reasonOf(proposal) };
  const archived: SkillId[] = [];
  if (proposal.kind !== 'shrink')
    for (const { skillId } of proposal.skills) {
      if ((await library.archive(skillId, true, cause)).changed) archived.push(skillId);
    }
  if (proposal.kind === 'archive') return { ok: true, proposal, skill: undefined };
  const result = await library.commit({
    ...{ origin: proposal.kind === 'merge' ? 'merged' : 'shrunk', files: proposal.files, state: 'trusted' },
    parents: proposal.skills.map(({ versionId }) => versionId),
    ...{ ...cause, evidence: `consolidation:${proposal.id}` },
  });
  if (result.ok && !result.skill.quarantined) return { ok: true, proposal, skill: result.skill };
  if (result.ok) await library.undo(result.skill.skillId, author);
  for (const skillId of archived.reverse()) await library.undo(skillId, author);
  return refuse(
    result.ok
      ? 'a safety rule asks for a look at the result'
      : (result.findings[0]?.message ?? result.reason),
  );
}

export interface TakenBack {
  /** Ids of proposals that are taken back as a whole. */
  readonly undone: readonly string[];
  /** Skills that were changed after it: their proposals stay as they are. */
  readonly left: readonly { readonly name: string; readonly id: string; readonly reason: string }[];
}

interface Step {
  readonly id: string;
  readonly skill: Skill;
  readonly change: Change;
}

/**
 * Takes back what consolidation did, newest first: all of it, or the proposals named. A proposal of which any skill was
 * changed since is left alone as a whole: half a merge taken back would leave a skill and its parents side by side.
 */
export async function undoConsolidation(
  library: Library,
  author: string,
  ids?: readonly string[],
): Promise<TakenBack> {
  const steps = standingSteps(library).filter(({ id }) => ids === undefined || ids.includes(id));
  const left = steps
    .filter(({ skill, change }) => lastChange(library, skill.skillId)?.changeId !== change.changeId)
    .map(({ id, skill }) => ({ name: skill.name, id, reason: 'it was changed since' }));
  const stuck = new Set(left.map(({ id }) => id));
  const free = steps.filter(({ id }) => !stuck.has(id)).sort((a, b) => b.change.changeId - a.change.changeId);
  for (const { skill, change } of free) {
    const version = change.versionId === undefined ? undefined : library.findVersion(change.versionId);
    // Rolling back makes the earlier version the head again, where undo would bring its files back as a new one.
    if (version?.origin === 'shrunk')
      await library.rollback(version.versionId, { author, reason: `Undo: ${change.reason}` });
    else await library.undo(skill.skillId, author);
  }
  return { undone: [...new Set(free.map(({ id }) => id))], left };
}

/** Changes of consolidation that still stand. */
function standingSteps(library: Library): Step[] {
  const steps: Step[] = [];
  let after: string | undefined;
  do {
    const page = library.list({
      ...{ limit: 1_000, include: ['archived', 'quarantined', 'shadowed', 'unready'] },
      ...(after === undefined ? {} : { after }),
    });
    for (const skill of page.skills)
      for (const change of standingChanges(library, skill.skillId)) {
        const id = OURS.exec(change.reason)?.[1];
        if (id !== undefined) steps.push({ id, skill, change });
      }
    after = page.next;
  } while (after !== undefined);
  return steps;
}

/** Newest first: what was neither undone nor is itself an undoing, and whose version still counts. */
function standingChanges(library: Library, skillId: SkillId): readonly Change[] {
  const changes = library.changes(skillId);
  const undone = new Set(changes.map(({ undoes }) => undoes));
  return changes.filter(
    ({ changeId, undoes, action, versionId }) =>
      undoes === undefined &&
      !undone.has(changeId) &&
      !(
        action === 'commit' &&
        versionId !== undefined &&
        library.findVersion(versionId)?.state === 'rejected'
      ),
  );
}

const lastChange = (library: Library, skillId: SkillId) =>
  standingChanges(library, skillId).find(({ action }) => action !== 'rollback');
