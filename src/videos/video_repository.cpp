#include "videos/video_repository.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace clipcourier::videos {
namespace sql {

#define VIDEO_COLUMNS                                                              \
  "id, title, filename, state, original_sha256, original_bytes, source, failure, " \
  "created_at_ms, updated_at_ms, version"

constexpr auto find = "SELECT " VIDEO_COLUMNS " FROM videos WHERE id = $1";
constexpr auto listFirst = "SELECT " VIDEO_COLUMNS " FROM videos ORDER BY id DESC LIMIT $1";
constexpr auto listBefore =
    "SELECT " VIDEO_COLUMNS " FROM videos WHERE id < $1 ORDER BY id DESC LIMIT $2";

constexpr auto sameOriginal = R"sql(
  SELECT id FROM videos WHERE original_sha256 = $1 AND id <> $2 ORDER BY id)sql";

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

template <class... Args>
std::vector<Video> query(db::Connection& db, std::string_view sql, const Args&... args) {
  std::vector<Video> videos;
  for (auto& row :
       db.query<VideoId, std::string, std::string, std::string, std::string, std::uint64_t,
                std::string, std::string, TimePoint, TimePoint, std::int64_t>(sql, args...)) {
    auto& [id, title, filename, state, sha256, size, source, failure, created, updated, version] =
        row;
    videos.push_back({id, std::move(title), std::move(filename), stateNamed(state),
                      std::move(sha256), ByteSize{size}, std::move(source), std::move(failure),
                      created, updated, version});
  }
  return videos;
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

std::vector<VideoId> VideoRepository::sameOriginal(const Video& video) {
  std::vector<VideoId> ids;
  for (const auto& [id] : db_.query<VideoId>(sql::sameOriginal, video.originalSha256, video.id))
    ids.push_back(id);
  return ids;
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

void VideoRepository::remove(VideoId id) { db_.run(sql::remove, id); }

bool VideoRepository::lock(VideoId id) { return db_.run(sql::lock, id) == 1; }

}  // namespace clipcourier::videos
