-- Requests with an Idempotency-Key: a row is written in the transaction of the effect, so a key that is
-- here was carried out. The answer may come a moment later; without one, status is null.
CREATE TABLE idempotency_keys (
  actor TEXT NOT NULL,
  key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  status INTEGER,
  headers TEXT,
  body TEXT,
  created_at_ms BIGINT NOT NULL,
  PRIMARY KEY (actor, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at_ms);

-- What changed, coarsely, for consoles that follow along: never a row for one message. last_id is
-- raised under this row's lock, so ids become visible in their order; rows up to pruned_to are gone.
CREATE TABLE event_feed (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  last_id BIGINT NOT NULL,
  pruned_to BIGINT NOT NULL,
  collected_at_ms BIGINT NOT NULL
);
INSERT INTO event_feed (id, last_id, pruned_to, collected_at_ms) VALUES (1, 0, 0, 0);

CREATE TABLE events (
  id BIGINT PRIMARY KEY,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  data TEXT NOT NULL,
  at_ms BIGINT NOT NULL
);
CREATE INDEX events_age ON events (at_ms);

-- What the feed last said of each thing; the next event tells what differs from it.
CREATE TABLE event_subjects (
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  data TEXT NOT NULL,
  changed_at_ms BIGINT NOT NULL,
  PRIMARY KEY (kind, subject)
);

-- The feed looks for videos that changed since its last look.
CREATE INDEX videos_changes ON videos (updated_at_ms);
