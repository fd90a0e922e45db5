// Tables of learning's own work (`learn_*`): jobs, spending, topics and suggestions, changes, tool calls, trial record.
import type { Migrations } from '../lib/index.ts';

export const WORK_MIGRATIONS: Migrations = {
  room: 'learning-work',
  steps: [
    `
    CREATE TABLE learn_jobs (
      job_id      INTEGER PRIMARY KEY,
      kind        TEXT NOT NULL,
      key         TEXT NOT NULL UNIQUE,
      lineage     TEXT,
      payload     TEXT NOT NULL CHECK (json_valid(payload)),
      status      TEXT NOT NULL CHECK (status IN ('pending', 'running', 'done', 'failed')),
      attempts    INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
      ready_at    INTEGER NOT NULL,
      lease       TEXT,
      lease_until INTEGER,
      reason      TEXT,
      created_at  INTEGER NOT NULL,
      ended_at    INTEGER,
      CHECK ((status = 'running') = (lease IS NOT NULL))
    ) STRICT;
    CREATE INDEX learn_jobs_open ON learn_jobs (ready_at) WHERE status IN ('pending', 'running');
    CREATE UNIQUE INDEX learn_jobs_lineage ON learn_jobs (lineage) WHERE status = 'running' AND lineage IS NOT NULL;

    CREATE TABLE learn_spending (
      at       INTEGER NOT NULL,
      job_id   INTEGER,
      role     TEXT NOT NULL,
      skill_id TEXT,
      tokens   INTEGER NOT NULL,
      cost_usd REAL
    ) STRICT;
    CREATE INDEX learn_spending_at ON learn_spending (at);

    CREATE TABLE learn_topics (
      topic_id   TEXT PRIMARY KEY,
      kind       TEXT NOT NULL,
      skill_id   TEXT,
      status     TEXT NOT NULL CHECK (status IN ('waiting', 'admitted', 'changed', 'rejected')),
      changed_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE learn_suggestions (
      suggestion_id TEXT PRIMARY KEY,
      run_id        TEXT,
      topic_id      TEXT REFERENCES learn_topics,
      kind          TEXT NOT NULL,
      trigger       TEXT NOT NULL,
      task_key      TEXT NOT NULL,
      targets       TEXT NOT NULL CHECK (json_valid(targets)),
      direction     TEXT NOT NULL,
      category      TEXT,
      evidence      TEXT NOT NULL CHECK (json_valid(evidence)),
      outcome       TEXT NOT NULL,
      rule          TEXT NOT NULL,
      reason        TEXT NOT NULL,
      at            INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX learn_suggestions_topic ON learn_suggestions (topic_id);
    CREATE INDEX learn_suggestions_run ON learn_suggestions (run_id);

    CREATE TABLE learn_changes (
      change_id  TEXT PRIMARY KEY,
      topic_id   TEXT,
      kind       TEXT NOT NULL,
      state      TEXT NOT NULL CHECK (state IN ('drafted', 'proposed', 'committed', 'declined', 'rejected', 'undone')),
      skill_id   TEXT,
      parents    TEXT NOT NULL CHECK (json_valid(parents)),
      version_id TEXT,
      direction  TEXT NOT NULL,
      summary    TEXT NOT NULL,
      evidence   TEXT NOT NULL CHECK (json_valid(evidence)),
      files      TEXT CHECK (files IS NULL OR json_valid(files)),
      verdict    TEXT CHECK (verdict IS NULL OR json_valid(verdict)),
      reason     TEXT NOT NULL,
      tokens     INTEGER NOT NULL,
      cost_usd   REAL,
      changed_lines INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      decided_at INTEGER,
      decided_by TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX learn_changes_state ON learn_changes (state);
    CREATE INDEX learn_changes_version ON learn_changes (version_id);

    CREATE TABLE learn_tool_calls (
      run_id   TEXT NOT NULL,
      attempt  INTEGER NOT NULL,
      ordinal  INTEGER NOT NULL,
      tool_key TEXT NOT NULL,
      success  INTEGER NOT NULL CHECK (success IN (0, 1)),
      took_ms  REAL NOT NULL,
      error    TEXT,
      at       TEXT NOT NULL,
      PRIMARY KEY (run_id, attempt, ordinal)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX learn_tool_calls_tool ON learn_tool_calls (tool_key, at);

    CREATE TABLE learn_effects (
      run_id     TEXT NOT NULL,
      version_id TEXT NOT NULL,
      effect     TEXT NOT NULL CHECK (effect IN ('helped', 'harmed', 'none')),
      cause      TEXT NOT NULL,
      PRIMARY KEY (run_id, version_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX learn_effects_version ON learn_effects (version_id);

    CREATE TABLE learn_tasks (
      run_id   TEXT PRIMARY KEY,
      task_key TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    `,
  ],
};
