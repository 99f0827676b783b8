-- When the youngest attempt of each sender began of which a receipt has come: what is older and still
-- without an answer was probably never sent.
CREATE TABLE confirmed_attempts (
  sender_id BIGINT PRIMARY KEY,
  started_at_ms BIGINT NOT NULL
);
INSERT INTO confirmed_attempts (sender_id, started_at_ms)
SELECT sender_id, max(started_at_ms) FROM attempts
WHERE state IN ('sent', 'delivered', 'read') GROUP BY sender_id;
