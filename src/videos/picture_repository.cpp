#include "videos/picture_repository.h"

#include <array>

#include "base/error.h"

namespace clipcourier::videos {
namespace sql {

#define PICTURES                                                                                  \
  "SELECT p.video_id, p.edit_version, p.revision, p.kind, p.number, p.sha256, p.bytes, p.width, " \
  "p.height, p.time_ms, p.score, p.vtt FROM video_pictures p "
#define OF_HIGHEST_REVISION                                            \
  " AND NOT EXISTS (SELECT 1 FROM video_pictures n"                    \
  " WHERE n.video_id = p.video_id AND n.edit_version = p.edit_version" \
  " AND n.kind = p.kind AND n.number = p.number AND n.revision > p.revision) "

constexpr auto current = PICTURES
    "WHERE p.video_id = $1 AND p.edit_version = $2" OF_HIGHEST_REVISION "ORDER BY p.kind, p.number";

constexpr auto posters = PICTURES R"sql(
  JOIN videos v ON v.id = p.video_id
  WHERE p.video_id BETWEEN $1 AND $2 AND p.kind IN ('poster', 'thumbnail')
    AND p.edit_version = (SELECT max(w.edit_version) FROM video_pictures w
                          WHERE w.video_id = p.video_id AND w.kind = 'poster'
                            AND w.edit_version <= v.edit_version))sql" OF_HIGHEST_REVISION
                                  "ORDER BY p.video_id, p.kind";

constexpr auto newestWithPosters = R"sql(
  SELECT coalesce(max(edit_version), 0) FROM video_pictures
  WHERE video_id = $1 AND edit_version <= $2 AND kind = 'poster')sql";

constexpr auto posterRevision = R"sql(
  SELECT coalesce(max(revision), 0) FROM video_pictures
  WHERE video_id = $1 AND edit_version = $2 AND kind = 'poster')sql";

constexpr auto add = R"sql(
  INSERT INTO video_pictures (video_id, edit_version, revision, kind, number, sha256, bytes, width,
                              height, time_ms, score, vtt)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
  ON CONFLICT (video_id, edit_version, kind, number, revision) DO NOTHING)sql";

constexpr auto removeOfVideo = "DELETE FROM video_pictures WHERE video_id = $1";

}  // namespace sql

namespace {

constexpr std::array kKinds{PictureKind::poster, PictureKind::posterWebp, PictureKind::thumbnail,
                            PictureKind::badge,  PictureKind::candidate,  PictureKind::storyboard,
                            PictureKind::preview};

PictureKind kindNamed(const std::string& text) {
  for (const PictureKind kind : kKinds)
    if (name(kind) == text) return kind;
  throw Error(ErrorKind::internal, "unknown kind of picture in the database");
}

template <class... Args>
std::vector<VideoPicture> query(db::Connection& db, std::string_view sql, const Args&... args) {
  std::vector<VideoPicture> pictures;
  for (auto& row :
       db.query<VideoId, std::int64_t, std::int64_t, std::string, int, std::string, std::uint64_t,
                int, int, std::int64_t, std::optional<int>, std::string>(sql, args...)) {
    auto& [id, edited, revision, kind, number, sha256, bytes, width, height, at, score, vtt] = row;
    pictures.push_back({id,
                        edited,
                        revision,
                        kindNamed(kind),
                        number,
                        {sha256, {bytes}},
                        width,
                        height,
                        at,
                        score,
                        std::move(vtt)});
  }
  return pictures;
}

}  // namespace

std::string_view name(PictureKind kind) {
  switch (kind) {
    case PictureKind::poster: return "poster";
    case PictureKind::posterWebp: return "poster_webp";
    case PictureKind::thumbnail: return "thumbnail";
    case PictureKind::badge: return "badge";
    case PictureKind::candidate: return "candidate";
    case PictureKind::storyboard: return "storyboard";
    case PictureKind::preview: return "preview";
  }
  return "poster";
}

std::vector<VideoPicture> PictureRepository::current(VideoId video, std::int64_t editVersion) {
  return query(db_, sql::current, video, editVersion);
}

std::vector<VideoPicture> PictureRepository::posters(VideoId from, VideoId to) {
  return query(db_, sql::posters, from, to);
}

std::int64_t PictureRepository::newestWithPosters(VideoId video, std::int64_t editVersion) {
  return *db_.scalar<std::int64_t>(sql::newestWithPosters, video, editVersion);
}

std::int64_t PictureRepository::posterRevision(VideoId video, std::int64_t editVersion) {
  return *db_.scalar<std::int64_t>(sql::posterRevision, video, editVersion);
}

void PictureRepository::add(const VideoPicture& picture) {
  const auto vtt = picture.vtt.empty() ? std::nullopt : std::optional(picture.vtt);
  db_.run(sql::add, picture.videoId, picture.editVersion, picture.revision, name(picture.kind),
          picture.number, picture.file.sha256, picture.file.size.bytes, picture.width,
          picture.height, picture.timeMs, picture.score, vtt);
}

void PictureRepository::removeOfVideo(VideoId video) { db_.run(sql::removeOfVideo, video); }

}  // namespace clipcourier::videos
