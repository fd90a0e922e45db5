// library.commit: the one door through which a skill changes. All or nothing.
import { OpenSpaceError } from '../lib/index.ts';
import { changeSkill } from './change-skill.ts';
import { type CheckedSkill, checkSkill, isAtLeast, nameAfter } from './check.ts';
import { newId } from './journal.ts';
import { type LibraryContext, nowUtc } from './library-context.ts';
import { newVersionId } from './names.ts';
import {
  type CommitResult,
  type Draft,
  type Finding,
  ORIGIN_RULES,
  type Origin,
  type SkillId,
  type Version,
  type VersionState,
} from './skill.ts';
import { describeFiles, type Manifest } from './store-content.ts';

type Refusal = Extract<CommitResult, { ok: false }>;

/** Origins that begin a skill of their own although they have parents. */
const BEGINS_SKILL: ReadonlySet<Origin> = new Set(['captured', 'derived', 'merged']);

export const newSkillId = (context: LibraryContext) => `sk_${context.world.randomHex(8)}` as SkillId;

/** See `Library.commit`. `undoes`: the change that this commit takes back. */
export function commitDraft(context: LibraryContext, draft: Draft, undoes?: number): CommitResult {
  const parents = draft.parents.map((id) => context.store.requireVersion(id));
  const [first] = parents;
  const skillId = first === undefined || BEGINS_SKILL.has(draft.origin) ? undefined : first.skillId;
  const refused = arityRefusal(draft);
  if (refused !== undefined) return refused;
  const checked = checkSkill(draft.files, first?.name ?? 'skill');
  if (isAtLeast(checked.lint, 'block')) return { ok: false, reason: 'invalid', findings: checked.findings };
  if (isAtLeast(checked.safety, 'block')) return { ok: false, reason: 'unsafe', findings: checked.findings };

  const manifest = describeFiles(draft.files);
  const { result, findings } = changeSkill<Refusal | Version>(
    context,
    skillId,
    () =>
      refusal(context, draft, skillId, first, manifest) ??
      addDraft(context, { draft, skillId, checked, manifest, undoes }),
    (outcome) => ('ok' in outcome ? undefined : outcome.skillId),
  );
  if ('ok' in result) return result;
  return {
    ok: true,
    skill: requireSkill(context, result.skillId),
    version: context.store.requireVersion(result.versionId),
    findings: [...checked.findings, ...findings],
  };
}

function arityRefusal(draft: Draft): Refusal | undefined {
  const [least, most] = ORIGIN_RULES[draft.origin].parents;
  const unique = new Set(draft.parents).size;
  if (unique === draft.parents.length && unique >= least && unique <= most) return undefined;
  return refuse('invalid', {
    rule: 'commit/parents',
    severity: 'block',
    message: `A version of origin "${draft.origin}" has ${least === most ? least : `${least} to ${most}`} different parents, not ${draft.parents.length}`,
  });
}

/** Reasons that only show inside the transaction: the head has moved, or nothing would change. */
function refusal(
  context: LibraryContext,
  draft: Draft,
  skillId: SkillId | undefined,
  base: Version | undefined,
  manifest: Manifest,
): Refusal | undefined {
  if (skillId === undefined || base === undefined) {
    const twin = draft.parents.length === 0 ? context.store.skillWithFiles(manifest.filesHash) : undefined;
    return twin === undefined
      ? undefined
      : refuse('unchanged', {
          rule: 'commit/unchanged',
          severity: 'info',
          message: `The skill "${twin.name}" has exactly these files already`,
        });
  }
  const skill = requireSkill(context, skillId);
  // A skill without a head goes on from what it has.
  const expected = skill.head ?? skill.trial ?? base.versionId;
  if (base.versionId !== expected) return refuse('stale-head', staleHead(skill.name, expected));
  const current = [skill.head, draft.state === 'trial' ? skill.trial : undefined];
  if (!current.some((id) => id && context.store.requireVersion(id).filesHash === manifest.filesHash))
    return undefined;
  return refuse('unchanged', {
    rule: 'commit/unchanged',
    severity: 'info',
    message: `"${skill.name}" has exactly these files already`,
  });
}

export function staleHead(name: string, head: string): Finding {
  return {
    rule: 'commit/stale-head',
    severity: 'block',
    message: `"${name}" has changed in the meantime: its head is ${head}`,
    hint: 'Read the new head, make the change again from there, and commit that.',
  };
}

export const refuse = (reason: Refusal['reason'], finding: Finding): Refusal => ({
  ok: false,
  reason,
  findings: [finding],
});

interface Accepted {
  readonly draft: Draft;
  readonly skillId: SkillId | undefined;
  readonly checked: CheckedSkill;
  readonly manifest: Manifest;
  readonly undoes: number | undefined;
}

function addDraft(context: LibraryContext, accepted: Accepted): Version {
  const { store } = context;
  const { draft, skillId, checked, manifest, undoes } = accepted;
  const at = nowUtc(context);
  const id = skillId ?? newSkillId(context);
  const quarantine = isAtLeast(checked.safety, 'quarantine');
  const state: VersionState = quarantine ? 'candidate' : draft.state;
  if (skillId === undefined) store.createSkill(id, at);
  const headBefore = skillId === undefined ? undefined : store.findSkill(skillId)?.head;
  const name = nameFor(context, accepted);
  store.content.put(manifest);
  const version = store.addVersion({
    versionId:
      skillId === undefined && draft.origin === 'imported'
        ? newVersionId(name, 'imported', context.world)
        : newId(context, name, id),
    ...{ skillId: id, name, description: checked.description, tags: checked.parsed.tags },
    ...{ origin: draft.origin, parents: draft.parents, state, filesHash: manifest.filesHash },
    ...{ reason: draft.reason, author: draft.author, evidence: draft.evidence ?? null, createdAt: at },
  });
  store.logChange(
    {
      ...{ skillId: id, action: 'commit', versionId: version.versionId },
      ...{ author: draft.author, reason: draft.reason },
      ...(headBefore === undefined ? {} : { headBefore }),
      ...(undoes === undefined ? {} : { undoes }),
    },
    at,
  );
  if (quarantine && skillId === undefined)
    store.setFlag(id, 'quarantined', 'A safety rule asks for a look at it first', at);
  // Going back to a sound version is what ends a quarantine that a hand edit began.
  if (!quarantine && draft.origin === 'restored') store.clearFlag(id, 'quarantined');
  return version;
}

function nameFor(context: LibraryContext, { draft, skillId, checked }: Accepted): string {
  const base = skillId === undefined ? undefined : draft.parents[0];
  if (base === undefined) return checked.name;
  const { name, filesHash } = context.store.requireVersion(base);
  return nameAfter({ name, files: context.store.content.files(filesHash) }, checked);
}

export function requireSkill(context: LibraryContext, skillId: string) {
  const skill = context.store.findSkill(skillId);
  if (skill !== undefined) return skill;
  throw new OpenSpaceError('not-found', `There is no skill ${skillId} in the library.`, {
    hint: 'See what is there with: openspace skills list --all',
  });
}
