#pragma once

#include <optional>
#include <vector>

#include "transcoder/job.h"
#include "transcoder/worker/animation.h"
#include "transcoder/worker/posters.h"
#include "transcoder/worker/storyboard.h"

namespace clipcourier::transcoder {

inline bool isAnimation(const Profile& profile) { return profile.format != "mp4"; }

// What is made of a clip's pictures as they pass by, beside the clip itself: storyboard, preview,
// and the animated renditions. Not thread-safe, but may be fed on one thread and finished on
// another.
class SidePictures {
 public:
  // The clip has `slots` frames at `rate`, in the shape of `picture`. What is worth seeing is taken
  // from the candidates of `posters`. `work` is borrowed.
  SidePictures(const Work& work, const Posters& posters, Fraction rate, std::int64_t slots,
               Size picture);

  bool any() const { return storyboard_ || preview_ || !animations_.empty(); }

  // Every picture of the clip in rising order, yuv420p in BT.709 limited range, of any size; it
  // stands for `count` slots from `slot` on. Costs nothing when it is not needed.
  void consider(const AVFrame& picture, std::int64_t slot, std::int64_t count = 1);

  // Instead of consider(), when no clip is decoded: only what is needed is, by seeking.
  void grab(const PosterScene& scene);

  // Writes and proves each animated rendition, each in a thread of its own. Throws Error, Refused
  // (no picture came).
  std::vector<Report> finishAnimations(const Source& source) const;
  // Writes storyboard and preview; what got no picture stays without bytes. Throws Error.
  Extras finishExtras() const;

 private:
  struct Animated {
    const Rendition* rendition;
    AnimationMaker maker;
  };
  Report finish(const Animated& animated, const Source& source) const;
  std::vector<std::int64_t> wanted() const;

  const Work& work_;
  Fraction rate_;
  std::optional<Storyboard> storyboard_;
  std::optional<AnimationMaker> preview_;
  std::vector<Animated> animations_;
};

}  // namespace clipcourier::transcoder
