#include "videos/video_repository.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace clipcourier::videos {
namespace sql {

#define VIDEO_COLUMNS                                                              \
  "id, title, filename, state, original_sha256, original_bytes, source, failure, " \
  "created_at_ms, updated_at_ms, version, edits, edit_version, captions_sha256, "  \
  "captions_bytes, logo_sha256, logo_bytes, poster_choice, poster_at_ms, "         \
  "poster_image_sha256, poster_image_bytes, picture_revision, picture_failure"

constexpr auto find = "SELECT " VIDEO_COLUMNS " FROM videos WHERE id = $1";
constexpr auto listFirst = "SELECT " VIDEO_COLUMNS " FROM videos ORDER BY id DESC LIMIT $1";
constexpr auto listBefore =
    "SELECT " VIDEO_COLUMNS " FROM videos WHERE id < $1 ORDER BY id DESC LIMIT $2";

constexpr auto sameOriginals = R"sql(
  SELECT v.id, o.id FROM videos v
  JOIN videos o ON o.original_sha256 = v.original_sha256 AND o.id <> v.id
  WHERE v.id BETWEEN $1 AND $2 ORDER BY v.id, o.id)sql";

constexpr auto add = R"sql(
  INSERT INTO videos (title, filename, state, original_sha256, original_bytes, created_at_ms,
                      updated_at_ms)
  VALUES ($1, $2, 'uploaded', $3, $4, $5, $6)
  RETURNING id)sql";

constexpr auto setState = R"sql(
  UPDATE videos SET state = $1, failure = NULL, updated_at_ms = $2 WHERE id = $3)sql";
constexpr auto setSource = R"sql(
  UPDATE videos SET source = $1, updated_at_ms = $2 WHERE id = $3)sql";
constexpr auto fail = R"sql(
  UPDATE videos SET state = 'failed', failure = $1, updated_at_ms = $2 WHERE id = $3)sql";
constexpr auto retitle = R"sql(
  UPDATE videos SET title = $1, version = version + 1, updated_at_ms = $2
  WHERE id = $3 AND version = $4)sql";
constexpr auto edit = R"sql(
  UPDATE videos SET edits = $1, captions_sha256 = $2, captions_bytes = $3, logo_sha256 = $4,
                    logo_bytes = $5, edit_version = edit_version + 1, updated_at_ms = $6
  WHERE id = $7)sql";
constexpr auto wishPoster = R"sql(
  UPDATE videos SET poster_choice = $1, poster_at_ms = $2, poster_image_sha256 = $3,
                    poster_image_bytes = $4, picture_revision = picture_revision + 1,
                    picture_failure = NULL, updated_at_ms = $5
  WHERE id = $6)sql";
constexpr auto setPictureFailure = "UPDATE videos SET picture_failure = $1 WHERE id = $2";
constexpr auto remove = "DELETE FROM videos WHERE id = $1";

// Changes nothing, but locks the row.
constexpr auto lock = "UPDATE videos SET version = version WHERE id = $1";

}  // namespace sql

namespace {

constexpr std::array kStates{VideoState::uploading,   VideoState::uploaded, VideoState::probing,
                             VideoState::transcoding, VideoState::ready,    VideoState::failed};

VideoState stateNamed(const std::string& text) {
  for (const VideoState state : kStates)
    if (name(state) == text) return state;
  throw Error(ErrorKind::internal, "unknown video state in the database");
}

PosterWish::Kind wishNamed(const std::string& text) {
  for (const auto kind : {PosterWish::Kind::best, PosterWish::Kind::time, PosterWish::Kind::own})
    if (name(kind) == text) return kind;
  throw Error(ErrorKind::internal, "unknown choice of a poster in the database");
}

template <class... Args>
std::vector<Video> query(db::Connection& db, std::string_view sql, const Args&... args) {
  using Text = std::string;
  using Number = std::int64_t;
  using Size = std::uint64_t;
  std::vector<Video> videos;
  for (auto& row :
       db.query<VideoId, Text, Text, Text, Text, Size, Text, Text, TimePoint, TimePoint, Number,
                Text, Number, Text, Size, Text, Size, Text, Number, Text, Size, Number, Text>(
           sql, args...)) {
    auto& [id, title, filename, state, sha256, size, source, failure, created, updated, version,
           edits, editVersion, captions, captionsSize, logo, logoSize, choice, posterAt, image,
           imageSize, pictureRevision, pictureFailure] = row;
    videos.push_back({id,
                      std::move(title),
                      std::move(filename),
                      stateNamed(state),
                      std::move(sha256),
                      ByteSize{size},
                      std::move(source),
                      std::move(failure),
                      created,
                      updated,
                      version,
                      std::move(edits),
                      {captions, {captionsSize}},
                      {logo, {logoSize}},
                      editVersion,
                      {wishNamed(choice), posterAt, {image, {imageSize}}},
                      pictureRevision,
                      std::move(pictureFailure)});
  }
  return videos;
}

// NULL where there is none.
std::optional<std::string> hashOf(const FileRef& file) {
  return file ? std::optional(file.sha256) : std::nullopt;
}

}  // namespace

