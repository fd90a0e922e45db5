// The library's rows: skills, versions, states, flags and changes. The only writer of these tables.
import { type Database, OpenSpaceError } from '../lib/index.ts';
import type { Skill, SkillId, Version, VersionId, VersionState } from './skill.ts';
import { ContentStore } from './store-content.ts';
import { FolderStore } from './store-folders.ts';
import {
  type Change,
  type ChangeRow,
  type NewChange,
  type SkillFlag,
  type SkillRow,
  toChange,
  toSkill,
  toVersion,
  type VersionRow,
} from './store-rows.ts';
import { SKILLS_MIGRATIONS } from './store-schema.ts';

export interface NewVersion extends Omit<Version, 'number'> {
  readonly tags: readonly string[];
}

/** What of the library a page shows beyond usable skills. */
export type Including = 'archived' | 'quarantined' | 'shadowed' | 'unready';

export interface ListOptions {
  /** Default 50, at most 1,000. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly after?: string;
  readonly include?: readonly Including[];
}

export interface SkillPage {
  readonly skills: readonly Skill[];
  /** Hand it to the next call; undefined on the last page. */
  readonly next: string | undefined;
}

const SKILL_COLUMNS = `head.skill_id, head.name, shown.description, shown.tags, head.head_id, head.trial_id,
  folder.path AS folder,
  (SELECT group_concat(flag) FROM skills_flags WHERE skill_id = head.skill_id) AS flags`;

export const SKILL_TABLES = `skills_heads AS head
  JOIN skills_versions AS shown ON shown.version_id = head.shown_id
  LEFT JOIN skills_folders AS folder ON folder.skill_id = head.skill_id
  LEFT JOIN temp.skills_scope AS scope ON scope.root = folder.root`;

/** A skill of a root that this process does not look at belongs to another project. */
export const IN_SCOPE = '(folder.path IS NULL OR scope.root IS NOT NULL)';

const flagged = (skill: string, flag: SkillFlag) =>
  `EXISTS (SELECT 1 FROM skills_flags WHERE skill_id = ${skill} AND flag = '${flag}')`;

/** A skill of the same name in a root that comes first. */
const SHADOWED = `EXISTS (SELECT 1 FROM skills_heads AS other
  JOIN skills_folders AS place ON place.skill_id = other.skill_id
  JOIN temp.skills_scope AS first ON first.root = place.root
  WHERE other.name = head.name AND other.skill_id <> head.skill_id AND first.precedence < scope.precedence
    AND NOT ${flagged('other.skill_id', 'archived')})`;

const HIDDEN: Record<Including, string> = {
  archived: flagged('head.skill_id', 'archived'),
  quarantined: flagged('head.skill_id', 'quarantined'),
  shadowed: SHADOWED,
  unready: '(head.head_id IS NULL AND head.trial_id IS NULL)',
};

export const VERSION_FACTS = `v.version_id, v.skill_id, v.number, v.name, v.description, v.origin, v.files_hash, v.reason,
  v.author, v.evidence, v.created_at, s.state`;
const VERSION_COLUMNS = `${VERSION_FACTS},
  (SELECT group_concat(parent_id, char(10)) FROM
    (SELECT parent_id FROM skills_parents WHERE version_id = v.version_id ORDER BY position)) AS parents`;
export const VERSION_TABLES = 'skills_versions v JOIN skills_states s ON s.version_id = v.version_id';

export class SkillStore {
  readonly db: Database;
  readonly content: ContentStore;
  readonly folders: FolderStore;

  /** Migrates the room's tables. `roots` (path, precedence) are what this process looks at. */
  constructor(db: Database, roots: readonly { readonly path: string; readonly precedence: number }[]) {
    this.db = db;
    db.migrate(SKILLS_MIGRATIONS);
    this.content = new ContentStore(db);
    this.folders = new FolderStore(db);
    db.script(`CREATE TEMP TABLE IF NOT EXISTS skills_scope (root TEXT PRIMARY KEY, precedence INTEGER NOT NULL);
      DELETE FROM temp.skills_scope`);
    for (const root of roots)
      db.run('INSERT OR IGNORE INTO temp.skills_scope VALUES (?, ?)', root.path, root.precedence);
  }

  list(options: ListOptions = {}): SkillPage {
    const limit = Math.max(1, Math.min(options.limit ?? 50, 1000));
    const include = new Set(options.include ?? []);
    const hidden = (['archived', 'quarantined', 'shadowed', 'unready'] as const)
      .filter((kind) => !include.has(kind))
      .map((kind) => `AND NOT ${HIDDEN[kind]}`);
    const [name = '', id = ''] = (options.after ?? '').split('\n');
    const rows = this.db.all<SkillRow>(
      `SELECT ${SKILL_COLUMNS} FROM ${SKILL_TABLES}
       WHERE (head.name, head.skill_id) > (?, ?) AND ${IN_SCOPE} ${hidden.join(' ')}
       ORDER BY head.name, head.skill_id LIMIT ?`,
      name,
      id,
      limit + 1,
    );
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return {
      skills: page.map(toSkill),
      next: rows.length > limit && last !== undefined ? `${last.name}\n${last.skill_id}` : undefined,
    };
  }

