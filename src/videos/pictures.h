#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "videos/video.h"

namespace clipcourier::videos {

enum class PictureKind { poster, posterWebp, thumbnail, badge, candidate, storyboard, preview };
std::string_view name(PictureKind kind);  // as the table has it: "poster_webp"

// A picture that shows a video as it was edited then. Immutable; of each kind (and number) the one
// of the highest revision counts.
struct VideoPicture {
  VideoId videoId;
  std::int64_t editVersion = 1;
  std::int64_t revision = 1;
  PictureKind kind = PictureKind::poster;
  int number = 0;  // of a candidate, in the order of time
  FileRef file;
  int width = 0, height = 0;
  std::int64_t timeMs = 0;   // of the clip
  std::optional<int> score;  // of a candidate, 0 to 1000
  std::string vtt;           // of a storyboard: WebVTT that names "storyboard.jpg"
};

}  // namespace clipcourier::videos
