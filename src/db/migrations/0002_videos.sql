-- Product videos and what was made of them. The bytes lie in the media store under their SHA-256.

CREATE TABLE videos (
  id {{id}},
  title TEXT NOT NULL,
  filename TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('uploading', 'uploaded', 'probing', 'transcoding', 'ready', 'failed')),
  original_sha256 TEXT NOT NULL,
  original_bytes BIGINT NOT NULL,
  source TEXT,
  failure TEXT,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  version INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX videos_original ON videos (original_sha256);

-- Immutable once ready. report_mac authenticates report together with sha256.
CREATE TABLE clips (
  id {{id}},
  video_id BIGINT NOT NULL REFERENCES videos (id),
  profile TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('planned', 'encoding', 'ready', 'failed', 'superseded')),
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
  CHECK (state <> 'ready' OR (sha256 IS NOT NULL AND report IS NOT NULL AND report_mac IS NOT NULL))
);
CREATE INDEX clips_video ON clips (video_id, id);
CREATE INDEX clips_sha256 ON clips (sha256);
-- While a new clip is made, the one before stays the current one.
CREATE UNIQUE INDEX clips_current ON clips (video_id, profile) WHERE state = 'ready';
CREATE UNIQUE INDEX clips_in_work ON clips (video_id, profile) WHERE state IN ('planned', 'encoding');
