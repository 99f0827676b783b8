-- Who may be written to, with the proof.

CREATE TABLE customers (
  id {{id}},
  external_ref TEXT UNIQUE,
  name TEXT NOT NULL DEFAULT '',
  locale TEXT NOT NULL DEFAULT '',
  attributes TEXT NOT NULL DEFAULT '{}',
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  version INTEGER NOT NULL DEFAULT 1
);

-- An identity belongs to one customer, and a customer has at most one of each kind.
CREATE TABLE customer_identities (
  customer_id BIGINT NOT NULL REFERENCES customers (id),
  kind TEXT NOT NULL CHECK (kind IN ('phone', 'whatsapp', 'bsuid', 'email', 'telegram')),
  value TEXT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  PRIMARY KEY (kind, value),
  UNIQUE (customer_id, kind)
);

CREATE TABLE customer_tags (
  customer_id BIGINT NOT NULL REFERENCES customers (id),
  tag TEXT NOT NULL,
  PRIMARY KEY (tag, customer_id)
);
CREATE INDEX customer_tags_customer ON customer_tags (customer_id);

-- The exact text a person agreed to. Never changed: a new text is a new version.
CREATE TABLE consent_wordings (
  id {{id}},
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  language TEXT NOT NULL,
  purpose TEXT NOT NULL,
  channels TEXT NOT NULL,
  tracking INTEGER NOT NULL CHECK (tracking IN (0, 1)),
  text TEXT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  UNIQUE (name, version, language)
);

-- Append-only. chain = HMAC(previous chain || payload_hash), payload_hash = H(salt || payload), so
-- payload and salt can be erased and the chain stays whole.
CREATE TABLE consent_ledger (
  seq BIGINT PRIMARY KEY,
  customer_id BIGINT,
  payload TEXT,
  salt TEXT,
  payload_hash TEXT NOT NULL,
  chain TEXT NOT NULL,
  created_at_ms BIGINT NOT NULL
);
CREATE INDEX consent_ledger_customer ON consent_ledger (customer_id, seq);

-- The end of the chain, one row: what the next entry links to. mac proves it, so that cutting entries
-- off the end does not go unseen. Writers lock this row first, so the chain has one order.
CREATE TABLE consent_ledger_head (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  seq BIGINT NOT NULL,
  chain TEXT NOT NULL,
  mac TEXT NOT NULL
);
INSERT INTO consent_ledger_head (id, seq, chain, mac) VALUES (1, 0, '', '');

-- What is true now; the only row asked at send time. Changes with the ledger in one transaction.
-- changed_at_ms is when the customer acted. Channel or purpose '*' only ever holds a withdrawal that
-- covers all of them.
CREATE TABLE consents (
  id {{id}},
  customer_id BIGINT NOT NULL REFERENCES customers (id),
  channel TEXT NOT NULL,
  purpose TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('requested', 'given', 'withdrawn')),
  wording_id BIGINT REFERENCES consent_wordings (id),
  tracking INTEGER NOT NULL DEFAULT 0 CHECK (tracking IN (0, 1)),
  ledger_seq BIGINT NOT NULL,
  changed_at_ms BIGINT NOT NULL,
  UNIQUE (customer_id, channel, purpose),
  CHECK (state <> 'given' OR wording_id IS NOT NULL)
);
CREATE INDEX consents_given ON consents (channel, purpose, customer_id) WHERE state = 'given';

-- One customer file being imported. The counts change in the transaction of the lines they count, and
-- lines_done says where a killed import goes on.
CREATE TABLE imports (
  id {{id}},
  state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
  dry_run INTEGER NOT NULL CHECK (dry_run IN (0, 1)),
  idempotency_key TEXT UNIQUE,
  file TEXT NOT NULL,
  file_sha256 TEXT NOT NULL,
  bytes_total BIGINT NOT NULL,
  bytes_done BIGINT NOT NULL DEFAULT 0,
  lines_done BIGINT NOT NULL DEFAULT 0,
  created BIGINT NOT NULL DEFAULT 0,
  updated BIGINT NOT NULL DEFAULT 0,
  unchanged BIGINT NOT NULL DEFAULT 0,
  consents_given BIGINT NOT NULL DEFAULT 0,
  kept_withdrawn BIGINT NOT NULL DEFAULT 0,
  unproven BIGINT NOT NULL DEFAULT 0,
  bad_lines BIGINT NOT NULL DEFAULT 0,
  error_code TEXT,
  error TEXT,
  hint TEXT,
  created_at_ms BIGINT NOT NULL,
  finished_at_ms BIGINT
);

-- What was wrong, without the value itself. The first ten thousand of an import are kept.
CREATE TABLE import_problems (
  import_id BIGINT NOT NULL REFERENCES imports (id),
  number BIGINT NOT NULL,
  line BIGINT NOT NULL,
  column_name TEXT NOT NULL,
  code TEXT NOT NULL,
  refused INTEGER NOT NULL,
  other_line BIGINT NOT NULL,
  customer_ids TEXT NOT NULL,
  PRIMARY KEY (import_id, number)
);
