-- Uploads that arrive over several requests. Their bytes wait in a partial file named by the id until
-- they are a video. offset_bytes tells how many of them are durable: never more than the file has.
CREATE TABLE uploads (
  id TEXT PRIMARY KEY,
  owner_kind TEXT NOT NULL,
  owner_id TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('uploading', 'done', 'expired')),
  title TEXT NOT NULL,
  filename TEXT NOT NULL,
  metadata TEXT NOT NULL,
  length_bytes BIGINT NOT NULL CHECK (length_bytes > 0),
  offset_bytes BIGINT NOT NULL DEFAULT 0 CHECK (offset_bytes BETWEEN 0 AND length_bytes),
  video_id BIGINT,
  created_at_ms BIGINT NOT NULL,
  expires_at_ms BIGINT NOT NULL,
  CHECK ((state = 'done') = (video_id IS NOT NULL)),
  CHECK (state <> 'done' OR offset_bytes = length_bytes)
);
CREATE INDEX uploads_expires ON uploads (state, expires_at_ms);

-- Whether a row names a stored file is asked for each of them.
CREATE INDEX videos_captions ON videos (captions_sha256) WHERE captions_sha256 IS NOT NULL;
CREATE INDEX videos_logo ON videos (logo_sha256) WHERE logo_sha256 IS NOT NULL;
CREATE INDEX videos_poster_image ON videos (poster_image_sha256) WHERE poster_image_sha256 IS NOT NULL;
CREATE INDEX video_pictures_sha256 ON video_pictures (sha256);
CREATE INDEX clips_poster ON clips (poster_sha256) WHERE poster_sha256 IS NOT NULL;
CREATE INDEX clips_thumbnail ON clips (thumbnail_sha256) WHERE thumbnail_sha256 IS NOT NULL;
CREATE INDEX campaign_contents_sha256 ON campaign_contents (clip_sha256);
CREATE INDEX sender_media_sha256 ON sender_media (sha256);
