#pragma once

#include <optional>
#include <vector>

#include "transcoder/job.h"
#include "transcoder/worker/animation.h"
#include "transcoder/worker/posters.h"
#include "transcoder/worker/storyboard.h"

namespace clipcourier::transcoder {

// What is made of a clip's pictures as they pass by, beside the clip itself: storyboard and
// preview. Not thread-safe, but may be fed on one thread and finished on another.
class SidePictures {
 public:
  // The clip has `slots` frames at `rate`, in the shape of `picture`. What is worth seeing is taken
  // from the candidates of `posters`. `work` is borrowed.
  SidePictures(const Work& work, const Posters& posters, Fraction rate, std::int64_t slots,
               Size picture);

  bool any() const { return storyboard_ || preview_; }

  // Every picture of the clip in rising order, yuv420p in BT.709 limited range, of any size; it
  // stands for `count` slots from `slot` on. Costs nothing when it is not needed.
  void consider(const AVFrame& picture, std::int64_t slot, std::int64_t count = 1);

  // Instead of consider(), when no clip is decoded: only what is needed is, by seeking.
  void grab(const PosterScene& scene);

  // Writes storyboard and preview; what got no picture stays without bytes. Throws Error.
  Extras finishExtras() const;

 private:
  std::vector<std::int64_t> wanted() const;

  const Work& work_;
  Fraction rate_;
  std::optional<Storyboard> storyboard_;
  std::optional<AnimationMaker> preview_;
};

}  // namespace clipcourier::transcoder
