#include "transcoder/worker/animation.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "transcoder/worker/animated_webp.h"
#include "transcoder/worker/gif.h"

namespace clipcourier::transcoder {
namespace {

constexpr std::int64_t kPieceMs = 1'300;  // shorter ones flicker by
constexpr std::int64_t kMaxPieces = 4;
constexpr int kMaxAttempts = 10;

std::int64_t toMs(Fraction rate, std::int64_t slots) {
  return av_rescale(slots, 1000LL * rate.den, rate.num);
}

// Where pieces of `length` slots begin: around the best moments, in rising order and apart.
std::vector<std::int64_t> piecesOf(Fraction rate, std::int64_t slots, std::int64_t length,
                                   std::size_t count, const std::vector<std::int64_t>& moments) {
  std::vector<std::int64_t> starts;
  const auto place = [&](std::int64_t start) {
    start = std::clamp<std::int64_t>(start, 0, slots - length);
    for (const std::int64_t other : starts)
      if (std::llabs(other - start) < length) return;
    if (starts.size() < count) starts.push_back(start);
  };
  for (const std::int64_t ms : moments)
    place(av_rescale(ms, rate.num, 1000LL * rate.den) - length / 4);
  const auto grid = static_cast<std::int64_t>(count) * 2;
  for (std::int64_t i = 0; i < grid; ++i) place(slots * (2 * i + 1) / (2 * grid));
  std::sort(starts.begin(), starts.end());
  return starts;
}

// What is tried; grows worse from one attempt to the next.
struct Attempt {
  int longSide, every, quality, colours;
};

class Budget {
 public:
  Budget(const AnimationLimits& limits, double fps) : limits_(limits), fps_(fps) {}

  // False when nothing is left to give up.
  bool reduce(Attempt& a, std::size_t bytes) const {
    const double share = static_cast<double>(limits_.target.bytes) / static_cast<double>(bytes);
    const bool canSlow = fps_ / (a.every + 1) >= limits_.floorFps - 0.01;
    const bool canShrink = a.longSide > limits_.floorLongSide;
    if (canSlow && (share < 0.6 || !canShrink)) {
      ++a.every;
      return true;
    }
    if (canShrink) {
      const int smaller = static_cast<int>(a.longSide * std::sqrt(share) * 0.97);
      a.longSide = std::clamp(smaller, limits_.floorLongSide, a.longSide - 2);
      return true;
    }
    if (limits_.format == "gif") {
      if (a.colours <= 8) return false;
      a.colours = std::max(8, a.colours / 2);
      return true;
    }
    if (a.quality <= 5) return false;
    a.quality = std::max(5, static_cast<int>(a.quality * std::clamp(share * 0.8, 0.3, 0.85)));
    return true;
  }

 private:
  const AnimationLimits& limits_;
  double fps_;
};

}  // namespace

Excerpt excerptOf(Fraction rate, std::int64_t slots, std::int64_t wantedMs, int maxFps,
                  const std::vector<std::int64_t>& moments) {
  const auto step = static_cast<std::int64_t>(
      std::max(1.0, std::ceil(rate.value() / std::max(maxFps, 1) - 0.01)));
  Excerpt excerpt{{}, {rate.num, static_cast<int>(rate.den * step)}};
  std::vector<std::int64_t> starts{0};
  std::int64_t length = slots;
  if (toMs(rate, slots) > wantedMs * 5 / 4) {
    const std::int64_t pieces = std::clamp<std::int64_t>(wantedMs / kPieceMs, 1, kMaxPieces);
    length = std::max<std::int64_t>(
        1, av_rescale(wantedMs / pieces, rate.num, 1000LL * rate.den) / step * step);
    starts =
        piecesOf(rate, slots, std::min(length, slots), static_cast<std::size_t>(pieces), moments);
  }
  for (const std::int64_t start : starts)
    for (std::int64_t slot = start; slot < std::min(start + length, slots); slot += step)
      excerpt.slots.push_back(slot);
  return excerpt;
}

AnimationLimits limitsOf(const Profile& profile) {
  return {profile.format,    profile.video.maxLongSide, profile.floor.longSide,
          profile.floor.fps, profile.animation.quality, profile.animation.colours,
          profile.target};
}

AnimationMaker::AnimationMaker(Excerpt excerpt, AnimationLimits limits, Size picture)
    : excerpt_(std::move(excerpt)),
      limits_(std::move(limits)),
      converter_(atMost(limits_.longSide, picture), "", "yuv420p") {}

void AnimationMaker::consider(const AVFrame& picture, std::int64_t slot, std::int64_t count) {
  if (!first_) first_ = converter_.convert(picture);
  Frame small;
  while (frames_.size() < excerpt_.slots.size() && excerpt_.slots[frames_.size()] < slot + count) {
    if (!small) small = converter_.convert(picture);
    frames_.push_back(share(*small));
  }
}

Animation AnimationMaker::make() const {
  if (!first_) throw Error(ErrorKind::internal, "no picture for the animation");
  const Size largest = converter_.size();
  const Budget budget(limits_, excerpt_.frameRate.value());
  Attempt attempt{std::max(largest.width, largest.height), 1, limits_.quality, limits_.colours};
  Animation result;
  for (int i = 0; i < kMaxAttempts; ++i) {
    result.size = atMost(attempt.longSide, largest);
    result.frameRate = {excerpt_.frameRate.num, excerpt_.frameRate.den * attempt.every};
    std::vector<const AVFrame*> frames;
    for (std::size_t f = 0; f < frames_.size(); f += static_cast<std::size_t>(attempt.every))
      frames.push_back(frames_[f].get());
    if (frames.empty()) frames.push_back(first_.get());
    result.frames = static_cast<std::int64_t>(frames.size());
    result.durationMs = toMs(result.frameRate, result.frames);
    result.bytes = limits_.format == "gif"
                       ? makeGif(frames, result.size, result.frameRate, attempt.colours)
                       : makeAnimatedWebp(frames, result.size, result.frameRate, attempt.quality);
    if (result.bytes.size() <= limits_.target.bytes) break;
    if (!budget.reduce(attempt, result.bytes.size())) break;
  }
  return result;
}

}  // namespace clipcourier::transcoder
