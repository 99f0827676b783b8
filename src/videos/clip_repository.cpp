#include "videos/clip_repository.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace clipcourier::videos {
namespace sql {

#define CLIP_COLUMNS                                                                         \
  "id, video_id, profile, state, sha256, bytes, width, height, duration_ms, poster_sha256, " \
  "poster_bytes, thumbnail_sha256, thumbnail_bytes, report, report_mac, failure, "           \
  "created_at_ms, ready_at_ms"

constexpr auto find = "SELECT " CLIP_COLUMNS " FROM clips WHERE id = $1";
constexpr auto findByHash = "SELECT " CLIP_COLUMNS
                            " FROM clips WHERE sha256 = $1 AND state IN ('ready', 'superseded')"
                            " ORDER BY id DESC LIMIT 1";
constexpr auto current =
    "SELECT " CLIP_COLUMNS " FROM clips WHERE video_id = $1 AND profile = $2 AND state = 'ready'";
constexpr auto ofVideo = "SELECT " CLIP_COLUMNS " FROM clips WHERE video_id = $1 ORDER BY id DESC";

constexpr auto plan = R"sql(
  INSERT INTO clips (video_id, profile, state, created_at_ms) VALUES ($1, $2, 'planned', $3)
  ON CONFLICT (video_id, profile) WHERE state IN ('planned', 'encoding') DO NOTHING
  RETURNING id)sql";

constexpr auto setEncoding = R"sql(
  UPDATE clips SET state = 'encoding' WHERE id = $1 AND state IN ('planned', 'encoding'))sql";

constexpr auto supersede = R"sql(
  UPDATE clips SET state = 'superseded' WHERE video_id = $1 AND profile = $2 AND state = 'ready')sql";

constexpr auto makeReady = R"sql(
  UPDATE clips SET state = 'ready', sha256 = $1, bytes = $2, width = $3, height = $4,
                   duration_ms = $5, poster_sha256 = $6, poster_bytes = $7, thumbnail_sha256 = $8,
                   thumbnail_bytes = $9, report = $10, report_mac = $11, failure = NULL,
                   ready_at_ms = $12
  WHERE id = $13 AND state = 'encoding')sql";

constexpr auto fail = R"sql(
  UPDATE clips SET state = 'failed', failure = $1, report = $2
  WHERE id = $3 AND state IN ('planned', 'encoding'))sql";

constexpr auto removeOfVideo = "DELETE FROM clips WHERE video_id = $1";

}  // namespace sql

namespace {

constexpr std::array kStates{ClipState::planned, ClipState::encoding, ClipState::ready,
                             ClipState::failed, ClipState::superseded};

ClipState stateNamed(const std::string& text) {
  for (const ClipState state : kStates)
    if (name(state) == text) return state;
  throw Error(ErrorKind::internal, "unknown clip state in the database");
}

template <class... Args>
std::vector<Clip> query(db::Connection& db, std::string_view sql, const Args&... args) {
  using Text = std::string;
  using Number = std::uint64_t;
  std::vector<Clip> clips;
  for (auto& row :
       db.query<ClipId, VideoId, Text, Text, Text, Number, int, int, std::int64_t, Text, Number,
                Text, Number, Text, Text, Text, TimePoint, std::optional<TimePoint>>(sql,
                                                                                     args...)) {
    auto& [id, video, profile, state, sha256, bytes, width, height, duration, posterSha256,
           posterBytes, thumbnailSha256, thumbnailBytes, report, mac, failure, created, ready] =
        row;
    Clip clip;
    clip.id = id;
    clip.videoId = video;
    clip.profile = profile;
    clip.state = stateNamed(state);
    clip.sha256 = sha256;
    clip.size = {bytes};
    clip.width = width;
    clip.height = height;
    clip.duration = Millis(duration);
    clip.poster = {posterSha256, {posterBytes}};
    clip.thumbnail = {thumbnailSha256, {thumbnailBytes}};
    clip.report = std::move(report);
    clip.reportMac = mac;
    clip.failure = std::move(failure);
    clip.createdAt = created;
    clip.readyAt = ready;
    clips.push_back(std::move(clip));
  }
  return clips;
}

std::optional<Clip> first(std::vector<Clip> clips) {
  if (clips.empty()) return std::nullopt;
  return std::move(clips.front());
}

}  // namespace

std::string_view name(ClipState state) {
  switch (state) {
    case ClipState::planned: return "planned";
    case ClipState::encoding: return "encoding";
    case ClipState::ready: return "ready";
    case ClipState::failed: return "failed";
    case ClipState::superseded: return "superseded";
  }
  return "failed";
}

std::optional<Clip> ClipRepository::find(ClipId id) { return first(query(db_, sql::find, id)); }

std::optional<Clip> ClipRepository::findByHash(const std::string& sha256) {
  return first(query(db_, sql::findByHash, sha256));
}

std::optional<Clip> ClipRepository::current(VideoId video, const std::string& profile) {
  return first(query(db_, sql::current, video, profile));
}

std::vector<Clip> ClipRepository::ofVideo(VideoId video) { return query(db_, sql::ofVideo, video); }

std::optional<ClipId> ClipRepository::plan(VideoId video, const std::string& profile,
                                           TimePoint now) {
  return db_.scalar<ClipId>(sql::plan, video, profile, now);
}

bool ClipRepository::setEncoding(ClipId id) { return db_.run(sql::setEncoding, id) == 1; }

bool ClipRepository::makeReady(const Clip& clip, TimePoint now) {
  db_.run(sql::supersede, clip.videoId, clip.profile);
  return db_.run(sql::makeReady, clip.sha256, clip.size.bytes, clip.width, clip.height,
                 clip.duration.count(), clip.poster.sha256, clip.poster.size.bytes,
                 clip.thumbnail.sha256, clip.thumbnail.size.bytes, clip.report, clip.reportMac, now,
                 clip.id) == 1;
}

bool ClipRepository::fail(ClipId id, const Failure& failure, const std::string& report) {
  const auto kept = report.empty() ? std::nullopt : std::optional(report);
  return db_.run(sql::fail, nlohmann::json(failure).dump(), kept, id) == 1;
}

void ClipRepository::removeOfVideo(VideoId video) { db_.run(sql::removeOfVideo, video); }

}  // namespace clipcourier::videos
