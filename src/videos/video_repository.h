#pragma once

#include <map>
#include <optional>
#include <vector>

#include "db/connection.h"
#include "videos/failure.h"
#include "videos/video.h"

namespace clipcourier::videos {

// The table videos. Borrows the connection; what changes rows needs a transaction's.
class VideoRepository {
 public:
  explicit VideoRepository(db::Connection& connection) : db_(connection) {}

  std::optional<Video> find(VideoId id);
  Video get(VideoId id);  // Error(notFound)
  // Newest first; those older than `before`, all when that is 0.
  std::vector<Video> list(VideoId before, int limit);
  // For each video from `first` to `last` that has any: others of the same bytes, oldest first.
  std::map<VideoId, std::vector<VideoId>> sameOriginals(VideoId first, VideoId last);

  Video add(const std::string& title, const std::string& filename, const std::string& sha256,
            ByteSize size, TimePoint now);
  // False when the video is gone.
  bool setState(VideoId id, VideoState state, TimePoint now);
  bool setSource(VideoId id, const std::string& probeJson, TimePoint now);
  bool fail(VideoId id, const Failure& failure, TimePoint now);
  // False unless the version is still that one.
  bool retitle(VideoId id, std::int64_t version, const std::string& title, TimePoint now);
  // Stores edits, captions and logo of `video` as its next edit version, with the poster wish it
  // has now; returns the video as it is then.
  Video edit(const Video& video, TimePoint now);
  // Stores the poster wish of `video` as its next picture revision.
  Video wishPoster(const Video& video, TimePoint now);
  // Why the poster wished for cannot be made; none: there is nothing against it any more.
  void setPictureFailure(VideoId id, const std::optional<Failure>& failure);
  void remove(VideoId id);
  // Keeps others from changing this video until the transaction ends; false when it is gone.
  bool lock(VideoId id);

 private:
  db::Connection& db_;
};

}  // namespace clipcourier::videos
