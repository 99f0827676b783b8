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
  // The one to show for a profile: its own, or that of the profile that serves it.
  std::optional<Clip> playable(VideoId video, const std::string& profile);
  std::vector<Clip> ofVideo(VideoId video);  // all, newest first
  // Of all videos from `first` to `last`, newest first; their reports are not read.
  std::vector<Clip> withoutReports(VideoId first, VideoId last);
  std::vector<Clip> inWork(VideoId video);  // planned and encoding, in the order of their planning

  // Plans a clip; none when one of that profile is already planned or encoding.
  std::optional<ClipId> plan(VideoId video, const std::string& profile, std::int64_t editVersion,
                             TimePoint now);
  // Forgets what is planned or encoding: the video was edited.
  void dropInWork(VideoId video);
  // False unless the clip is planned or encoding (again, after a crash).
  bool setEncoding(ClipId id);
  // Fills in what the conversion gave; the profile's clip before it becomes superseded. False when
  // the clip is gone or no longer encoding.
  bool makeReady(const Clip& clip, TimePoint now);
  // These three: false unless the clip is planned or encoding. A served profile's clip of before
  // becomes superseded; `report` may be empty.
  bool serve(const Clip& clip, const std::string& byProfile);
  bool refuse(ClipId id, const Failure& failure);
  bool fail(ClipId id, const Failure& failure, const std::string& report);
  void removeOfVideo(VideoId video);  // Error(conflict) while a campaign refers to one

 private:
  db::Connection& db_;
};

}  // namespace clipcourier::videos
