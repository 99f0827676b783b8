#pragma once

#include <cstdint>
#include <optional>

#include "transcoder/worker/av_ptr.h"

// How a picture looks to a person, as a few numbers; all pictures are yuv420p, limited range.
namespace clipcourier::transcoder {

struct Look {
  double brightness = 0;  // mean luma, 0 black .. 1 white
  double bright = 0;      // share of pixels that are clearly not black
  double contrast = 0;    // standard deviation of luma, 0..0.5
  double sharpness = 0;   // mean strength of edges
  double colour = 0;      // mean distance from gray
};

Look look(const AVFrame& frame);
bool isDark(const Look& look);  // nearly nothing can be seen

// How good a picture stands for a whole video; a dark, white or blurred one loses.
double posterScore(const Look& look);

// Keeps the best of the pictures it is shown.
class PosterPicker {
 public:
  explicit PosterPicker(std::int64_t everySlots) : every_(everySlots < 1 ? 1 : everySlots) {}
  void consider(const AVFrame& frame, std::int64_t slot);
  const AVFrame* best() const { return best_.get(); }
  std::int64_t bestSlot() const { return bestSlot_; }

 private:
  std::int64_t every_, next_ = 0, bestSlot_ = 0;
  double bestScore_ = -1;
  Frame best_;
};

}  // namespace clipcourier::transcoder
