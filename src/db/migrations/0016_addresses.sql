-- A phone number belongs to one customer and a message keeps it, so one message to a customer is one to the
-- number: an index of all numbers, each at a random place, made a launch write a page for each message. Only
-- user ids change while messages wait.

{{postgresql}} ALTER TABLE messages DROP CONSTRAINT messages_campaign_id_address_key;

-- SQLite cannot drop a constraint, so the table is made anew. Rows of other tables that refer to it are
-- looked at when all is done.
{{sqlite}} PRAGMA defer_foreign_keys = ON;
{{sqlite}} CREATE TABLE messages_before AS SELECT * FROM messages;
{{sqlite}} CREATE TABLE sequence_before AS SELECT name, seq FROM sqlite_sequence WHERE name = 'messages';
{{sqlite}} DROP TABLE messages;
{{sqlite}} CREATE TABLE messages (
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
  delivered_at_ms BIGINT,
  read_at_ms BIGINT,
  watch_rank INTEGER NOT NULL DEFAULT 0,
  tapped TEXT,
  tapped_at_ms BIGINT,
  opted_out_at_ms BIGINT,
  UNIQUE (customer_id, campaign_id)
);
{{sqlite}} INSERT INTO messages SELECT * FROM messages_before;
{{sqlite}} DELETE FROM sqlite_sequence WHERE name = 'messages';
{{sqlite}} INSERT INTO sqlite_sequence (name, seq) SELECT name, seq FROM sequence_before;
{{sqlite}} DROP TABLE messages_before;
{{sqlite}} DROP TABLE sequence_before;
{{sqlite}} CREATE INDEX messages_due ON messages (campaign_id, due_at_ms) WHERE state IN ('queued', 'held');
{{sqlite}} CREATE INDEX messages_leased ON messages (lease_until_ms) WHERE state = 'claimed';
{{sqlite}} CREATE INDEX messages_by_state ON messages (campaign_id, state, id);
{{sqlite}} CREATE INDEX messages_due_by_language ON messages (campaign_id, language, due_at_ms)
  WHERE state IN ('queued', 'held');
{{sqlite}} CREATE INDEX messages_no_language ON messages (campaign_id, language)
  WHERE state = 'held' AND reason = 'template.missing_language';

CREATE UNIQUE INDEX messages_user_ids ON messages (campaign_id, address) WHERE substr(address, 1, 1) <> '+';
