-- A message is claimed in the commit that writes its attempt, so nothing is in between any more: the state
-- 'claimed' and the leases are gone. The table's check still knows that state.
-- Another node may claim until it is stopped.
{{postgresql}} LOCK TABLE messages IN ACCESS EXCLUSIVE MODE;
INSERT INTO campaign_counters (campaign_id, name, value)
SELECT campaign_id, 'queued', count(*) FROM messages WHERE state = 'claimed' GROUP BY campaign_id
ON CONFLICT (campaign_id, name) DO UPDATE SET value = campaign_counters.value + excluded.value;
DELETE FROM campaign_counters WHERE name = 'claimed';
UPDATE messages SET state = 'queued' WHERE state = 'claimed';
DROP INDEX messages_leased;
ALTER TABLE messages DROP COLUMN lease_owner;
ALTER TABLE messages DROP COLUMN lease_until_ms;
