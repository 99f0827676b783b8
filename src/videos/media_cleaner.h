#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "db/database.h"
#include "media/media_store.h"
#include "media/partial_files.h"

namespace clipcourier::videos {

// A column that names stored files by their hash.
struct FileColumn {
  std::string_view table, column;
};

struct Cleaned {
  std::int64_t files = 0;
  std::uint64_t bytes = 0;
  Cleaned& operator+=(const Cleaned& more);
};

// Removes files that no row names: of removed videos, of clips and pictures that were replaced, of
// uploads that ended or were refused half-way.
//
// Safe beside everything else. Bytes are stored before the row that names them, so a file stays for
// the time `grace` after it was stored last, and storing the same bytes again counts. After that
// only a row that is there could lead to another one, and all are asked in one statement. So
// `grace` must be longer than any work that stores a file takes to commit its row.
class MediaCleaner {
 public:
  enum class Mode { remove, dryRun };  // dryRun: only counts

  // Borrows all but `named`: every column there is.
  MediaCleaner(db::Database& database, media::MediaStore& store, media::PartialFiles& partials,
               const Clock& clock, Millis grace, const std::vector<FileColumn>& named);

  static constexpr int kParts = 256;
  // One of kParts parts of the stored files, so that a large store is not looked through at once.
  Cleaned cleanStored(int part, Mode mode);
  // Partial files whose upload ended or is gone, and what killed processes left half-written.
  Cleaned cleanPartial(Mode mode);

 private:
  bool isNamed(db::Connection& connection, const std::string& sha256) const;
  std::vector<media::ListedFile> unnamed(int part, TimePoint before);
  bool wanted(const std::string& upload);

  db::Database& database_;
  media::MediaStore& store_;
  media::PartialFiles& partials_;
  const Clock& clock_;
  const Millis grace_;
  const std::string namedSql_;
};

}  // namespace clipcourier::videos
