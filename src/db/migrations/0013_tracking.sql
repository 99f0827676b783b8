-- What people did with what they got: how far they watched, when they read, what they tapped.

ALTER TABLE messages ADD COLUMN delivered_at_ms BIGINT;
ALTER TABLE messages ADD COLUMN read_at_ms BIGINT;
ALTER TABLE messages ADD COLUMN watch_rank INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN tapped TEXT;
ALTER TABLE messages ADD COLUMN tapped_at_ms BIGINT;
ALTER TABLE messages ADD COLUMN opted_out_at_ms BIGINT;

-- The last comparison of a campaign's counters with the table. differences is a JSON list of what did
-- not agree, number grows with each comparison, and a difference is repaired at most once.
CREATE TABLE counter_checks (
  campaign_id BIGINT PRIMARY KEY REFERENCES campaigns (id),
  number BIGINT NOT NULL,
  checked_at_ms BIGINT NOT NULL,
  messages BIGINT NOT NULL,
  took_ms BIGINT NOT NULL,
  different INTEGER NOT NULL,
  differences TEXT NOT NULL,
  repaired_at_ms BIGINT
);
CREATE INDEX counter_checks_due ON counter_checks (checked_at_ms);
CREATE INDEX counter_checks_different ON counter_checks (campaign_id) WHERE different > 0;

-- What was there before: opened 1 < played 2 < watched 25 % 3 < 50 % 4 < 75 % 5 < completed 6.
UPDATE messages SET watch_rank = coalesce((
  SELECT max(CASE e.kind WHEN 'completed' THEN 6 WHEN 'played' THEN 2 ELSE 1 END) FROM message_events e
  WHERE e.message_id = messages.id AND e.attempt = 0 AND e.kind IN ('opened', 'played', 'completed')), 0);
UPDATE messages SET
  delivered_at_ms = (SELECT min(e.at_ms) FROM message_events e
                     WHERE e.message_id = messages.id AND e.kind = 'delivered'),
  read_at_ms = (SELECT min(e.at_ms) FROM message_events e
                WHERE e.message_id = messages.id AND e.kind = 'read')
  WHERE state IN ('delivered', 'read');

DELETE FROM campaign_counters WHERE name IN ('opened', 'played', 'completed');
INSERT INTO campaign_counters (campaign_id, name, value)
  SELECT m.campaign_id, s.name, count(*)
  FROM messages m JOIN (
    SELECT 'opened' AS name, 1 AS step UNION ALL SELECT 'played', 2 UNION ALL SELECT 'watched_25', 3
    UNION ALL SELECT 'watched_50', 4 UNION ALL SELECT 'watched_75', 5 UNION ALL SELECT 'completed', 6
  ) s ON m.watch_rank >= s.step
  GROUP BY m.campaign_id, s.name;
INSERT INTO campaign_counters (campaign_id, name, value)
  SELECT campaign_id, state || ':' || reason, count(*) FROM messages
  WHERE state IN ('held', 'failed', 'skipped') AND reason <> ''
  GROUP BY campaign_id, state, reason;
INSERT INTO campaign_counters (campaign_id, name, value)
  SELECT t.campaign_id, t.name, count(*) FROM (
    SELECT campaign_id, 'read_in:' || CASE
      WHEN read_at_ms - coalesce(delivered_at_ms, read_at_ms) <= 60000 THEN '60'
      WHEN read_at_ms - coalesce(delivered_at_ms, read_at_ms) <= 300000 THEN '300'
      WHEN read_at_ms - coalesce(delivered_at_ms, read_at_ms) <= 900000 THEN '900'
      WHEN read_at_ms - coalesce(delivered_at_ms, read_at_ms) <= 1800000 THEN '1800'
      WHEN read_at_ms - coalesce(delivered_at_ms, read_at_ms) <= 3600000 THEN '3600'
      WHEN read_at_ms - coalesce(delivered_at_ms, read_at_ms) <= 10800000 THEN '10800'
      WHEN read_at_ms - coalesce(delivered_at_ms, read_at_ms) <= 21600000 THEN '21600'
      WHEN read_at_ms - coalesce(delivered_at_ms, read_at_ms) <= 43200000 THEN '43200'
      WHEN read_at_ms - coalesce(delivered_at_ms, read_at_ms) <= 86400000 THEN '86400'
      WHEN read_at_ms - coalesce(delivered_at_ms, read_at_ms) <= 259200000 THEN '259200'
      ELSE 'more' END AS name
    FROM messages WHERE read_at_ms IS NOT NULL) t
  GROUP BY t.campaign_id, t.name;
