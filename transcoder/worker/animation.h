#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/byte_size.h"
#include "transcoder/profile.h"
#include "transcoder/report.h"
#include "transcoder/worker/shrink.h"

namespace clipcourier::transcoder {

// Which frames of a clip an animation shows: one long piece, or a few short ones from moments worth
// seeing. Slots are places in the clip at its rate, rising.
struct Excerpt {
  std::vector<std::int64_t> slots;
  Fraction frameRate;  // of the animation
};

// `moments`: milliseconds of the clip, best first; may be empty. A clip hardly longer than `wanted`
// is shown as a whole.
Excerpt excerptOf(Fraction rate, std::int64_t slots, std::int64_t wantedMs, int maxFps,
                  const std::vector<std::int64_t>& moments);

struct AnimationLimits {
  std::string format = "webp";  // or "gif"
  int longSide = 320, floorLongSide = 160;
  int floorFps = 5;
  int quality = 60;   // webp
  int colours = 128;  // gif
  ByteSize target;
};
AnimationLimits limitsOf(const Profile& profile);

struct Animation {
  std::string bytes;
  Size size;
  Fraction frameRate;
  std::int64_t frames = 0;  // shown; equal ones may be stored as one
  std::int64_t durationMs = 0;
};

// Makes an animated picture that loops for ever out of a clip's pictures as they pass by. Keeps
// only the small frames it needs. Not thread-safe, but may be fed on one thread and finished on
// another.
class AnimationMaker {
 public:
  AnimationMaker(Excerpt excerpt, AnimationLimits limits, Size picture);

  // As Storyboard::consider().
  void consider(const AVFrame& picture, std::int64_t slot, std::int64_t count = 1);

  const std::vector<std::int64_t>& wanted() const { return excerpt_.slots; }
  bool empty() const { return !first_; }
  // Smaller, slower, then worse until it fits into the target; without decoding again. Throws Error
  // when no picture came.
  Animation make() const;

 private:
  Excerpt excerpt_;
  AnimationLimits limits_;
  Converter converter_;
  std::vector<Frame> frames_;
  Frame first_;  // for a clip that ends before the first frame wanted
};

}  // namespace clipcourier::transcoder
