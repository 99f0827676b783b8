#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "transcoder/report.h"
#include "transcoder/worker/jpeg.h"
#include "transcoder/worker/shrink.h"

namespace clipcourier::transcoder {

// A sheet of small pictures for a player's scrubber. It takes what it needs from the clip's
// pictures as they pass by. Not thread-safe, but may be fed on one thread and finished on another.
class Storyboard {
 public:
  // `slots`: frames of the clip at `rate`; `picture`: their shape.
  Storyboard(Fraction rate, std::int64_t slots, Size picture);

  // Every picture of the clip in rising order, yuv420p in BT.709 limited range, any size; it stands
  // for `count` slots from `slot` on. Costs nothing when it is not needed.
  void consider(const AVFrame& picture, std::int64_t slot, std::int64_t count = 1);

  std::vector<std::int64_t> wanted() const;  // slots it needs, rising
  bool empty() const { return tiles_.empty(); }
  Still sheet() const;
  // WebVTT: which part of `file` stands for which time.
  std::string webvtt(const std::string& file) const;

 private:
  std::int64_t slotOf(std::int64_t tile) const;
  int columns() const;

  Fraction rate_;
  std::int64_t slots_, intervalMs_, count_;
  Converter converter_;
  std::vector<Frame> tiles_;
};

}  // namespace clipcourier::transcoder
