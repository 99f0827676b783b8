#include "transcoder/worker/timeline.h"

#include <algorithm>
#include <cstdlib>

namespace clipcourier::transcoder {

std::int64_t Timeline::shift(int track, std::int64_t us, std::int64_t durationUs) {
  Track& it = tracks_[track];
  if (!it.started) {
    it.started = true;
    it.shiftUs = latestShiftUs_;
  } else {
    const std::int64_t off = us + it.shiftUs - it.expectedUs;
    if (off > maxGapUs_ || off < -kMaxBackUs) {
      it.shiftUs = shiftForJump(it, it.expectedUs - us);
      latestShiftUs_ = it.shiftUs;
      ++jumps_;
    }
  }
  it.expectedUs = us + it.shiftUs + durationUs;
  return it.shiftUs;
}

// When another track made the same jump a moment ago, its shift keeps picture and sound together.
std::int64_t Timeline::shiftForJump(const Track& track, std::int64_t wantedUs) const {
  const bool alreadyOurs = latestShiftUs_ == track.shiftUs;
  const bool same = std::llabs(latestShiftUs_ - wantedUs) <= kSameJumpUs;
  return !alreadyOurs && same ? latestShiftUs_ : wantedUs;
}

std::int64_t SoundCount::shift(std::int64_t time, std::int64_t duration) {
  stoodStill_ = stoodStill_ || (last_ == time && duration > 0);
  last_ = time;
  if (stoodStill_) shift_ = std::max(shift_, expected_ - time);
  expected_ = time + shift_ + duration;
  return shift_;
}

}  // namespace clipcourier::transcoder
