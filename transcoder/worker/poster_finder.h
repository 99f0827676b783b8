#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "transcoder/worker/frame_grabber.h"

namespace clipcourier::transcoder {

// The part of a source that becomes the clip; source time in microseconds.
struct Stretch {
  std::int64_t startUs = 0, endUs = 0;
};

// A picture that would stand for the video.
struct Moment {
  std::int64_t us = 0;
  int score = 0;  // 0..1000
  Frame small;    // long side at most kSmallLongSide
};

struct Moments {
  std::vector<Moment> all;  // in the order of their time, no two alike; never empty
  std::size_t best = 0;     // of `all`
  Frame picture;            // the best one, long side at most kPosterLongSide
};

// Makes a decoded picture upright, of one size, yuv420p in BT.709 limited range.
using MakePicture = std::function<Frame(const FrameGrabber::Picture&)>;
using MakePictureOf = std::function<MakePicture(const AVCodecParameters& container, int longSide)>;

inline constexpr int kSmallLongSide = 640;  // what is judged; too small hides what is blurred

// Looks at pictures spread over the stretch, on two threads, as many as the budget of a grabber
// each allows: sharp, well exposed, colourful ones that stand still win. `makerOf` is called on
// both. The answer depends on source and budget alone. Throws Refused when nothing decodes.
Moments findMoments(int fd, const Source& source, const Stretch& stretch, std::int64_t budget,
                    const MakePictureOf& makerOf);

}  // namespace clipcourier::transcoder