std::string_view name(VideoState state) {
  switch (state) {
    case VideoState::uploading: return "uploading";
    case VideoState::uploaded: return "uploaded";
    case VideoState::probing: return "probing";
    case VideoState::transcoding: return "transcoding";
    case VideoState::ready: return "ready";
    case VideoState::failed: return "failed";
  }
  return "failed";
}

std::string_view name(PosterWish::Kind kind) {
  switch (kind) {
    case PosterWish::Kind::best: return "best";
    case PosterWish::Kind::time: return "time";
    case PosterWish::Kind::own: return "own";
  }
  return "best";
}

std::optional<Video> VideoRepository::find(VideoId id) {
  auto videos = query(db_, sql::find, id);
  if (videos.empty()) return std::nullopt;
  return std::move(videos.front());
}

Video VideoRepository::get(VideoId id) {
  if (auto video = find(id)) return std::move(*video);
  throw Error(ErrorKind::notFound, "there is no video " + std::to_string(id.value),
              "List the videos to see which there are; it may have been deleted.",
              "video.not_found");
}

std::vector<Video> VideoRepository::list(VideoId before, int limit) {
  if (before.value == 0) return query(db_, sql::listFirst, limit);
  return query(db_, sql::listBefore, before, limit);
}

std::map<VideoId, std::vector<VideoId>> VideoRepository::sameOriginals(VideoId from, VideoId to) {
  std::map<VideoId, std::vector<VideoId>> others;
  for (const auto& [id, other] : db_.query<VideoId, VideoId>(sql::sameOriginals, from, to))
    others[id].push_back(other);
  return others;
}

Video VideoRepository::add(const std::string& title, const std::string& filename,
                           const std::string& sha256, ByteSize size, TimePoint now) {
  return get(*db_.scalar<VideoId>(sql::add, title, filename, sha256, size.bytes, now, now));
}

bool VideoRepository::setState(VideoId id, VideoState state, TimePoint now) {
  return db_.run(sql::setState, name(state), now, id) == 1;
}

bool VideoRepository::setSource(VideoId id, const std::string& probeJson, TimePoint now) {
  return db_.run(sql::setSource, probeJson, now, id) == 1;
}

bool VideoRepository::fail(VideoId id, const Failure& failure, TimePoint now) {
  return db_.run(sql::fail, nlohmann::json(failure).dump(), now, id) == 1;
}

bool VideoRepository::retitle(VideoId id, std::int64_t version, const std::string& title,
                              TimePoint now) {
  return db_.run(sql::retitle, title, now, id, version) == 1;
}

Video VideoRepository::edit(const Video& video, TimePoint now) {
  db_.run(sql::edit, video.edits, hashOf(video.captions), video.captions.size.bytes,
          hashOf(video.logo), video.logo.size.bytes, now, video.id);
  return wishPoster(video, now);
}

Video VideoRepository::wishPoster(const Video& video, TimePoint now) {
  const PosterWish& wish = video.poster;
  db_.run(sql::wishPoster, name(wish.kind), wish.atMs, hashOf(wish.image), wish.image.size.bytes,
          now, video.id);
  return get(video.id);
}

void VideoRepository::setPictureFailure(VideoId id, const std::optional<Failure>& failure) {
  const auto text = failure ? std::optional(nlohmann::json(*failure).dump()) : std::nullopt;
  db_.run(sql::setPictureFailure, text, id);
}

void VideoRepository::remove(VideoId id) { db_.run(sql::remove, id); }

bool VideoRepository::lock(VideoId id) { return db_.run(sql::lock, id) == 1; }

}  // namespace clipcourier::videos
