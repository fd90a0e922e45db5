// Views of the whole library in few queries: every skill at a glance, pages of versions and changes, the lineage graph.
import type { Database } from '../lib/index.ts';
import type { RootKind, SkillRoot } from './roots.ts';
import type { Origin, Skill, Version } from './skill.ts';
import { IN_SCOPE, SKILL_TABLES, VERSION_FACTS, VERSION_TABLES } from './store.ts';
import {
  type Change,
  type ChangeRow,
  type SkillRow,
  toChange,
  toSkill,
  toVersion,
  type VersionRow,
} from './store-rows.ts';

/** A skill with what a list shows of it. */
export interface CatalogueEntry extends Skill {
  /** Its head, else its trial, else its newest version. */
  readonly shown: string;
  readonly shownNumber: number;
  readonly versions: number;
  readonly origin: Origin;
  readonly author: string;
  /** UTC ISO times: of the skill, and of the version that is shown. */
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Kind of the root that its folder is in; undefined while it is only in the library. */
  readonly place: RootKind | undefined;
  /** A skill of the same name in an earlier root is used instead. */
  readonly shadowed: boolean;
}

/** Versions that hang together over parents and children, across skills. */
export interface Lineage {
  /** Parents come before their children. */
  readonly versions: readonly Version[];
  readonly total: number;
}

export interface NamedChange extends Change {
  readonly name: string;
}

export interface ChangeFilter {
  readonly skillId?: string | undefined;
  /** Only changes with a lower id. */
  readonly before?: number | undefined;
  /** Only changes with a higher id. */
  readonly after?: number | undefined;
  readonly limit: number;
}

interface CatalogueRow extends Omit<SkillRow, 'flags'> {
  readonly shown_id: string;
  readonly number: number;
  readonly origin: Origin;
  readonly author: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly root: string | null;
  readonly precedence: number | null;
}

/** A lineage is followed up to this many versions; real ones have a few hundred. */
const LINEAGE_MOST = 5_000;

/** Reads only; nothing in it is kept between calls. */
export class LibraryPages {
  readonly #db: Database;
  readonly #kinds: ReadonlyMap<string, RootKind>;

  constructor(db: Database, roots: readonly SkillRoot[]) {
    this.#db = db;
    this.#kinds = new Map(roots.map(({ path, kind }) => [path, kind]));
  }

