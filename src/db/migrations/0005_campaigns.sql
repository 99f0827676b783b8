-- One clip for many customers.

CREATE TABLE campaigns (
  id {{id}},
  name TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('draft', 'pending_approval', 'scheduled', 'launching', 'running',
                                       'paused', 'completed', 'cancelled')),
  sender_id BIGINT NOT NULL REFERENCES senders (id),
  purpose TEXT NOT NULL,
  audience TEXT NOT NULL,
  fallback_language TEXT NOT NULL,
  pause_reason TEXT,
  paused_by TEXT,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  launched_at_ms BIGINT,
  finished_at_ms BIGINT,
  version INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX campaigns_active ON campaigns (sender_id, id) WHERE state IN ('launching', 'running', 'paused');

-- What is sent in one language: the clip by its hash, the template, and where its variables come from.
CREATE TABLE campaign_contents (
  campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
  language TEXT NOT NULL,
  clip_id BIGINT NOT NULL REFERENCES clips (id),
  clip_sha256 TEXT NOT NULL,
  template_name TEXT NOT NULL,
  template_language TEXT NOT NULL,
  variables TEXT NOT NULL DEFAULT '{}',
  PRIMARY KEY (campaign_id, language)
);
CREATE INDEX campaign_contents_clip ON campaign_contents (clip_id);

-- Counters are rows: they change in the transaction that changes the state they count.
CREATE TABLE campaign_counters (
  campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
  name TEXT NOT NULL,
  value BIGINT NOT NULL,
  PRIMARY KEY (campaign_id, name)
);
