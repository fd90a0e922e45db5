// The library's vocabulary: skill, version, draft, finding. See docs/formats/skill.md.

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** Opaque id of a version, shaped like the original's (`name__v2_ab12cd34`). Also what `.skill_id` holds. */
export type VersionId = Branded<string, 'VersionId'>;
/** Opaque id of a skill: stays the same over all its versions. */
export type SkillId = Branded<string, 'SkillId'>;

/** Relative path with `/` → bytes. Sidecars (`.skill_id`, `.upload_meta.json`) are never in it. */
export type SkillFiles = ReadonlyMap<string, Uint8Array>;

export const ORIGINS = [
  'imported',
  'edited',
  'captured',
  'derived',
  'fixed',
  'merged',
  'shrunk',
  'restored',
] as const;
export type Origin = (typeof ORIGINS)[number];

/**
 * Each origin's number of parents [min, max], and its name in the original's cloud.
 * A derived or merged version starts a skill of its own; the others with parents go on with the parent's.
 */
export const ORIGIN_RULES: Readonly<
  Record<
    Origin,
    {
      readonly parents: readonly [number, number];
      readonly cloud: 'imported' | 'captured' | 'derived' | 'fixed';
    }
  >
> = {
  imported: { parents: [0, 1], cloud: 'imported' }, // 1: a newer import of the same skill
  edited: { parents: [1, 1], cloud: 'fixed' },
  captured: { parents: [0, 0], cloud: 'captured' },
  derived: { parents: [1, 3], cloud: 'derived' },
  fixed: { parents: [1, 1], cloud: 'fixed' },
  merged: { parents: [2, 3], cloud: 'derived' },
  shrunk: { parents: [1, 1], cloud: 'fixed' },
  restored: { parents: [1, 2], cloud: 'fixed' }, // the head, and the version brought back
};

export const VERSION_STATES = ['candidate', 'trial', 'trusted', 'rejected', 'retired'] as const;
export type VersionState = (typeof VERSION_STATES)[number];

/** Immutable: files and why they came to be. */
export interface Version {
  readonly versionId: VersionId;
  readonly skillId: SkillId;
  /** Counts up within the skill, from 1. */
  readonly number: number;
  readonly name: string;
  readonly description: string;
  readonly origin: Origin;
  readonly parents: readonly VersionId[];
  readonly state: VersionState;
  /** sha256 of the manifest (paths and blob hashes). Two versions may share it. */
  readonly filesHash: string;
  readonly reason: string;
  readonly author: string;
  /** Run or suggestion that this change rests on. */
  readonly evidence: string | null;
  /** UTC ISO time. */
  readonly createdAt: string;
}

/** A named thing with a head. */
export interface Skill {
  readonly skillId: SkillId;
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  /** Newest trusted version; undefined while only a trial or candidate is there. */
  readonly head: VersionId | undefined;
  /** At most one. */
  readonly trial: VersionId | undefined;
  /** Folder that shows the head on disk; undefined while it is only in the library. */
  readonly folder: string | undefined;
  readonly archived: boolean;
  readonly pinned: boolean;
  readonly quarantined: boolean;
}

export type Severity = 'info' | 'warn' | 'quarantine' | 'block';

/** Something that lint, safety or commit has to say. */
export interface Finding {
  /** `lint/description-length`, `safety/prompt-injection`, `commit/stale-head`, … */
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  readonly hint?: string;
}

/** A change that somebody wants to make. `parents` holds the head it was made from: commit refuses it if the head has moved. */
export interface Draft {
  readonly origin: Origin;
  readonly parents: readonly VersionId[];
  readonly files: SkillFiles;
  readonly reason: string;
  readonly author: string;
  readonly evidence?: string;
  /** State that the version starts in; decided by the caller's rights (see contract on trust). */
  readonly state: 'candidate' | 'trial' | 'trusted';
}

export type CommitResult =
  | {
      readonly ok: true;
      readonly skill: Skill;
      readonly version: Version;
      readonly findings: readonly Finding[];
    }
  | {
      readonly ok: false;
      readonly reason: 'invalid' | 'unsafe' | 'unchanged' | 'stale-head';
      readonly findings: readonly Finding[];
    };
