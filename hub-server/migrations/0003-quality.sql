-- Counts that members report, and what follows from them for a version.
CREATE TABLE evidence (
  version_id int NOT NULL REFERENCES versions,
  account_id int NOT NULL REFERENCES owners,
  report_id text NOT NULL,
  uses int NOT NULL CHECK (uses > 0),
  successes int NOT NULL CHECK (successes BETWEEN 0 AND uses),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, report_id)
);
CREATE INDEX evidence_version ON evidence (version_id);
CREATE TABLE quality (
  version_id int PRIMARY KEY REFERENCES versions,
  uses int NOT NULL,
  successes int NOT NULL,
  reporters int NOT NULL,
  verdict text NOT NULL,
  fallback_id int REFERENCES versions,
  updated_at timestamptz NOT NULL DEFAULT now()
);
