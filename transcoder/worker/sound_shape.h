#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "transcoder/worker/av_ptr.h"

namespace clipcourier::transcoder {

// What edits do to a clip's sound: one gain, moments that are held down, fades. Copies are cheap;
// thread-safe.
struct SoundShape {
  double gain = 1;
  std::shared_ptr<const std::vector<float>> limit;  // a factor per millisecond; null: none
  int fadeInMs = 0, fadeOutMs = 0;

  bool changes() const;
  bool operator==(const SoundShape&) const = default;  // the same curve, not an equal one
  // Planar float that begins at sample `first` of the clip's `samples`.
  void apply(AVFrame& frame, std::int64_t first, std::int64_t samples) const;
};

// Factors that hold `peaks` (per millisecond) times `gain` at most at `ceiling`. Known for the
// whole clip beforehand, so it comes down before a peak, slowly enough not to be heard.
std::vector<float> limitCurve(const std::vector<float>& peaks, double gain, double ceiling);

}  // namespace clipcourier::transcoder
