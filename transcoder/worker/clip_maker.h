#pragma once

#include <cstdint>
#include <functional>

#include "transcoder/profile.h"
#include "transcoder/worker/examine.h"
#include "transcoder/worker/planner.h"

namespace clipcourier::transcoder {

// What came of one encode.
struct Made {
  std::uint64_t bytes = 0;
  std::int64_t slots = 0;  // frames in the clip
  std::int64_t droppedFrames = 0, repeatedFrames = 0;
  std::int64_t pictureEndUs = 0;  // source time at which the last good picture ends
  int damagedPictures = 0;
  std::int64_t firstDamageUs = -1;
  bool audioLost = false;  // the track could not be used
};

// Decodes, repairs, encodes and writes one clip: the whole pipeline, once.
//
// `startUs`: source time of the clip's first frame. `onShare` gets 0..1 now and then. Throws
// Refused when no picture decodes, Error.
Made makeClip(int sourceFd, const Source& source, const Profile& profile, const Plan& plan,
              std::int64_t startUs, int clipFd, const std::function<void(double)>& onShare);

}  // namespace clipcourier::transcoder
