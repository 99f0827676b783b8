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
