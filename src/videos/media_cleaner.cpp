#include "videos/media_cleaner.h"

#include "base/crypto.h"
#include "videos/upload_repository.h"

namespace clipcourier::videos {
namespace {

// One statement, so that a row that is copied while another one goes is seen in either place.
std::string namedSql(const std::vector<FileColumn>& named) {
  std::string sql = "SELECT 1 WHERE ";
  std::string_view before;
  for (const auto& [table, column] : named) {
    sql += std::string(before) + "EXISTS (SELECT 1 FROM " + std::string(table) + " WHERE " +
           std::string(column) + " = $1)";
    before = " OR ";
  }
  return sql;
}

std::string digitsOf(int part) { return crypto::hex(std::string(1, static_cast<char>(part))); }

}  // namespace

Cleaned& Cleaned::operator+=(const Cleaned& more) {
  files += more.files;
  bytes += more.bytes;
  return *this;
}

MediaCleaner::MediaCleaner(db::Database& database, media::MediaStore& store,
                           media::PartialFiles& partials, const Clock& clock, Millis grace,
                           const std::vector<FileColumn>& named)
    : database_(database),
      store_(store),
      partials_(partials),
      clock_(clock),
      grace_(grace),
      namedSql_(namedSql(named)) {}

bool MediaCleaner::isNamed(db::Connection& connection, const std::string& sha256) const {
  return connection.scalar<std::int64_t>(namedSql_, sha256).has_value();
}

std::vector<media::ListedFile> MediaCleaner::unnamed(int part, TimePoint before) {
  auto files = store_.list(digitsOf(part));
  std::erase_if(files, [&](const media::ListedFile& file) { return file.storedAt >= before; });
  if (files.empty()) return files;
  database_.read([&](db::Connection& connection) {
    std::erase_if(files,
                  [&](const media::ListedFile& file) { return isNamed(connection, file.sha256); });
  });
  return files;
}

Cleaned MediaCleaner::cleanStored(int part, Mode mode) {
  Cleaned cleaned;
  const TimePoint before = clock_.now() - grace_;
  for (const media::ListedFile& file : unnamed(part, before)) {
    if (mode == Mode::remove) {
      // Behind all writes that were under way when it was asked first.
      const bool named =
          database_.write([&](db::Transaction& tx) { return isNamed(tx, file.sha256); });
      if (named || !store_.removeStoredBefore(file.sha256, before)) continue;
    }
    cleaned += {1, file.size.bytes};
  }
  return cleaned;
}

Cleaned MediaCleaner::cleanPartial(Mode mode) {
  Cleaned cleaned;
  for (const std::string& name : partials_.names()) {
    const auto size = partials_.size(name);
    if (!size || wanted(name)) continue;
    if (mode == Mode::dryRun || partials_.remove(name)) cleaned += {1, *size};
  }
  if (mode == Mode::remove) store_.removeAbandoned();
  return cleaned;
}

// The row of an upload is there before its file.
bool MediaCleaner::wanted(const std::string& upload) {
  const auto found = database_.read(
      [&](db::Connection& connection) { return UploadRepository(connection).find(upload); });
  return found && found->state == UploadState::uploading;
}

}  // namespace clipcourier::videos
