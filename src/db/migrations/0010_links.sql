-- Links in messages that were taken back, and watch pages that show something else than what was sent.

-- subject: the id of the message or campaign, or the SHA-256 of the clip that must not be shown any more.
CREATE TABLE link_revocations (
  scope TEXT NOT NULL CHECK (scope IN ('message', 'campaign', 'clip')),
  subject TEXT NOT NULL,
  reason TEXT NOT NULL,
  revoked_by TEXT NOT NULL,
  revoked_at_ms BIGINT NOT NULL,
  from_ms BIGINT NOT NULL,
  version INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (scope, subject)
);

-- What the pages of a campaign's messages in one language show. campaign_contents stays what was sent. A row
-- that is back at 'sent' stays too: its version must not begin anew.
CREATE TABLE page_choices (
  campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
  language TEXT NOT NULL,
  shows TEXT NOT NULL CHECK (shows IN ('sent', 'clip', 'nothing')),
  clip_id BIGINT REFERENCES clips (id),
  clip_sha256 TEXT,
  picture_revision INTEGER NOT NULL DEFAULT 0,
  reason TEXT NOT NULL,
  changed_by TEXT NOT NULL,
  changed_at_ms BIGINT NOT NULL,
  version INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (campaign_id, language),
  CHECK ((shows = 'clip') = (clip_id IS NOT NULL AND clip_sha256 IS NOT NULL))
);
CREATE INDEX page_choices_clip ON page_choices (clip_id) WHERE clip_id IS NOT NULL;
