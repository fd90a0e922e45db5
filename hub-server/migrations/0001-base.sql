-- Accounts and groups share one table of owners, so that `owner/name` names one skill.
CREATE TABLE owners (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('account', 'group')),
  name text NOT NULL UNIQUE,
  disabled boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE members (
  group_id int NOT NULL REFERENCES owners,
  account_id int NOT NULL REFERENCES owners,
  role text NOT NULL CHECK (role IN ('reader', 'member', 'maintainer', 'owner')),
  PRIMARY KEY (group_id, account_id)
);
CREATE INDEX members_account ON members (account_id);

-- Of a key only the hash of its secret half is kept.
CREATE TABLE keys (
  key_id text PRIMARY KEY,
  account_id int NOT NULL REFERENCES owners,
  name text NOT NULL,
  secret_hash text NOT NULL,
  scopes text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz
);
CREATE INDEX keys_account ON keys (account_id);
CREATE TABLE invites (
  invite_hash text PRIMARY KEY,
  group_id int NOT NULL REFERENCES owners,
  role text NOT NULL,
  scopes text[] NOT NULL,
  uses_left int NOT NULL CHECK (uses_left >= 0),
  expires_at timestamptz NOT NULL,
  created_by int REFERENCES owners
);
CREATE TABLE signing_keys (
  account_id int NOT NULL REFERENCES owners,
  public_key text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, public_key)
);

-- Uploads that are not published yet; they expire. The archive lies in the artifact store under its hash.
CREATE TABLE artifacts (
  artifact_id text PRIMARY KEY,
  account_id int NOT NULL REFERENCES owners,
  name text NOT NULL,
  description text NOT NULL,
  tags text[] NOT NULL,
  body text NOT NULL,
  files_hash text NOT NULL,
  archive_hash text NOT NULL,
  size_bytes int NOT NULL,
  file_count int NOT NULL,
  quarantine_reason text,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
CREATE INDEX artifacts_archive ON artifacts (archive_hash);
CREATE INDEX artifacts_expires ON artifacts (expires_at);

CREATE TABLE skills (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  skill_id text NOT NULL UNIQUE,
  owner_id int NOT NULL REFERENCES owners,
  name text NOT NULL,
  head_id int,
  -- What search needs of the head; null while there is none.
  visibility text,
  tags text[] NOT NULL DEFAULT '{}',
  search tsvector,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (owner_id, name)
);
CREATE INDEX skills_search ON skills USING gin (search);

CREATE TABLE versions (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  record_id text NOT NULL,
  skill_id int NOT NULL REFERENCES skills,
  owner_id int NOT NULL REFERENCES owners,
  account_id int NOT NULL REFERENCES owners,
  number int NOT NULL,
  name text NOT NULL,
  description text NOT NULL,
  tags text[] NOT NULL,
  visibility text NOT NULL CHECK (visibility IN ('private', 'group_only', 'public')),
  origin text NOT NULL CHECK (origin IN ('imported', 'captured', 'derived', 'fixed')),
  level text NOT NULL,
  created_by text,
  change_summary text,
  files_hash text NOT NULL,
  archive_hash text NOT NULL,
  size_bytes int NOT NULL,
  file_count int NOT NULL,
  status text NOT NULL CHECK (status IN ('active', 'proposed', 'declined', 'quarantined')),
  status_reason text,
  publication jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (skill_id, number),
  -- Unique for each owner only: a publisher must not learn that somebody else's private record has this id.
  UNIQUE (owner_id, record_id)
);
ALTER TABLE skills ADD CONSTRAINT skills_head FOREIGN KEY (head_id) REFERENCES versions;
CREATE INDEX versions_record ON versions (record_id);
CREATE INDEX versions_hash ON versions (files_hash);
CREATE INDEX versions_archive ON versions (archive_hash);
CREATE INDEX versions_account ON versions (account_id);
CREATE INDEX versions_created ON versions (created_at, id);
CREATE TABLE parents (
  version_id int NOT NULL REFERENCES versions,
  position int NOT NULL,
  parent_id int NOT NULL REFERENCES versions,
  PRIMARY KEY (version_id, position)
);
CREATE INDEX parents_parent ON parents (parent_id);

CREATE TABLE audit (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  account_id int,
  key_id text,
  action text NOT NULL,
  target text NOT NULL,
  detail text NOT NULL DEFAULT ''
);
CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the audit log is only ever added to'; END $$;
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_stays();
