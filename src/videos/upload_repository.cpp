#include "videos/upload_repository.h"

#include "base/error.h"

namespace clipcourier::videos {
namespace sql {

#define UPLOAD_COLUMNS                                                         \
  "id, owner_kind, owner_id, state, title, filename, metadata, length_bytes, " \
  "offset_bytes, video_id, created_at_ms, expires_at_ms"

constexpr auto find = "SELECT " UPLOAD_COLUMNS " FROM uploads WHERE id = $1";
constexpr auto complete = "SELECT " UPLOAD_COLUMNS
                          " FROM uploads WHERE state = 'uploading' AND offset_bytes = length_bytes"
                          " ORDER BY created_at_ms, id LIMIT $1";

constexpr auto add = R"sql(
  INSERT INTO uploads (id, owner_kind, owner_id, state, title, filename, metadata, length_bytes,
                       created_at_ms, expires_at_ms)
  VALUES ($1, $2, $3, 'uploading', $4, $5, $6, $7, $8, $9))sql";

constexpr auto advance = R"sql(
  UPDATE uploads SET offset_bytes = $1, expires_at_ms = $2
  WHERE id = $3 AND state = 'uploading')sql";

constexpr auto finish = R"sql(
  UPDATE uploads SET state = 'done', video_id = $1, expires_at_ms = $2
  WHERE id = $3 AND state = 'uploading')sql";

constexpr auto remove = "DELETE FROM uploads WHERE id = $1";

constexpr auto expire = R"sql(
  UPDATE uploads SET state = 'expired'
  WHERE state = 'uploading' AND id IN (
    SELECT id FROM uploads
    WHERE state = 'uploading' AND expires_at_ms <= $1 AND offset_bytes < length_bytes LIMIT $2)
    AND expires_at_ms <= $1)sql";

constexpr auto forget = R"sql(
  DELETE FROM uploads WHERE id IN (
    SELECT id FROM uploads WHERE state IN ('done', 'expired') AND expires_at_ms < $1 LIMIT $2))sql";

}  // namespace sql

namespace {

UploadState stateNamed(const std::string& text) {
  for (const auto state : {UploadState::uploading, UploadState::done, UploadState::expired})
    if (name(state) == text) return state;
  throw Error(ErrorKind::internal, "unknown upload state in the database");
}

template <class... Args>
std::vector<Upload> query(db::Connection& db, std::string_view sql, const Args&... args) {
  using Text = std::string;
  using Size = std::uint64_t;
  std::vector<Upload> uploads;
  for (auto& row : db.query<Text, Text, Text, Text, Text, Text, Text, Size, Size, VideoId,
                            TimePoint, TimePoint>(sql, args...)) {
    auto& [id, kind, owner, state, title, filename, metadata, length, offset, video, created,
           expires] = row;
    uploads.push_back({std::move(id),
                       {std::move(kind), std::move(owner), ""},
                       stateNamed(state),
                       {std::move(title), std::move(filename)},
                       std::move(metadata),
                       {length},
                       {offset},
                       video,
                       created,
                       expires});
  }
  return uploads;
}

}  // namespace

std::string_view name(UploadState state) {
  switch (state) {
    case UploadState::uploading: return "uploading";
    case UploadState::done: return "done";
    case UploadState::expired: return "expired";
  }
  return "expired";
}

std::optional<Upload> UploadRepository::find(const std::string& id) {
  auto found = query(db_, sql::find, id);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<Upload> UploadRepository::complete(int limit) {
  return query(db_, sql::complete, limit);
}

void UploadRepository::add(const Upload& upload) {
  db_.run(sql::add, upload.id, upload.owner.kind, upload.owner.id, upload.info.title,
          upload.info.filename, upload.metadata, upload.length.bytes, upload.createdAt,
          upload.expiresAt);
}

bool UploadRepository::advance(const std::string& id, ByteSize offset, TimePoint expiresAt) {
  return db_.run(sql::advance, offset.bytes, expiresAt, id) == 1;
}

bool UploadRepository::finish(const std::string& id, VideoId video, TimePoint expiresAt) {
  return db_.run(sql::finish, video, expiresAt, id) == 1;
}

bool UploadRepository::remove(const std::string& id) { return db_.run(sql::remove, id) == 1; }

std::int64_t UploadRepository::expire(TimePoint now, int limit) {
  return db_.run(sql::expire, now, limit);
}

std::int64_t UploadRepository::forget(TimePoint endedBefore, int limit) {
  return db_.run(sql::forget, endedBefore, limit);
}

}  // namespace clipcourier::videos