  /**
   * Every skill in scope by name, the hidden ones included. Four plain queries that are put together here: with
   * sub-queries for each skill it takes four times as long.
   */
  catalogue(): readonly CatalogueEntry[] {
    const rows = this.#db.all<CatalogueRow>(
      `SELECT head.skill_id, head.name, shown.description, shown.tags, head.head_id, head.trial_id, folder.path AS folder,
         head.shown_id, shown.number, shown.origin, shown.author, began.created_at, shown.created_at AS updated_at,
         folder.root, scope.precedence
       FROM ${SKILL_TABLES} JOIN skills_skills AS began ON began.skill_id = head.skill_id
       WHERE ${IN_SCOPE} ORDER BY head.name, head.skill_id`,
    );
    const flags = this.#byId(
      'SELECT skill_id AS id, group_concat(flag) AS value FROM skills_flags GROUP BY skill_id',
    );
    const numbers = this.#byId(
      'SELECT skill_id AS id, max(number) AS value FROM skills_versions GROUP BY skill_id',
    );
    const isArchived = (row: CatalogueRow) => String(flags.get(row.skill_id) ?? '').includes('archived');
    const first = firstByName(rows.filter((row) => !isArchived(row)));
    return rows.map((row) => ({
      ...toSkill({ ...row, flags: flags.has(row.skill_id) ? String(flags.get(row.skill_id)) : null }),
      ...{ shown: row.shown_id, shownNumber: row.number, versions: Number(numbers.get(row.skill_id) ?? 1) },
      ...{ origin: row.origin, author: row.author, createdAt: row.created_at, updatedAt: row.updated_at },
      place: row.root === null ? undefined : this.#kinds.get(row.root),
      shadowed: row.precedence !== null && row.precedence > (first.get(row.name) ?? row.precedence),
    }));
  }

  #byId(sql: string): ReadonlyMap<string, string | number> {
    return new Map(
      this.#db.all<{ id: string; value: string | number }>(sql).map(({ id, value }) => [id, value]),
    );
  }

  /** Newest first; `before`: only versions with a lower number. */
  versions(skillId: string, limit: number, before = Number.MAX_SAFE_INTEGER): readonly Version[] {
    const page = 'v.skill_id = ? AND v.number < ? ORDER BY v.number DESC LIMIT ?';
    const inPage = `v.version_id IN (SELECT v.version_id FROM skills_versions v WHERE ${page})`;
    return [...this.#versions(inPage, skillId, before, limit)].sort((a, b) => b.number - a.number);
  }

  /** Every version of the skills in the library, oldest first. Heavy: for exports and the original's routes. */
  allVersions(): readonly Version[] {
    return this.#versions('true');
  }

  countVersions(skillId: string): number {
    const row = this.#db.get<{ n: number }>(
      'SELECT count(*) AS n FROM skills_versions WHERE skill_id = ?',
      skillId,
    );
    return row?.n ?? 0;
  }

  /** The versions of a skill with all that they grew from and into; of more than `limit` the nearest. */
  lineage(skillId: string, limit: number): Lineage {
    const found = new Set<string>();
    let edge = this.#ids(
      'SELECT version_id AS id FROM skills_versions WHERE skill_id = ? ORDER BY number DESC',
      skillId,
    );
    while (edge.length > 0 && found.size < LINEAGE_MOST) {
      for (const id of edge) found.add(id);
      const near = this.#ids(
        `SELECT parent_id AS id FROM skills_parents WHERE version_id IN (SELECT value FROM json_each(?))
         UNION SELECT version_id FROM skills_parents WHERE parent_id IN (SELECT value FROM json_each(?))`,
        ...[JSON.stringify(edge), JSON.stringify(edge)],
      );
      edge = near.filter((id) => !found.has(id));
    }
    const nearest = [...found].slice(0, limit);
    const named = 'v.version_id IN (SELECT value FROM json_each(?))';
    return { versions: parentsFirst(this.#versions(named, JSON.stringify(nearest))), total: found.size };
  }

  /** Oldest first. The parents come with one query for all: a sub-query for each takes most of the time. */
  #versions(where: string, ...values: readonly (string | number)[]): Version[] {
    const parents = new Map<string, string>();
    for (const { id, parent } of this.#db.all<{ id: string; parent: string }>(
      `SELECT p.version_id AS id, p.parent_id AS parent FROM skills_parents p
       WHERE p.version_id IN (SELECT v.version_id FROM skills_versions v WHERE ${where})
       ORDER BY p.version_id, p.position`,
      ...values,
    ))
      parents.set(id, parents.has(id) ? `${parents.get(id)}\n${parent}` : parent);
    return this.#db
      .all<Omit<VersionRow, 'parents'>>(
        `SELECT ${VERSION_FACTS} FROM ${VERSION_TABLES} WHERE ${where} ORDER BY v.created_at, v.number, v.version_id`,
        ...values,
      )
      .map((row) => toVersion({ ...row, parents: parents.get(row.version_id) ?? null }));
  }

  #ids(sql: string, ...values: readonly string[]): string[] {
    return this.#db.all<{ id: string }>(sql, ...values).map(({ id }) => id);
  }

  /** What was done to skills, newest first. */
  changes({ skillId, before, after, limit }: ChangeFilter): readonly NamedChange[] {
    const ofSkill = skillId === undefined ? '' : 'AND c.skill_id = ?';
    return this.#db
      .all<ChangeRow & { name: string }>(
        `SELECT c.*, h.name FROM skills_changes c JOIN skills_heads h ON h.skill_id = c.skill_id
         WHERE c.change_id < ? AND c.change_id > ? ${ofSkill} ORDER BY c.change_id DESC LIMIT ?`,
        ...[before ?? Number.MAX_SAFE_INTEGER, after ?? 0],
        ...(skillId === undefined ? [] : [skillId]),
        limit,
      )
      .map((row) => ({ ...toChange(row), name: row.name }));
  }

  /** How many versions came on each UTC day. */
  versionsByDay(): ReadonlyMap<string, number> {
    const rows = this.#db.all<{ day: string; n: number }>(
      'SELECT substr(created_at, 1, 10) AS day, count(*) AS n FROM skills_versions GROUP BY day',
    );
    return new Map(rows.map(({ day, n }) => [day, n]));
  }
}

/** The lowest precedence under which a name is on disk. */
function firstByName(rows: readonly CatalogueRow[]): ReadonlyMap<string, number> {
  const first = new Map<string, number>();
  for (const { name, precedence } of rows)
    if (precedence !== null) first.set(name, Math.min(precedence, first.get(name) ?? precedence));
  return first;
}

/** Keeps the order given, but for parents that would come after their child. */
function parentsFirst(versions: readonly Version[]): Version[] {
  const byId = new Map<string, Version>(versions.map((version) => [version.versionId, version]));
  const placed = new Set<string>();
  const ordered: Version[] = [];
  for (const first of versions) {
    const waiting = [first];
    for (let version = waiting.at(-1); version !== undefined; version = waiting.at(-1)) {
      const missing = version.parents
        .map((id) => byId.get(id))
        .find((parent) => parent && !placed.has(parent.versionId));
      if (missing !== undefined && !placed.has(version.versionId)) {
        waiting.push(missing);
        continue;
      }
      waiting.pop();
      if (placed.has(version.versionId)) continue;
      placed.add(version.versionId);
      ordered.push(version);
    }
  }
  return ordered;
}
