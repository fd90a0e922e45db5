-- What people say about versions: reviews, reports, signed evaluations.
CREATE TABLE reviews (
  version_id int NOT NULL REFERENCES versions,
  account_id int NOT NULL REFERENCES owners,
  verdict text NOT NULL,
  text text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (version_id, account_id)
);
CREATE TABLE reports (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  version_id int NOT NULL REFERENCES versions,
  account_id int NOT NULL REFERENCES owners,
  reason text NOT NULL,
  text text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (version_id, account_id, reason)
);
CREATE TABLE attestations (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  version_id int NOT NULL REFERENCES versions,
  account_id int NOT NULL REFERENCES owners,
  signed jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX attestations_version ON attestations (version_id);