  /** How many skills are usable, and how many are kept out of sight and why. */
  count(): Record<'usable' | Including, number> {
    const kinds = Object.entries(HIDDEN).map(([kind, sql]) => `coalesce(sum(${sql}), 0) AS ${kind}`);
    const none = Object.values(HIDDEN).map((sql) => `NOT ${sql}`);
    const row = this.db.get<Record<'usable' | Including, number>>(
      `SELECT coalesce(sum(${none.join(' AND ')}), 0) AS usable, ${kinds.join(', ')} FROM ${SKILL_TABLES} WHERE ${IN_SCOPE}`,
    );
    return row ?? { usable: 0, archived: 0, quarantined: 0, shadowed: 0, unready: 0 };
  }

  /** Folders in scope that a skill of the same name in an earlier root hides. */
  shadowed(): { skillId: SkillId; name: string; folder: string; by: string }[] {
    return this.db.all(
      `SELECT head.skill_id AS skillId, head.name, folder.path AS folder,
        (SELECT place.path FROM skills_heads AS other
          JOIN skills_folders AS place ON place.skill_id = other.skill_id
          JOIN temp.skills_scope AS first ON first.root = place.root
          WHERE other.name = head.name ORDER BY first.precedence LIMIT 1) AS by
       FROM ${SKILL_TABLES} WHERE scope.root IS NOT NULL AND ${SHADOWED} ORDER BY head.name`,
    );
  }

  findSkill(skillId: string): Skill | undefined {
    const row = this.db.get<SkillRow>(
      `SELECT ${SKILL_COLUMNS} FROM ${SKILL_TABLES} WHERE head.skill_id = ?`,
      skillId,
    );
    return row === undefined ? undefined : toSkill(row);
  }

  /** True if `list` shows the skill without `include`. */
  isListed(skillId: string): boolean {
    const shown = Object.values(HIDDEN).map((sql) => `AND NOT ${sql}`);
    const sql = `SELECT 1 FROM ${SKILL_TABLES} WHERE head.skill_id = ? AND ${IN_SCOPE} ${shown.join(' ')}`;
    return this.db.get(sql, skillId) !== undefined;
  }

  /** Skills of that name in scope, in order of precedence; those only in the library last. */
  skillsNamed(name: string): Skill[] {
    return this.db
      .all<SkillRow>(
        `SELECT ${SKILL_COLUMNS} FROM ${SKILL_TABLES} WHERE head.name = ? AND ${IN_SCOPE}
         ORDER BY ${HIDDEN.archived}, scope.precedence IS NULL, scope.precedence, head.head_id IS NULL, head.skill_id`,
        name,
      )
      .map(toSkill);
  }

  /** Names in scope, for suggestions after a typo. */
  names(): string[] {
    return this.db
      .all<{ name: string }>(`SELECT DISTINCT head.name FROM ${SKILL_TABLES} WHERE ${IN_SCOPE}`)
      .map((row) => row.name);
  }

  findVersion(versionId: string): Version | undefined {
    const row = this.db.get<VersionRow>(
      `SELECT ${VERSION_COLUMNS} FROM ${VERSION_TABLES} WHERE v.version_id = ?`,
      versionId,
    );
    return row === undefined ? undefined : toVersion(row);
  }

  versions(skillId: string): Version[] {
    return this.db
      .all<VersionRow>(
        `SELECT ${VERSION_COLUMNS} FROM ${VERSION_TABLES} WHERE v.skill_id = ? ORDER BY v.number DESC`,
        skillId,
      )
      .map(toVersion);
  }

  /** A usable skill whose head has exactly these files. */
  skillWithFiles(filesHash: string): Skill | undefined {
    const row = this.db.get<SkillRow>(
      `SELECT ${SKILL_COLUMNS} FROM skills_versions AS match
       JOIN skills_heads AS head ON head.skill_id = match.skill_id AND head.head_id = match.version_id
       JOIN skills_versions AS shown ON shown.version_id = head.shown_id
       LEFT JOIN skills_folders AS folder ON folder.skill_id = head.skill_id
       LEFT JOIN temp.skills_scope AS scope ON scope.root = folder.root
       WHERE match.files_hash = ? AND ${IN_SCOPE} AND NOT ${HIDDEN.archived} LIMIT 1`,
      filesHash,
    );
    return row === undefined ? undefined : toSkill(row);
  }

  createSkill(skillId: SkillId, createdAt: string): void {
    this.db.run('INSERT INTO skills_skills (skill_id, created_at) VALUES (?, ?)', skillId, createdAt);
  }

