#pragma once

#include <optional>
#include <vector>

#include "base/words.h"
#include "db/connection.h"
#include "videos/pictures.h"
#include "videos/video.h"

namespace clipcourier::videos {

// How far something is, for people.
struct Progress {
  int percent = 0;
  Words words;
  std::optional<TimePoint> retryAt;  // the last attempt failed; the next comes then
  std::string lastError;             // code of that attempt
};

struct ClipView {
  Clip clip;
  Progress progress;
};

// A video as its page shows it.
struct VideoView {
  Video video;
  Progress progress;
  std::vector<ClipView> clips;  // for each profile the current one and the newest
  std::vector<VideoId> sameOriginal;
  // Those that count, of the newest edit version that has any.
  std::vector<VideoPicture> pictures;
};

VideoView viewOf(db::Connection& connection, Video video);

}  // namespace clipcourier::videos
