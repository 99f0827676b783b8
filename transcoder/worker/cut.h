#pragma once

#include <vector>

#include "transcoder/edits.h"
#include "transcoder/worker/examine.h"

namespace clipcourier::transcoder {

// The part of a source that becomes the clip, in the source's own time.
struct Cut {
  std::int64_t startUs = 0;
  std::int64_t endUs = INT64_MAX;  // or where the source ends
  std::vector<Notice> notices;     // what was cut off and why
};

inline constexpr std::int64_t kMaxTrimmedUs = 30'000'000;  // of black or silence, at each end

// Trims as the edits say, to whole pictures; then silence and black. Black at the beginning goes in
// any case, unless `maxLeadingBlackUs` is 0, because chat apps make the bubble of the first frame;
// black that is longer than that ends within a picture group's accuracy. What is black or silent
// all through is left alone. Decodes only what it must. Throws Refused when nothing is left.
Cut cutOf(int sourceFd, const Source& source, const Edits& edits, std::int64_t maxLeadingBlackUs);

}  // namespace clipcourier::transcoder
