-- Our side of a channel: numbers, templates, uploaded media. Secrets are never stored here: the
-- *_source columns name an environment variable ("env:NAME") or a file ("file:/path").

CREATE TABLE senders (
  id {{id}},
  channel TEXT NOT NULL,
  name TEXT NOT NULL,
  external_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  display_address TEXT NOT NULL DEFAULT '',
  base_url TEXT NOT NULL,
  api_version TEXT NOT NULL,
  token_source TEXT NOT NULL,
  app_secret_source TEXT NOT NULL,
  verify_token_source TEXT NOT NULL,
  messages_per_second INTEGER NOT NULL CHECK (messages_per_second > 0),
  state TEXT NOT NULL CHECK (state IN ('active', 'disabled')),
  details TEXT NOT NULL DEFAULT '{}',
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  version INTEGER NOT NULL DEFAULT 1,
  UNIQUE (channel, external_id)
);

CREATE TABLE templates (
  id {{id}},
  sender_id BIGINT NOT NULL REFERENCES senders (id),
  provider_id TEXT NOT NULL,
  name TEXT NOT NULL,
  language TEXT NOT NULL,
  category TEXT NOT NULL,
  status TEXT NOT NULL,
  parameter_format TEXT NOT NULL,
  components TEXT NOT NULL,
  synced_at_ms BIGINT NOT NULL,
  missing_since_ms BIGINT,
  UNIQUE (sender_id, name, language)
);

-- A media id belongs to the number it was uploaded for and lives 30 days.
CREATE TABLE sender_media (
  id {{id}},
  sender_id BIGINT NOT NULL REFERENCES senders (id),
  sha256 TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('uploading', 'ready', 'failed')),
  media_id TEXT,
  lease_until_ms BIGINT,
  error_code TEXT,
  error TEXT,
  uploaded_at_ms BIGINT,
  expires_at_ms BIGINT,
  UNIQUE (sender_id, sha256),
  CHECK (state <> 'ready' OR media_id IS NOT NULL)
);

-- The tokens of the rate limiters; scope is "sender:7". A row, so that several nodes share one limit.
CREATE TABLE rate_limits (
  scope TEXT PRIMARY KEY,
  tokens DOUBLE PRECISION NOT NULL,
  updated_at_ms BIGINT NOT NULL
);
