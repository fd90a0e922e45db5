// Makes a folder that was found, or brought from elsewhere, a skill: tolerant where commit is strict, and it says so.
import { changeSkill } from './change-skill.ts';
import { type CheckedSkill, checkSkill, isAtLeast, objectionOf } from './check.ts';
import { newSkillId, refuse, requireSkill } from './commit.ts';
import { type LibraryContext, nowUtc } from './library-context.ts';
import { newVersionId } from './names.ts';
import type { CommitResult, SkillFiles, Version, VersionId, VersionState } from './skill.ts';
import { describeFiles, type Manifest } from './store-content.ts';

/** A folder as it was read. */
export interface ReadFolder {
  readonly path: string;
  readonly files: SkillFiles;
  /** What its `.skill_id` says. */
  readonly sidecarId: string | undefined;
}

export interface NewSkill {
  readonly checked: CheckedSkill;
  readonly manifest: Manifest;
  readonly versionId: VersionId;
  /** The version that the folder is a copy of, if it is known. */
  readonly copyOf: Version | undefined;
  readonly state: VersionState;
  readonly reason: string;
  readonly author: string;
}

/** Writes a skill with its first version, quarantined if a check objects. Call inside a transaction. */
export function addSkill(context: LibraryContext, skill: NewSkill): Version {
  const { store } = context;
  const { checked, manifest, versionId, copyOf, reason, author } = skill;
  const at = nowUtc(context);
  const skillId = newSkillId(context);
  const objection = objectionOf(checked);
  store.createSkill(skillId, at);
  store.content.put(manifest);
  const version = store.addVersion({
    ...{ versionId, skillId, name: checked.name, description: checked.description },
    ...{ tags: checked.parsed.tags, filesHash: manifest.filesHash, reason, author, evidence: null },
    origin: copyOf === undefined ? 'imported' : 'derived',
    parents: copyOf === undefined ? [] : [copyOf.versionId],
    state: isAtLeast(checked.safety, 'block') ? 'rejected' : skill.state,
    createdAt: at,
  });
  store.logChange({ skillId, action: 'commit', versionId, author, reason }, at);
  if (objection !== undefined) store.setFlag(skillId, 'quarantined', objection, at);
  return version;
}

/** See `Library.adopt`. */
export function adoptFolder(
  context: LibraryContext,
  folder: ReadFolder,
  state: 'trusted' | 'trial',
  author: string,
): CommitResult {
  const folderName = folder.path.split('/').at(-1) ?? folder.path;
  const checked = checkSkill(folder.files, folderName, folderName);
  if (isAtLeast(checked.safety, 'block')) return { ok: false, reason: 'unsafe', findings: checked.findings };
  const manifest = describeFiles(folder.files);
  const versionId = (folder.sidecarId ?? newVersionId(checked.name, 'imported', context.world)) as VersionId;
  const { result, findings } = changeSkill(
    context,
    undefined,
    () => {
      const twin = context.store.skillWithFiles(manifest.filesHash);
      if (twin !== undefined || context.store.findVersion(versionId) !== undefined) return undefined;
      const reason = `Imported from ${folder.path}`;
      return addSkill(context, { checked, manifest, versionId, copyOf: undefined, state, reason, author });
    },
    (version) => version?.skillId,
  );
  if (result === undefined)
    return refuse('unchanged', {
      rule: 'commit/unchanged',
      severity: 'info',
      message: `${folder.path} is in the library already`,
    });
  return {
    ok: true,
    skill: requireSkill(context, result.skillId),
    version: context.store.requireVersion(versionId),
    findings: [...checked.findings, ...findings],
  };
}
