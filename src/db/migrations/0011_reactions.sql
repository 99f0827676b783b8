-- What providers' errors do beyond their message, what operators decide about unknown messages, and what
-- operations must know.

-- How fast a sender may go since its provider asked for less; it climbs back by the time that passes, up
-- to the configured rate. A row, so that several nodes share it. No row, or one that has climbed back:
-- as configured.
CREATE TABLE sender_rates (
  sender_id BIGINT PRIMARY KEY REFERENCES senders (id),
  per_second DOUBLE PRECISION NOT NULL,
  changed_at_ms BIGINT NOT NULL,
  since_ms BIGINT NOT NULL,
  code TEXT NOT NULL
);

-- A hold of the system that a cheap question to the provider can end early: when to ask next, and how
-- often it was asked in vain or ended too soon.
ALTER TABLE holds ADD COLUMN probe_at_ms BIGINT;
ALTER TABLE holds ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;

-- How often a provider refused with a code, by hour. listed: the code is one we know.
CREATE TABLE provider_errors (
  sender_id BIGINT NOT NULL,
  code TEXT NOT NULL,
  hour_ms BIGINT NOT NULL,
  listed INTEGER NOT NULL CHECK (listed IN (0, 1)),
  count BIGINT NOT NULL,
  PRIMARY KEY (hour_ms, sender_id, code)
);

-- Refusals of a campaign's content within a window of its sends. subject: the kind of refusal, or the
-- file that was refused. sends: how many had an answer when the window began.
CREATE TABLE campaign_guards (
  campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
  subject TEXT NOT NULL,
  failures BIGINT NOT NULL,
  sends BIGINT NOT NULL,
  PRIMARY KEY (campaign_id, subject)
);

-- While a template is held in one language, the others of its campaign are asked for by language.
CREATE INDEX messages_due_by_language ON messages (campaign_id, language, due_at_ms)
  WHERE state IN ('queued', 'held');

-- What operators decided about messages whose answer was lost: a job works through them by message id.
-- Only attempts that began before created_at_ms are meant, so a second run resends nothing twice.
CREATE TABLE resolutions (
  id {{id}},
  action TEXT NOT NULL CHECK (action IN ('resend', 'give_up')),
  campaign_id BIGINT,
  sender_id BIGINT,
  tried_before_ms BIGINT NOT NULL,
  probably_never_sent INTEGER NOT NULL CHECK (probably_never_sent IN (0, 1)),
  most_attempts INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
  total BIGINT NOT NULL,
  seen BIGINT NOT NULL DEFAULT 0,
  resolved BIGINT NOT NULL DEFAULT 0,
  last_message_id BIGINT NOT NULL DEFAULT 0,
  created_by TEXT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  finished_at_ms BIGINT,
  error TEXT
);

-- When each node's dispatcher last looked at the queue.
CREATE TABLE dispatcher_heartbeats (
  owner TEXT PRIMARY KEY,
  at_ms BIGINT NOT NULL
);

-- What operations must know. Opened once for each subject, closed when it is over; never personal data.
CREATE TABLE alerts (
  id {{id}},
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('warning', 'critical')),
  code TEXT NOT NULL DEFAULT '',
  count BIGINT NOT NULL,
  since_ms BIGINT NOT NULL,
  seen_ms BIGINT NOT NULL,
  until_ms BIGINT,
  acknowledged_by TEXT,
  acknowledged_at_ms BIGINT
);
CREATE UNIQUE INDEX alerts_open ON alerts (kind, subject) WHERE until_ms IS NULL;
CREATE INDEX webhooks_failed ON webhooks (received_at_ms) WHERE state = 'failed';
CREATE INDEX jobs_failed ON jobs (finished_at_ms) WHERE state = 'failed';
