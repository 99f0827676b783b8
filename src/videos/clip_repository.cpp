#include "videos/clip_repository.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace clipcourier::videos {
namespace sql {

// `report`: the columns report and report_mac, or what stands for them.
#define CLIP_COLUMNS_WITH(report)                                                         \
  "id, video_id, profile, state, edit_version, served_by, sha256, bytes, width, height, " \
  "duration_ms, format, " report ", failure, created_at_ms, ready_at_ms"
#define CLIP_COLUMNS CLIP_COLUMNS_WITH("report, report_mac")

constexpr auto find = "SELECT " CLIP_COLUMNS " FROM clips WHERE id = $1";
constexpr auto findByHash = "SELECT " CLIP_COLUMNS
                            " FROM clips WHERE sha256 = $1 AND state IN ('ready', 'superseded')"
                            " ORDER BY id DESC LIMIT 1";
constexpr auto current =
    "SELECT " CLIP_COLUMNS " FROM clips WHERE video_id = $1 AND profile = $2 AND state = 'ready'";
constexpr auto ofVideo = "SELECT " CLIP_COLUMNS " FROM clips WHERE video_id = $1 ORDER BY id DESC";
// Reports are many times as large as all the rest.
constexpr auto withoutReports = "SELECT " CLIP_COLUMNS_WITH(
    "'', ''") " FROM clips WHERE video_id BETWEEN $1 AND $2 ORDER BY id DESC";

constexpr auto newestServed = R"sql(
  SELECT served_by FROM clips c WHERE video_id = $1 AND profile = $2 AND state = 'served'
    AND NOT EXISTS (SELECT 1 FROM clips n WHERE n.video_id = c.video_id AND n.profile = c.profile
                    AND n.id > c.id AND n.state IN ('ready', 'served')))sql";
constexpr auto inWork = "SELECT " CLIP_COLUMNS
                        " FROM clips WHERE video_id = $1 AND state IN ('planned', 'encoding')"
                        " ORDER BY id";

constexpr auto plan = R"sql(
  INSERT INTO clips (video_id, profile, edit_version, state, created_at_ms)
  VALUES ($1, $2, $3, 'planned', $4)
  ON CONFLICT (video_id, profile) WHERE state IN ('planned', 'encoding') DO NOTHING
  RETURNING id)sql";

constexpr auto setEncoding = R"sql(
  UPDATE clips SET state = 'encoding' WHERE id = $1 AND state IN ('planned', 'encoding'))sql";

constexpr auto supersede = R"sql(
  UPDATE clips SET state = 'superseded' WHERE video_id = $1 AND profile = $2 AND state = 'ready')sql";

constexpr auto makeReady = R"sql(
  UPDATE clips SET state = 'ready', sha256 = $1, bytes = $2, width = $3, height = $4,
                   duration_ms = $5, format = $6, report = $7, report_mac = $8, failure = NULL,
                   ready_at_ms = $9
  WHERE id = $10 AND state = 'encoding')sql";

constexpr auto serve = R"sql(
  UPDATE clips SET state = 'served', served_by = $1
  WHERE id = $2 AND state IN ('planned', 'encoding'))sql";

constexpr auto refuse = R"sql(
  UPDATE clips SET state = 'refused', failure = $1
  WHERE id = $2 AND state IN ('planned', 'encoding'))sql";

constexpr auto fail = R"sql(
  UPDATE clips SET state = 'failed', failure = $1, report = $2
  WHERE id = $3 AND state IN ('planned', 'encoding'))sql";

constexpr auto dropInWork = R"sql(
  DELETE FROM clips WHERE video_id = $1 AND state IN ('planned', 'encoding'))sql";

constexpr auto removeOfVideo = "DELETE FROM clips WHERE video_id = $1";

}  // namespace sql

namespace {

constexpr std::array kStates{ClipState::planned,   ClipState::encoding, ClipState::ready,
                             ClipState::served,    ClipState::refused,  ClipState::failed,
                             ClipState::superseded};

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
       db.query<ClipId, VideoId, Text, Text, std::int64_t, Text, Text, Number, int, int,
                std::int64_t, Text, Text, Text, Text, TimePoint, std::optional<TimePoint>>(
           sql, args...)) {
    auto& [id, video, profile, state, editVersion, servedBy, sha256, bytes, width, height, duration,
           format, report, mac, failure, created, ready] = row;
    Clip clip;
    clip.id = id;
    clip.videoId = video;
    clip.profile = profile;
    clip.state = stateNamed(state);
    clip.editVersion = editVersion;
    clip.servedBy = servedBy;
    clip.sha256 = sha256;
    clip.size = {bytes};
    clip.width = width;
    clip.height = height;
    clip.duration = Millis(duration);
    clip.format = format;
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
    case ClipState::served: return "served";
    case ClipState::refused: return "refused";
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

std::optional<Clip> ClipRepository::playable(VideoId video, const std::string& profile) {
  const auto by = db_.scalar<std::string>(sql::newestServed, video, profile);
  return current(video, by.value_or(profile));
}

std::vector<Clip> ClipRepository::ofVideo(VideoId video) { return query(db_, sql::ofVideo, video); }

std::vector<Clip> ClipRepository::withoutReports(VideoId from, VideoId to) {
  return query(db_, sql::withoutReports, from, to);
}

std::vector<Clip> ClipRepository::inWork(VideoId video) { return query(db_, sql::inWork, video); }

std::optional<ClipId> ClipRepository::plan(VideoId video, const std::string& profile,
                                           std::int64_t editVersion, TimePoint now) {
  return db_.scalar<ClipId>(sql::plan, video, profile, editVersion, now);
}

void ClipRepository::dropInWork(VideoId video) { db_.run(sql::dropInWork, video); }

bool ClipRepository::setEncoding(ClipId id) { return db_.run(sql::setEncoding, id) == 1; }

bool ClipRepository::makeReady(const Clip& clip, TimePoint now) {
  db_.run(sql::supersede, clip.videoId, clip.profile);
  return db_.run(sql::makeReady, clip.sha256, clip.size.bytes, clip.width, clip.height,
                 clip.duration.count(), clip.format, clip.report, clip.reportMac, now,
                 clip.id) == 1;
}

bool ClipRepository::serve(const Clip& clip, const std::string& byProfile) {
  if (db_.run(sql::serve, byProfile, clip.id) != 1) return false;
  db_.run(sql::supersede, clip.videoId, clip.profile);
  return true;
}

bool ClipRepository::refuse(ClipId id, const Failure& failure) {
  return db_.run(sql::refuse, nlohmann::json(failure).dump(), id) == 1;
}

bool ClipRepository::fail(ClipId id, const Failure& failure, const std::string& report) {
  const auto kept = report.empty() ? std::nullopt : std::optional(report);
  return db_.run(sql::fail, nlohmann::json(failure).dump(), kept, id) == 1;
}

void ClipRepository::removeOfVideo(VideoId video) { db_.run(sql::removeOfVideo, video); }

}  // namespace clipcourier::videos
