#pragma once

#include <optional>
#include <vector>

#include "db/connection.h"
#include "videos/failure.h"
#include "videos/video.h"

namespace clipcourier::videos {

// The table clips. Borrows the connection; what changes rows needs a transaction's.
class ClipRepository {
 public:
  explicit ClipRepository(db::Connection& connection) : db_(connection) {}

  std::optional<Clip> find(ClipId id);
  // The newest clip of these bytes, ready or superseded: campaigns name clips by hash.
  std::optional<Clip> findByHash(const std::string& sha256);
  // The one that is ready now for a profile.
  std::optional<Clip> current(VideoId video, const std::string& profile);
  std::vector<Clip> ofVideo(VideoId video);  // all, newest first

  // Plans a clip; none when one of that profile is already planned or encoding.
  std::optional<ClipId> plan(VideoId video, const std::string& profile, TimePoint now);
  // False unless the clip is planned or encoding (again, after a crash).
  bool setEncoding(ClipId id);
  // Fills in what the conversion gave; the profile's clip before it becomes superseded. False when
  // the clip is gone or no longer encoding.
  bool makeReady(const Clip& clip, TimePoint now);
  // `report` may be empty.
  bool fail(ClipId id, const Failure& failure, const std::string& report);
  void removeOfVideo(VideoId video);  // Error(conflict) while a campaign refers to one

 private:
  db::Connection& db_;
};

}  // namespace clipcourier::videos
