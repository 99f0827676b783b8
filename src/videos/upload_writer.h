#pragma once

#include <optional>
#include <string>

#include "base/byte_source.h"
#include "base/digest.h"
#include "db/database.h"
#include "media/paced_writer.h"
#include "media/partial_files.h"
#include "videos/upload.h"

namespace clipcourier::videos {

// What the bytes of one request must hash to.
struct Checksum {
  crypto::Algorithm algorithm = crypto::Algorithm::sha1;
  std::string digest;
};

// Appends what one request brings to an upload's partial file.
//
// The upload's offset rises only after its bytes are durable, every few megabytes and every few
// seconds. A source that fails keeps what came; a disk that fails keeps what was told. Bytes with a
// checksum are kept all together, and only when it is right.
class UploadWriter {
 public:
  // Borrows all; the file is locked, and the upload is as its row.
  UploadWriter(db::Database& database, const Clock& clock, Millis life, media::PartialFile& file,
               Upload& upload);

  // False when the checksum is wrong. Throws Error(tooLarge) for more than the upload's length, and
  // what the source or the disk throws.
  bool write(ByteSource& source, const std::optional<Checksum>& checksum);

 private:
  void copy(ByteSource& source, crypto::Digest* digest);
  std::size_t readOrKeep(ByteSource& source, char* to, std::size_t size, bool unchecked);
  void acknowledge();

  db::Database& database_;
  const Clock& clock_;
  const Millis life_;
  media::PartialFile& file_;
  Upload& upload_;
  media::PacedWriter writer_;
  TimePoint acknowledgedAt_;
};

[[noreturn]] void uploadNotFound();

}  // namespace clipcourier::videos
