-- What people change about a video, the pictures that show it, and renditions that got no clip of
-- their own. {{sqlite}} and {{postgresql}} mark statements for one engine.

-- edit_version rises with all that makes other clips (edits, captions, logo), picture_revision also
-- with the choice of the poster.
ALTER TABLE videos ADD COLUMN edits TEXT NOT NULL DEFAULT '{}';
ALTER TABLE videos ADD COLUMN edit_version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE videos ADD COLUMN captions_sha256 TEXT;
ALTER TABLE videos ADD COLUMN captions_bytes BIGINT;
ALTER TABLE videos ADD COLUMN logo_sha256 TEXT;
ALTER TABLE videos ADD COLUMN logo_bytes BIGINT;
ALTER TABLE videos ADD COLUMN poster_choice TEXT NOT NULL DEFAULT 'best' CHECK (poster_choice IN ('best', 'time', 'own'));
ALTER TABLE videos ADD COLUMN poster_at_ms BIGINT;
ALTER TABLE videos ADD COLUMN poster_image_sha256 TEXT;
ALTER TABLE videos ADD COLUMN poster_image_bytes BIGINT;
ALTER TABLE videos ADD COLUMN picture_revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE videos ADD COLUMN picture_failure TEXT;

-- Of a video as edited by edit_version. Of each kind the one with the highest revision counts; older
-- ones stay for campaigns that were made with them.
CREATE TABLE video_pictures (
  id {{id}},
  video_id BIGINT NOT NULL REFERENCES videos (id),
  edit_version INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('poster', 'poster_webp', 'thumbnail', 'badge', 'candidate', 'storyboard', 'preview')),
  number INTEGER NOT NULL DEFAULT 0,
  sha256 TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  time_ms BIGINT NOT NULL,
  score INTEGER,
  vtt TEXT,
  UNIQUE (video_id, edit_version, kind, number, revision)
);

-- Clips get the states served (another profile's clip is good enough) and refused (the profile does
-- not take this video). SQLite cannot change a CHECK, so there the table and the one that refers to it
-- are made anew.
ALTER TABLE clips ADD COLUMN edit_version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE clips ADD COLUMN format TEXT NOT NULL DEFAULT 'mp4';
ALTER TABLE clips ADD COLUMN served_by TEXT;
ALTER TABLE campaign_contents ADD COLUMN picture_revision INTEGER NOT NULL DEFAULT 0;

{{postgresql}} ALTER TABLE clips DROP CONSTRAINT clips_state_check;
{{postgresql}} ALTER TABLE clips ADD CONSTRAINT clips_state_check CHECK
  (state IN ('planned', 'encoding', 'ready', 'served', 'refused', 'failed', 'superseded'));

{{sqlite}} CREATE TABLE new_clips (
  id {{id}},
  video_id BIGINT NOT NULL REFERENCES videos (id),
  profile TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('planned', 'encoding', 'ready', 'served', 'refused', 'failed', 'superseded')),
  sha256 TEXT,
  bytes BIGINT,
  width INTEGER,
  height INTEGER,
  duration_ms BIGINT,
  poster_sha256 TEXT,
  poster_bytes BIGINT,
  thumbnail_sha256 TEXT,
  thumbnail_bytes BIGINT,
  report TEXT,
  report_mac TEXT,
  failure TEXT,
  created_at_ms BIGINT NOT NULL,
  ready_at_ms BIGINT,
  edit_version INTEGER NOT NULL DEFAULT 1,
  format TEXT NOT NULL DEFAULT 'mp4',
  served_by TEXT,
  CHECK (state <> 'ready' OR (sha256 IS NOT NULL AND report IS NOT NULL AND report_mac IS NOT NULL))
);
{{sqlite}} INSERT INTO new_clips SELECT * FROM clips;
{{sqlite}} UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'clips')
  WHERE name = 'new_clips' AND EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'clips');
{{sqlite}} CREATE TABLE new_campaign_contents (
  campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
  language TEXT NOT NULL,
  clip_id BIGINT NOT NULL REFERENCES new_clips (id),
  clip_sha256 TEXT NOT NULL,
  template_name TEXT NOT NULL,
  template_language TEXT NOT NULL,
  variables TEXT NOT NULL DEFAULT '{}',
  picture_revision INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (campaign_id, language)
);
{{sqlite}} INSERT INTO new_campaign_contents SELECT * FROM campaign_contents;
{{sqlite}} DROP TABLE campaign_contents;
{{sqlite}} DROP TABLE clips;
{{sqlite}} ALTER TABLE new_clips RENAME TO clips;
{{sqlite}} ALTER TABLE new_campaign_contents RENAME TO campaign_contents;
{{sqlite}} CREATE INDEX campaign_contents_clip ON campaign_contents (clip_id);
{{sqlite}} CREATE INDEX clips_video ON clips (video_id, id);
{{sqlite}} CREATE INDEX clips_sha256 ON clips (sha256);
{{sqlite}} CREATE UNIQUE INDEX clips_current ON clips (video_id, profile) WHERE state = 'ready';
{{sqlite}} CREATE UNIQUE INDEX clips_in_work ON clips (video_id, profile) WHERE state IN ('planned', 'encoding');

-- One job makes all clips of a video: what waits as a job per clip waits as that from now on.
INSERT INTO jobs (kind, subject_id, payload, state, priority, due_at_ms, attempts, max_attempts, fence,
                  created_at_ms)
  SELECT 'video.transcode', c.video_id, '{"pictures":true}', 'waiting', 100, 0, 0, 10, 0, min(c.created_at_ms)
  FROM clips c WHERE c.state IN ('planned', 'encoding') GROUP BY c.video_id;
UPDATE jobs SET state = 'cancelled' WHERE kind = 'clip.transcode' AND state IN ('waiting', 'running');
