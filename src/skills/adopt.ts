// Makes a folder that was found, or brought from elsewhere, a skill: tolerant where commit is strict, and it says so.
import { reindexAll, showNew } from './change-skill.ts';
import { isAtLeast, objectionOf, type ScannedSkill, scanFound } from './check.ts';
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

/** A folder and what came of it. */
export interface AdoptedFolder {
  readonly folder: ReadFolder;
  readonly result: CommitResult;
}

export interface NewSkill {
  readonly checked: ScannedSkill;
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
export function adoptFolders(
  context: LibraryContext,
  folders: readonly ReadFolder[],
  state: 'trusted' | 'trial',
  author: string,
): AdoptedFolder[] {
  const { store } = context;
  const adopted = store.db.transaction(() => {
    const results = folders.map((folder) => ({ folder, outcome: adoptOne(context, folder, state, author) }));
    reindexAll(
      context,
      results.flatMap(({ outcome }) => ('skillId' in outcome ? [outcome.skillId] : [])),
    );
    return results;
  });
  const findings = showNew(context, store.folders.unshown());
  return adopted.map(({ folder, outcome }) => {
    if (!('skillId' in outcome)) return { folder, result: outcome };
    const { skillId, versionId } = outcome;
    const skill = requireSkill(context, skillId);
    return { folder, result: { ok: true, skill, version: store.requireVersion(versionId), findings } };
  });
}

function adoptOne(
  context: LibraryContext,
  folder: ReadFolder,
  state: 'trusted' | 'trial',
  author: string,
): Version | Extract<CommitResult, { ok: false }> {
  const folderName = folder.path.split('/').at(-1) ?? folder.path;
  const checked = scanFound(folder.files, folderName);
  if (isAtLeast(checked.safety, 'block')) return { ok: false, reason: 'unsafe', findings: checked.findings };
  const manifest = describeFiles(folder.files);
  const { store, world } = context;
  const known = folder.sidecarId !== undefined && store.findVersion(folder.sidecarId) !== undefined;
  if (known || store.skillWithFiles(manifest.filesHash) !== undefined)
    return refuse('unchanged', {
      rule: 'commit/unchanged',
      severity: 'info',
      message: `${folder.path} is in the library already`,
    });
  const versionId = (folder.sidecarId ?? newVersionId(checked.name, 'imported', world)) as VersionId;
  const reason = `Imported from ${folder.path}`;
  return addSkill(context, { checked, manifest, versionId, copyOf: undefined, state, reason, author });
}
