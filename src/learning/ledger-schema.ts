// Tables of the ledger (`learn_*`): runs, attempts, uses, analyses, judgments, and the tool quality of the original.
import type { Migrations } from '../lib/index.ts';

export const LEDGER_MIGRATIONS: Migrations = {
  room: 'learning',
  steps: [
    `
    CREATE TABLE learn_runs (
      run_id     TEXT PRIMARY KEY CHECK (run_id <> ''),
      source     TEXT NOT NULL,
      purpose    TEXT NOT NULL CHECK (purpose IN ('task', 'demo', 'replay')),
      task       TEXT NOT NULL,
      model      TEXT,
      status     TEXT NOT NULL CHECK (status IN ('running', 'done', 'incomplete', 'out-of-budget', 'error', 'cancelled')),
      started_at TEXT NOT NULL,
      ended_at   TEXT
    ) STRICT;
    CREATE INDEX learn_runs_started ON learn_runs (started_at);

    CREATE TABLE learn_attempts (
      run_id     TEXT NOT NULL REFERENCES learn_runs,
      attempt    INTEGER NOT NULL CHECK (attempt >= 1),
      outcome    TEXT NOT NULL,
      tokens     INTEGER CHECK (tokens >= 0),
      took_ms    INTEGER CHECK (took_ms >= 0),
      PRIMARY KEY (run_id, attempt)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE learn_uses (
      run_id     TEXT NOT NULL REFERENCES learn_runs,
      attempt    INTEGER NOT NULL CHECK (attempt >= 1),
      version_id TEXT NOT NULL,
      skill_id   TEXT NOT NULL,
      how        TEXT NOT NULL CHECK (how IN ('offered', 'chosen', 'retrieved')),
      PRIMARY KEY (run_id, attempt, version_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX learn_uses_version ON learn_uses (version_id);
    CREATE INDEX learn_uses_skill ON learn_uses (skill_id);

    CREATE TABLE learn_analyses (
      run_id      TEXT PRIMARY KEY REFERENCES learn_runs,
      completed   INTEGER NOT NULL CHECK (completed IN (0, 1)),
      note        TEXT NOT NULL,
      tool_issues TEXT NOT NULL CHECK (json_type(tool_issues) = 'array'),
      suggestions TEXT NOT NULL CHECK (json_type(suggestions) = 'array'),
      analyzed_by TEXT NOT NULL,
      analyzed_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE learn_judgments (
      run_id     TEXT NOT NULL REFERENCES learn_analyses,
      version_id TEXT NOT NULL,
      applied    INTEGER NOT NULL CHECK (applied IN (0, 1)),
      note       TEXT NOT NULL,
      PRIMARY KEY (run_id, version_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX learn_judgments_version ON learn_judgments (version_id);

    CREATE TABLE learn_imports (
      source      TEXT PRIMARY KEY,
      path        TEXT NOT NULL,
      imported_at TEXT NOT NULL,
      executions  INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE learn_imported_tools (
      source           TEXT NOT NULL REFERENCES learn_imports,
      tool_key         TEXT NOT NULL,
      backend          TEXT NOT NULL,
      server           TEXT NOT NULL,
      tool_name        TEXT NOT NULL,
      calls            INTEGER NOT NULL,
      successes        INTEGER NOT NULL,
      took_ms          REAL NOT NULL,
      flagged          INTEGER NOT NULL,
      description_hash TEXT,
      first_seen_at    TEXT NOT NULL,
      last_seen_at     TEXT NOT NULL,
      PRIMARY KEY (source, tool_key)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE learn_imported_calls (
      source   TEXT NOT NULL,
      tool_key TEXT NOT NULL,
      at       TEXT NOT NULL,
      ordinal  INTEGER NOT NULL,
      success  INTEGER NOT NULL CHECK (success IN (0, 1)),
      took_ms  REAL NOT NULL,
      error    TEXT,
      PRIMARY KEY (source, tool_key, at, ordinal),
      FOREIGN KEY (source, tool_key) REFERENCES learn_imported_tools
    ) STRICT, WITHOUT ROWID;
    `,
    // Where an imported recording lies: its steps stay in the original's files.
    'ALTER TABLE learn_runs ADD COLUMN folder TEXT',
  ],
};
