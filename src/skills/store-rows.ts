// Rows of the library's tables as SQLite gives them, and what the rest of the room gets to see of them.
import type { Origin, Skill, SkillId, Version, VersionId, VersionState } from './skill.ts';
import type { CHANGE_ACTIONS } from './store-schema.ts';

export type ChangeAction = (typeof CHANGE_ACTIONS)[number];
export type SkillFlag = 'archived' | 'pinned' | 'quarantined';

/** One entry of a skill's change log. */
export interface Change {
  readonly changeId: number;
  readonly skillId: SkillId;
  readonly action: ChangeAction;
  readonly versionId: VersionId | undefined;
  readonly headBefore: VersionId | undefined;
  readonly stateBefore: VersionState | undefined;
  /** The folder it had, for an archived skill. */
  readonly folder: string | undefined;
  readonly author: string;
  readonly reason: string;
  /** The change that this one undid. */
  readonly undoes: number | undefined;
  readonly createdAt: string;
}

export type NewChange = Pick<Change, 'skillId' | 'action' | 'author' | 'reason'> &
  Partial<Pick<Change, 'versionId' | 'headBefore' | 'stateBefore' | 'folder' | 'undoes'>>;

export interface SkillRow {
  readonly skill_id: SkillId;
  readonly name: string;
  readonly description: string;
  readonly tags: string;
  readonly head_id: VersionId | null;
  readonly trial_id: VersionId | null;
  readonly folder: string | null;
  readonly flags: string | null;
}

export interface VersionRow {
  readonly version_id: VersionId;
  readonly skill_id: SkillId;
  readonly number: number;
  readonly name: string;
  readonly description: string;
  readonly origin: Origin;
  readonly files_hash: string;
  readonly reason: string;
  readonly author: string;
  readonly evidence: string | null;
  readonly created_at: string;
  readonly state: VersionState;
  readonly parents: string | null;
}

export interface ChangeRow {
  readonly change_id: number;
  readonly skill_id: SkillId;
  readonly action: ChangeAction;
  readonly version_id: VersionId | null;
  readonly head_before: VersionId | null;
  readonly state_before: VersionState | null;
  readonly folder: string | null;
  readonly author: string;
  readonly reason: string;
  readonly undoes: number | null;
  readonly created_at: string;
}

export function toSkill(row: SkillRow): Skill {
  const flags = row.flags ?? '';
  return {
    skillId: row.skill_id,
    name: row.name,
    description: row.description,
    tags: parseTags(row.tags),
    head: row.head_id ?? undefined,
    trial: row.trial_id ?? undefined,
    folder: row.folder ?? undefined,
    archived: flags.includes('archived'),
    pinned: flags.includes('pinned'),
    quarantined: flags.includes('quarantined'),
  };
}

/** The schema guarantees a JSON array; what is in it is looked at here. */
function parseTags(text: string): string[] {
  const value: unknown = JSON.parse(text);
  return Array.isArray(value) ? value.filter((tag) => typeof tag === 'string') : [];
}

export function toVersion(row: VersionRow): Version {
  return {
    versionId: row.version_id,
    skillId: row.skill_id,
    number: row.number,
    name: row.name,
    description: row.description,
    origin: row.origin,
    parents: row.parents === null ? [] : (row.parents.split('\n') as VersionId[]),
    state: row.state,
    filesHash: row.files_hash,
    reason: row.reason,
    author: row.author,
    evidence: row.evidence,
    createdAt: row.created_at,
  };
}

export function toChange(row: ChangeRow): Change {
  return {
    changeId: row.change_id,
    skillId: row.skill_id,
    action: row.action,
    versionId: row.version_id ?? undefined,
    headBefore: row.head_before ?? undefined,
    stateBefore: row.state_before ?? undefined,
    folder: row.folder ?? undefined,
    author: row.author,
    reason: row.reason,
    undoes: row.undoes ?? undefined,
    createdAt: row.created_at,
  };
}
