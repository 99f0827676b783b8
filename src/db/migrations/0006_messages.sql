-- One message to one customer. This table is the send queue.

CREATE TABLE messages (
  id {{id}},
  campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
  customer_id BIGINT NOT NULL REFERENCES customers (id),
  sender_id BIGINT NOT NULL REFERENCES senders (id),
  address TEXT NOT NULL,
  language TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'held', 'claimed', 'sending', 'unknown', 'accepted',
                                       'sent', 'failed', 'delivered', 'read', 'skipped')),
  due_at_ms BIGINT NOT NULL,
  reason TEXT,
  lease_owner TEXT,
  lease_until_ms BIGINT,
  consent_id BIGINT,
  attempts INTEGER NOT NULL DEFAULT 0,
  state_at_ms BIGINT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  opened_at_ms BIGINT,
  replied_at_ms BIGINT,
  UNIQUE (customer_id, campaign_id),
  UNIQUE (campaign_id, address)
);
CREATE INDEX messages_due ON messages (campaign_id, due_at_ms) WHERE state IN ('queued', 'held');
CREATE INDEX messages_leased ON messages (lease_until_ms) WHERE state = 'claimed';
CREATE INDEX messages_by_state ON messages (campaign_id, state, id);

-- Committed before its request. state_rank orders receipts within one attempt:
-- sending, unknown 0 < accepted 1 < sent 2 < failed 3 < delivered 4 < read 5.
CREATE TABLE attempts (
  message_id BIGINT NOT NULL REFERENCES messages (id),
  number INTEGER NOT NULL,
  sender_id BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('sending', 'unknown', 'accepted', 'sent', 'failed', 'delivered', 'read')),
  state_rank INTEGER NOT NULL,
  provider_id TEXT,
  error_code TEXT,
  started_at_ms BIGINT NOT NULL,
  deadline_at_ms BIGINT NOT NULL,
  finished_at_ms BIGINT,
  PRIMARY KEY (message_id, number)
);
CREATE INDEX attempts_provider ON attempts (provider_id) WHERE provider_id IS NOT NULL;
CREATE INDEX attempts_open ON attempts (sender_id, started_at_ms) WHERE state IN ('sending', 'unknown');

-- The timeline: one row for each thing that happened to a message. A receipt that comes twice carries
-- the same time, so it is one row.
CREATE TABLE message_events (
  id {{id}},
  message_id BIGINT NOT NULL REFERENCES messages (id),
  attempt INTEGER NOT NULL,
  kind TEXT NOT NULL,
  code TEXT,
  at_ms BIGINT NOT NULL,
  UNIQUE (message_id, attempt, kind, at_ms)
);

-- A scope waits for all its messages: one row, never copied to them.
CREATE TABLE holds (
  scope TEXT NOT NULL CHECK (scope IN ('campaign', 'sender', 'template', 'channel', 'everything')),
  scope_key TEXT NOT NULL,
  reason TEXT NOT NULL,
  held_by TEXT NOT NULL,
  since_ms BIGINT NOT NULL,
  until_ms BIGINT,
  PRIMARY KEY (scope, scope_key)
);

-- Stored before the provider gets its 200, applied after. body is the exact text that was signed.
CREATE TABLE webhooks (
  id {{id}},
  channel TEXT NOT NULL,
  received_at_ms BIGINT NOT NULL,
  body TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('stored', 'applied', 'failed')),
  attempts INTEGER NOT NULL DEFAULT 0,
  due_at_ms BIGINT NOT NULL,
  applied_at_ms BIGINT,
  error TEXT
);
CREATE INDEX webhooks_waiting ON webhooks (due_at_ms, id) WHERE state = 'stored';

-- What people wrote, without the text: enough to count a reply once and to prove a STOP.
CREATE TABLE inbound_messages (
  id {{id}},
  sender_id BIGINT NOT NULL,
  provider_id TEXT NOT NULL,
  customer_id BIGINT,
  message_id BIGINT,
  kind TEXT NOT NULL,
  received_at_ms BIGINT NOT NULL,
  UNIQUE (sender_id, provider_id)
);
