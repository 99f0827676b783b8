#pragma once

#include <vector>

#include "db/connection.h"
#include "videos/pictures.h"
#include "videos/progress.h"
#include "videos/video.h"

namespace clipcourier::videos {

struct ClipView {
  Clip clip;
  Progress progress;
};

// A video as its page shows it.
struct VideoView {
  Video video;
  Progress progress;
  // videos::Failure as JSON: why the newest edits gave no clip, so that a video which is ready
  // shows older ones; empty otherwise.
  std::string editsFailure;
  std::vector<ClipView> clips;  // for each profile the current one and the newest
  std::vector<VideoId> sameOriginal;
  // Those that count, of the newest edit version that has any.
  std::vector<VideoPicture> pictures;
};

VideoView viewOf(db::Connection& connection, Video video);
// Of a page of VideoRepository::list(), with as many queries as for one video: clips without their
// reports, and of the pictures only posters and thumbnails.
std::vector<VideoView> viewsOf(db::Connection& connection, std::vector<Video> page);

}  // namespace clipcourier::videos