  nextNumber(skillId: SkillId): number {
    const row = this.db.get<{ last: number | null }>(
      'SELECT max(number) AS last FROM skills_versions WHERE skill_id = ?',
      skillId,
    );
    return (row?.last ?? 0) + 1;
  }

  /** Adds a version with its state; contents are put before. Returns it with its number. */
  addVersion(version: NewVersion): Version {
    const { skillId, versionId } = version;
    const number = this.nextNumber(skillId);
    version.parents.forEach((parent, position) => {
      this.db.run('INSERT INTO skills_parents VALUES (?, ?, ?)', versionId, position, parent);
    });
    this.db.run(
      'INSERT INTO skills_versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ...[versionId, skillId, number, version.name, version.description, JSON.stringify(version.tags)],
      ...[
        version.origin,
        version.filesHash,
        version.reason,
        version.author,
        version.evidence,
        version.createdAt,
      ],
    );
    // Before the new row: at most one trial may stand.
    if (version.state === 'trial') this.#retireTrial(skillId);
    this.db.run('INSERT INTO skills_states VALUES (?, ?, ?, ?)', versionId, skillId, number, version.state);
    const { tags: _, ...rest } = version;
    return { ...rest, number };
  }

  setState(version: Version, state: VersionState): void {
    if (state === 'trial' && version.state !== 'trial') this.#retireTrial(version.skillId);
    this.db.run('UPDATE skills_states SET state = ? WHERE version_id = ?', state, version.versionId);
  }

  #retireTrial(skillId: SkillId): void {
    this.db.run("UPDATE skills_states SET state = 'retired' WHERE skill_id = ? AND state = 'trial'", skillId);
  }

  setFlag(skillId: SkillId, flag: SkillFlag, reason: string, at: string): void {
    this.db.run('INSERT OR REPLACE INTO skills_flags VALUES (?, ?, ?, ?)', skillId, flag, reason, at);
  }

  clearFlag(skillId: SkillId, flag: SkillFlag): void {
    this.db.run('DELETE FROM skills_flags WHERE skill_id = ? AND flag = ?', skillId, flag);
  }

  flagReason(skillId: SkillId, flag: SkillFlag): string | undefined {
    return this.db.get<{ reason: string }>(
      'SELECT reason FROM skills_flags WHERE skill_id = ? AND flag = ?',
      skillId,
      flag,
    )?.reason;
  }

  logChange(change: NewChange, at: string): number {
    return this.db.run(
      `INSERT INTO skills_changes
        (skill_id, action, version_id, head_before, state_before, folder, author, reason, undoes, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[change.skillId, change.action, change.versionId ?? null, change.headBefore ?? null],
      ...[change.stateBefore ?? null, change.folder ?? null, change.author, change.reason],
      ...[change.undoes ?? null, at],
    ).lastRowId;
  }

  /** Newest first. */
  changes(skillId: string, limit = 100): Change[] {
    return this.db
      .all<ChangeRow>(
        'SELECT * FROM skills_changes WHERE skill_id = ? ORDER BY change_id DESC LIMIT ?',
        skillId,
        limit,
      )
      .map(toChange);
  }

  /** The newest change that is neither an undo nor undone. */
  lastUndoable(skillId: string): Change | undefined {
    const row = this.db.get<ChangeRow>(
      `SELECT * FROM skills_changes AS c WHERE skill_id = ? AND undoes IS NULL
        AND NOT EXISTS (SELECT 1 FROM skills_changes WHERE undoes = c.change_id)
       ORDER BY change_id DESC LIMIT 1`,
      skillId,
    );
    return row === undefined ? undefined : toChange(row);
  }

  /** The skill that the first of all ancestors began: near-duplicates share it. */
  lineageKey(versionId: VersionId): string {
    const row = this.db.get<{ skill_id: string }>(
      `WITH RECURSIVE up (id, depth) AS (
         SELECT ?, 0
         UNION ALL
         SELECT p.parent_id, up.depth + 1 FROM up JOIN skills_parents p ON p.version_id = up.id AND p.position = 0
           WHERE up.depth < 1000
       ) SELECT v.skill_id FROM up JOIN skills_versions v ON v.version_id = up.id ORDER BY up.depth DESC LIMIT 1`,
      versionId,
    );
    return row?.skill_id ?? versionId;
  }

  children(versionId: string): VersionId[] {
    return this.db
      .all<{ version_id: VersionId }>('SELECT version_id FROM skills_parents WHERE parent_id = ?', versionId)
      .map((row) => row.version_id);
  }

  requireVersion(versionId: string): Version {
    const version = this.findVersion(versionId);
    if (version !== undefined) return version;
    throw new OpenSpaceError('not-found', `There is no version ${versionId} in the library.`, {
      hint: 'See a skill’s versions with: openspace skills log <skill>',
    });
  }
}
