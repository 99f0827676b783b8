#pragma once

#include <vector>

#include "db/connection.h"
#include "videos/pictures.h"

namespace clipcourier::videos {

// The table video_pictures. Borrows the connection; what changes rows needs a transaction's.
class PictureRepository {
 public:
  explicit PictureRepository(db::Connection& connection) : db_(connection) {}

  // Those that count for that edit version: by kind, candidates by number.
  std::vector<VideoPicture> current(VideoId video, std::int64_t editVersion);
  // Posters and thumbnails of all videos from `first` to `last`, each of the newest edit version of
  // its video that has any.
  std::vector<VideoPicture> posters(VideoId first, VideoId last);
  // The newest edit version that has posters, at most `editVersion`; 0 when none has.
  std::int64_t newestWithPosters(VideoId video, std::int64_t editVersion);
  // The revision of the poster that counts; 0 when there is none.
  std::int64_t posterRevision(VideoId video, std::int64_t editVersion);

  // Does nothing when that kind and number is there in that revision.
  void add(const VideoPicture& picture);
  void removeOfVideo(VideoId video);

 private:
  db::Connection& db_;
};

}  // namespace clipcourier::videos
