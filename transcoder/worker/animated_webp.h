#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "transcoder/report.h"
#include "transcoder/worker/shrink.h"

namespace clipcourier::transcoder {

// A looping lossy WebP of BT.709 limited-range yuv420p pictures; `quality` 1..100. No metadata.
std::string makeAnimatedWebp(const std::vector<const AVFrame*>& frames, Size size, Fraction rate,
                             int quality);

// What a finished animation really is, from decoding all of it.
struct MeasuredAnimation {
  Size size;
  std::int64_t frames = 0;  // as stored: equal pictures in a row may be one
  std::int64_t durationMs = 0;
  std::int64_t shortestMs = 0;    // of a frame
  int loops = -1;                 // 0: for ever
  std::vector<std::string> tags;  // everything that is not picture: comments, EXIF, profiles
  bool whole = false;             // every frame decodes
};
MeasuredAnimation measureWebp(std::string_view bytes);

}  // namespace clipcourier::transcoder
