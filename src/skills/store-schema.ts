// Tables of the library (`skills_*`). What must never be wrong is enforced here, not by callers.
import type { Migrations } from '../lib/index.ts';
import { ORIGIN_RULES, ORIGINS, VERSION_STATES } from './skill.ts';

const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(', ');

/** `CASE` giving the least and the greatest number of parents of an origin. */
const parentBound = (which: 0 | 1) =>
  `CASE NEW.origin ${ORIGINS.map((origin) => `WHEN '${origin}' THEN ${ORIGIN_RULES[origin].parents[which]}`).join(' ')} END`;

/** What a change did; `skills undo` reads it back. */
export const CHANGE_ACTIONS = [
  'commit',
  'promote',
  'rollback',
  'archive',
  'unarchive',
  'pin',
  'unpin',
  'quarantine',
  'release',
] as const;

const TABLES = `
  CREATE TABLE skills_skills (
    skill_id   TEXT PRIMARY KEY,
    created_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE skills_versions (
    version_id  TEXT PRIMARY KEY CHECK (version_id <> ''),
    skill_id    TEXT NOT NULL REFERENCES skills_skills,
    number      INTEGER NOT NULL CHECK (number >= 1),
    name        TEXT NOT NULL CHECK (name <> ''),
    description TEXT NOT NULL,
    tags        TEXT NOT NULL CHECK (json_type(tags) = 'array'),
    origin      TEXT NOT NULL CHECK (origin IN (${quoted(ORIGINS)})),
    files_hash  TEXT NOT NULL,
    reason      TEXT NOT NULL,
    author      TEXT NOT NULL,
    evidence    TEXT,
    created_at  TEXT NOT NULL CHECK (created_at GLOB '????-??-??T*Z'),
    UNIQUE (skill_id, number)
  ) STRICT;
  CREATE INDEX skills_versions_files ON skills_versions (files_hash);

  CREATE TABLE skills_parents (
    version_id TEXT NOT NULL REFERENCES skills_versions DEFERRABLE INITIALLY DEFERRED,
    position   INTEGER NOT NULL CHECK (position >= 0),
    parent_id  TEXT NOT NULL REFERENCES skills_versions,
    PRIMARY KEY (version_id, position),
    UNIQUE (version_id, parent_id),
    CHECK (version_id <> parent_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX skills_parents_children ON skills_parents (parent_id);

  CREATE TABLE skills_blobs (
    hash       TEXT PRIMARY KEY,
    size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
    encoding   TEXT NOT NULL CHECK (encoding IN ('plain', 'deflate')),
    data       BLOB NOT NULL
  ) STRICT;

  CREATE TABLE skills_files (
    files_hash TEXT NOT NULL,
    path       TEXT NOT NULL CHECK (path <> ''),
    blob_hash  TEXT NOT NULL REFERENCES skills_blobs,
    PRIMARY KEY (files_hash, path)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE skills_states (
    version_id TEXT PRIMARY KEY REFERENCES skills_versions,
    skill_id   TEXT NOT NULL REFERENCES skills_skills,
    number     INTEGER NOT NULL,
    state      TEXT NOT NULL CHECK (state IN (${quoted(VERSION_STATES)}))
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX skills_states_trusted ON skills_states (skill_id, number) WHERE state = 'trusted';
  CREATE UNIQUE INDEX skills_states_one_trial ON skills_states (skill_id) WHERE state = 'trial';

  CREATE TABLE skills_heads (
    skill_id TEXT PRIMARY KEY REFERENCES skills_skills,
    head_id  TEXT,
    trial_id TEXT,
    shown_id TEXT NOT NULL,
    name     TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX skills_heads_name ON skills_heads (name, skill_id);

  CREATE TABLE skills_flags (
    skill_id TEXT NOT NULL REFERENCES skills_skills,
    flag     TEXT NOT NULL CHECK (flag IN ('archived', 'pinned', 'quarantined')),
    reason   TEXT NOT NULL,
    set_at   TEXT NOT NULL,
    PRIMARY KEY (skill_id, flag)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE skills_folders (
    path       TEXT PRIMARY KEY,
    root       TEXT NOT NULL,
    skill_id   TEXT NOT NULL UNIQUE REFERENCES skills_skills,
    version_id TEXT NOT NULL REFERENCES skills_versions,
    sidecar_id TEXT,
    stamp      TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX skills_folders_root ON skills_folders (root);
  CREATE INDEX skills_folders_sidecar ON skills_folders (sidecar_id);

  CREATE TABLE skills_journal (
    skill_id   TEXT PRIMARY KEY REFERENCES skills_skills,
    root       TEXT NOT NULL,
    folder     TEXT NOT NULL,
    version_id TEXT REFERENCES skills_versions,
    staged     TEXT NOT NULL,
    created_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE skills_changes (
    change_id   INTEGER PRIMARY KEY AUTOINCREMENT,
    skill_id    TEXT NOT NULL REFERENCES skills_skills,
    action      TEXT NOT NULL CHECK (action IN (${quoted(CHANGE_ACTIONS)})),
    version_id  TEXT REFERENCES skills_versions,
    head_before TEXT,
    state_before TEXT,
    folder      TEXT,
    author      TEXT NOT NULL,
    reason      TEXT NOT NULL,
    undoes      INTEGER UNIQUE REFERENCES skills_changes,
    created_at  TEXT NOT NULL
  ) STRICT;
  CREATE INDEX skills_changes_skill ON skills_changes (skill_id, change_id);
`;

