-- What every installation needs: its key, who may do what, what was done, and durable work.
-- {{id}} becomes the engine's own identity column. Times are UTC milliseconds.

-- One row. key_check proves that the service key is the one this database was made with.
CREATE TABLE installation (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  key_check TEXT NOT NULL,
  created_at_ms BIGINT NOT NULL
);

CREATE TABLE api_tokens (
  id {{id}},
  name TEXT NOT NULL,
  secret_hash TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  expires_at_ms BIGINT,
  last_used_at_ms BIGINT,
  revoked_at_ms BIGINT
);

CREATE TABLE audit_log (
  id {{id}},
  at_ms BIGINT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  request_id TEXT NOT NULL,
  action TEXT NOT NULL,
  object_type TEXT NOT NULL,
  object_id TEXT NOT NULL,
  details TEXT NOT NULL
);
CREATE INDEX audit_log_object ON audit_log (object_type, object_id, id);

-- A running job belongs to whoever knows its fence; claiming raises it, so a late worker is shut out.
CREATE TABLE jobs (
  id {{id}},
  kind TEXT NOT NULL,
  subject_id BIGINT,
  dedupe_key TEXT,
  payload TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
  priority INTEGER NOT NULL,
  due_at_ms BIGINT NOT NULL,
  attempts INTEGER NOT NULL,
  max_attempts INTEGER NOT NULL,
  fence BIGINT NOT NULL,
  owner TEXT,
  lease_until_ms BIGINT,
  cancel_requested INTEGER NOT NULL DEFAULT 0,
  progress_percent INTEGER NOT NULL DEFAULT 0,
  progress TEXT NOT NULL DEFAULT '{}',
  result TEXT NOT NULL DEFAULT '{}',
  error_code TEXT,
  error TEXT,
  hint TEXT,
  created_at_ms BIGINT NOT NULL,
  finished_at_ms BIGINT
);
CREATE INDEX jobs_due ON jobs (kind, priority, due_at_ms) WHERE state = 'waiting';
CREATE INDEX jobs_leased ON jobs (lease_until_ms) WHERE state = 'running';
CREATE INDEX jobs_subject ON jobs (kind, subject_id);
CREATE UNIQUE INDEX jobs_open_once ON jobs (kind, dedupe_key) WHERE state IN ('waiting', 'running');
