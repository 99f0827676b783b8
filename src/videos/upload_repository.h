#pragma once

#include <optional>
#include <string>
#include <vector>

#include "db/connection.h"
#include "videos/upload.h"

namespace clipcourier::videos {

// The table uploads. Borrows the connection; what changes rows needs a transaction's.
class UploadRepository {
 public:
  explicit UploadRepository(db::Connection& connection) : db_(connection) {}

  std::optional<Upload> find(const std::string& id);
  // All bytes are here and there is no video yet.
  std::vector<Upload> complete(int limit);

  void add(const Upload& upload);
  // Each is false unless the upload is still uploading.
  bool advance(const std::string& id, ByteSize offset, TimePoint expiresAt);
  bool finish(const std::string& id, VideoId video, TimePoint expiresAt);
  bool remove(const std::string& id);  // in any state; false when it was not there

  // Ends at most `limit` of those that lack bytes and whose time is over; returns how many.
  std::int64_t expire(TimePoint now, int limit);
  // Forgets at most `limit` of those that ended and whose time was over before that.
  std::int64_t forget(TimePoint endedBefore, int limit);

 private:
  db::Connection& db_;
};

}  // namespace clipcourier::videos
