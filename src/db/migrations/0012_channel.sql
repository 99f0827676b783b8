-- What providers tell that we do not know, how long webhooks are kept, planned starts, and files the
-- provider lost.

-- Bodies with parts we did not know are kept longer than the rest.
ALTER TABLE webhooks ADD COLUMN unknown_parts INTEGER NOT NULL DEFAULT 0;
CREATE INDEX webhooks_done ON webhooks (received_at_ms) WHERE state <> 'stored';

-- Kinds of webhook parts we do not know, counted. Names of the provider only, no contents.
CREATE TABLE webhook_unknowns (
  channel TEXT NOT NULL,
  field TEXT NOT NULL,
  kind TEXT NOT NULL,
  why TEXT NOT NULL,
  seen BIGINT NOT NULL,
  first_at_ms BIGINT NOT NULL,
  last_at_ms BIGINT NOT NULL,
  PRIMARY KEY (channel, field, kind, why)
);

-- When the sender's templates are to be read from the provider next.
ALTER TABLE senders ADD COLUMN templates_due_ms BIGINT NOT NULL DEFAULT 0;

-- A start in the future; schedule_hold says why it did not happen.
ALTER TABLE campaigns ADD COLUMN scheduled_at_ms BIGINT;
ALTER TABLE campaigns ADD COLUMN schedule_zone TEXT NOT NULL DEFAULT '';
ALTER TABLE campaigns ADD COLUMN schedule_checked_at_ms BIGINT;
ALTER TABLE campaigns ADD COLUMN schedule_hold TEXT;
CREATE INDEX campaigns_scheduled ON campaigns (scheduled_at_ms) WHERE state = 'scheduled';

-- How often in a row the provider had no use for a file it had taken.
ALTER TABLE sender_media ADD COLUMN discards INTEGER NOT NULL DEFAULT 0;

-- When somebody last wrote to one of our numbers: for a day we may answer freely.
CREATE TABLE session_windows (
  sender_id BIGINT NOT NULL,
  customer_id BIGINT NOT NULL,
  last_inbound_ms BIGINT NOT NULL,
  PRIMARY KEY (sender_id, customer_id)
);

-- Free messages inside that day. `cause` is what a message answers: it is answered once.
CREATE TABLE session_messages (
  id {{id}},
  sender_id BIGINT NOT NULL,
  customer_id BIGINT NOT NULL,
  address TEXT NOT NULL,
  kind TEXT NOT NULL,
  cause TEXT NOT NULL,
  body TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'unknown', 'accepted', 'sent', 'failed',
                                       'delivered', 'read', 'skipped')),
  attempts INTEGER NOT NULL DEFAULT 0,
  due_at_ms BIGINT NOT NULL,
  until_ms BIGINT NOT NULL,
  provider_id TEXT,
  error_code TEXT,
  created_at_ms BIGINT NOT NULL,
  state_at_ms BIGINT NOT NULL,
  UNIQUE (sender_id, customer_id, kind, cause)
);
CREATE INDEX session_messages_open ON session_messages (due_at_ms) WHERE state IN ('queued', 'sending');
CREATE INDEX session_messages_provider ON session_messages (provider_id) WHERE provider_id IS NOT NULL;

-- Messages that wait until their language has a template: few, or many of one campaign.
CREATE INDEX messages_no_language ON messages (campaign_id, language)
  WHERE state = 'held' AND reason = 'template.missing_language';
