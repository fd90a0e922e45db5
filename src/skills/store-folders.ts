// Rows about folders on disk: which shows which version, and which projections are still to be finished.
import type { Database } from '../lib/index.ts';
import type { SkillId, VersionId } from './skill.ts';

/** A folder on disk that shows a skill. */
export interface FolderRow {
  readonly path: string;
  readonly root: string;
  readonly skillId: SkillId;
  /** The version that its files were when we last looked. */
  readonly versionId: VersionId;
  /** What its `.skill_id` said when we first saw it. */
  readonly sidecarId: VersionId | undefined;
  readonly stamp: string;
}

/** A projection that was decided and may not be on disk yet. `versionId` undefined: the folder is to go. */
export interface JournalRow {
  readonly skillId: SkillId;
  readonly root: string;
  readonly folder: string;
  readonly versionId: VersionId | undefined;
  readonly staged: string;
}

const FOLDER_COLUMNS =
  'f.path, f.root, f.skill_id AS skillId, f.version_id AS versionId, f.sidecar_id AS sidecarId, f.stamp';
const JOURNAL_COLUMNS = 'j.skill_id AS skillId, j.root, j.folder, j.version_id AS versionId, j.staged';

type Nullable<T, Key extends keyof T> = Omit<T, Key> & {
  readonly [K in Key]: Exclude<T[K], undefined> | null;
};
const toFolder = (row: Nullable<FolderRow, 'sidecarId'>): FolderRow => ({
  ...row,
  sidecarId: row.sidecarId ?? undefined,
});
const toJournal = (row: Nullable<JournalRow, 'versionId'>): JournalRow => ({
  ...row,
  versionId: row.versionId ?? undefined,
});

export class FolderStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** All folders of the roots in scope. */
  inScope(): Map<string, FolderRow> {
    const rows = this.#db.all<Nullable<FolderRow, 'sidecarId'>>(
      `SELECT ${FOLDER_COLUMNS} FROM temp.skills_scope s JOIN skills_folders f ON f.root = s.root`,
    );
    return new Map(rows.map((row) => [row.path, toFolder(row)]));
  }

  #one(where: string, value: string): FolderRow | undefined {
    const row = this.#db.get<Nullable<FolderRow, 'sidecarId'>>(
      `SELECT ${FOLDER_COLUMNS} FROM skills_folders f WHERE ${where} = ?`,
      value,
    );
    return row === undefined ? undefined : toFolder(row);
  }

  at(path: string): FolderRow | undefined {
    return this.#one('f.path', path);
  }

  ofSkill(skillId: SkillId): FolderRow | undefined {
    return this.#one('f.skill_id', skillId);
  }

  withSidecar(sidecarId: string): FolderRow | undefined {
    return this.#one('f.sidecar_id', sidecarId);
  }

  /** Says what the skill's folder is and shows; a skill has at most one. */
  set(row: FolderRow): void {
    this.remove(row.skillId);
    this.#db.run(
      'INSERT OR REPLACE INTO skills_folders VALUES (?, ?, ?, ?, ?, ?)',
      ...[row.path, row.root, row.skillId, row.versionId, row.sidecarId ?? null, row.stamp],
    );
  }

  restamp(path: string, stamp: string): void {
    this.#db.run('UPDATE skills_folders SET stamp = ? WHERE path = ?', stamp, path);
  }

  remove(skillId: SkillId): void {
    this.#db.run('DELETE FROM skills_folders WHERE skill_id = ?', skillId);
  }

  /** Folders in scope that don't show their skill's head although they should. */
  behind(): { skillId: SkillId; path: string; root: string }[] {
    return this.#db.all(
      `SELECT f.skill_id AS skillId, f.path, f.root FROM temp.skills_scope s
       JOIN skills_folders f ON f.root = s.root
       JOIN skills_heads h ON h.skill_id = f.skill_id
       WHERE h.head_id IS NOT NULL AND h.head_id <> f.version_id
         AND NOT EXISTS (SELECT 1 FROM skills_flags WHERE skill_id = f.skill_id AND flag IN ('archived', 'quarantined'))`,
    );
  }

  /** Usable skills with a head and without a folder. */
  unshown(): SkillId[] {
    return this.#db
      .all<{ skillId: SkillId }>(
        `SELECT h.skill_id AS skillId FROM skills_heads h
         WHERE h.head_id IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM skills_folders WHERE skill_id = h.skill_id)
           AND NOT EXISTS (SELECT 1 FROM skills_flags WHERE skill_id = h.skill_id AND flag IN ('archived', 'quarantined'))`,
      )
      .map((row) => row.skillId);
  }

  /** True if a projection under way will make this folder. */
  isPlanned(path: string): boolean {
    return this.#db.get('SELECT 1 FROM skills_journal WHERE folder = ?', path) !== undefined;
  }

  openJournal(row: JournalRow, at: string): void {
    this.#db.run(
      'INSERT OR REPLACE INTO skills_journal VALUES (?, ?, ?, ?, ?, ?)',
      ...[row.skillId, row.root, row.folder, row.versionId ?? null, row.staged, at],
    );
  }

  closeJournal(skillId: SkillId): void {
    this.#db.run('DELETE FROM skills_journal WHERE skill_id = ?', skillId);
  }

  pending(): JournalRow[] {
    return this.#db
      .all<Nullable<JournalRow, 'versionId'>>(`SELECT ${JOURNAL_COLUMNS} FROM skills_journal j`)
      .map(toJournal);
  }

  pendingOf(skillId: SkillId): JournalRow | undefined {
    const row = this.#db.get<Nullable<JournalRow, 'versionId'>>(
      `SELECT ${JOURNAL_COLUMNS} FROM skills_journal j WHERE j.skill_id = ?`,
      skillId,
    );
    return row === undefined ? undefined : toJournal(row);
  }

  /** True if a journal row names this staged folder. */
  isStaged(path: string): boolean {
    return this.#db.get('SELECT 1 FROM skills_journal WHERE staged = ?', path) !== undefined;
  }
}