/** Versions, parents and contents are written once. Parents come first, so that their number can be checked and no cycle can arise. */
const IMMUTABLE = ['skills_versions', 'skills_parents', 'skills_blobs', 'skills_files', 'skills_changes']
  .flatMap((table) =>
    ['UPDATE', 'DELETE'].map(
      (verb) => `CREATE TRIGGER ${table}_no_${verb.toLowerCase()} BEFORE ${verb} ON ${table}
        BEGIN SELECT RAISE(ABORT, '${table} is written once'); END;`,
    ),
  )
  .join('\n');

const PARENTS = `
  CREATE TRIGGER skills_parents_before_child BEFORE INSERT ON skills_parents BEGIN
    SELECT RAISE(ABORT, 'parents are written before their child')
      WHERE EXISTS (SELECT 1 FROM skills_versions WHERE version_id = NEW.version_id);
    SELECT RAISE(ABORT, 'the parent is not in the library')
      WHERE NOT EXISTS (SELECT 1 FROM skills_versions WHERE version_id = NEW.parent_id);
  END;
  CREATE TRIGGER skills_versions_arity BEFORE INSERT ON skills_versions BEGIN
    SELECT RAISE(ABORT, 'wrong number of parents for this origin')
      WHERE (SELECT count(*) FROM skills_parents WHERE version_id = NEW.version_id)
        NOT BETWEEN ${parentBound(0)} AND ${parentBound(1)};
  END;
`;

/** The head follows from the states; no caller can forget to move it. */
const refreshHead = (event: string, name: string) => `
  CREATE TRIGGER skills_states_${name} AFTER ${event} ON skills_states BEGIN
    INSERT OR REPLACE INTO skills_heads (skill_id, head_id, trial_id, shown_id, name)
    SELECT NEW.skill_id, facts.head, facts.trial, shown.version_id, shown.name
    FROM (SELECT
        (SELECT version_id FROM skills_states WHERE skill_id = NEW.skill_id AND state = 'trusted'
          ORDER BY number DESC LIMIT 1) AS head,
        (SELECT version_id FROM skills_states WHERE skill_id = NEW.skill_id AND state = 'trial') AS trial
      ) AS facts
    JOIN skills_versions AS shown ON shown.version_id = coalesce(facts.head, facts.trial,
        (SELECT version_id FROM skills_versions WHERE skill_id = NEW.skill_id ORDER BY number DESC LIMIT 1));
  END;
`;

export const SKILLS_MIGRATIONS: Migrations = {
  room: 'skills',
  steps: [
    TABLES +
      IMMUTABLE +
      PARENTS +
      refreshHead('INSERT', 'inserted') +
      refreshHead('UPDATE OF state', 'changed'),
  ],
};
