#include "transcoder/worker/slot_grabber.h"

#include <algorithm>
#include <optional>

namespace clipcourier::transcoder {
namespace {

// Enough for the seconds an animation shows; a storyboard of a long video is made of key pictures
// rather than decoding it as a whole.
constexpr std::int64_t kBudget = 4'000'000'000;
constexpr int kLongSide = 640;

// The picture at a time, or the key picture before it when the way is longer than its share of the
// budget; none when that one was answered already.
std::optional<FrameGrabber::Picture> nearby(FrameGrabber& grabber, std::int64_t us,
                                            std::int64_t sharers) {
  const std::int64_t share = grabber.framesLeft() / sharers;
  if (grabber.framesTo(us) <= std::max<std::int64_t>(share, 3)) return grabber.at(us);
  const auto key = grabber.keyBefore(us);
  if (!key || (grabber.positionUs() && *grabber.positionUs() >= *key)) return std::nullopt;
  return grabber.at(*key);
}

}  // namespace

void grabSlots(const PosterScene& scene, Fraction rate, const std::vector<std::int64_t>& slots,
               const std::function<void(const AVFrame& picture, std::int64_t slot)>& take) {
  FrameGrabber grabber(scene.sourceFd, scene.source, kBudget);
  ScenePictures pictures(scene, grabber.container(), kLongSide);
  Frame last;
  std::int64_t lastUs = INT64_MIN;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const std::int64_t us =
        scene.stretch.startUs + av_rescale(slots[i], 1'000'000LL * rate.den, rate.num);
    const auto picture = nearby(grabber, us, static_cast<std::int64_t>(slots.size() - i));
    if (picture && picture->us != lastUs) {
      last = pictures.make(*picture);
      lastUs = picture->us;
    }
    if (last) take(*last, slots[i]);
  }
}

std::vector<std::int64_t> bestMoments(const Posters& posters) {
  std::vector<Candidate> candidates = posters.candidates;
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
  std::vector<std::int64_t> times;
  for (const Candidate& candidate : candidates) times.push_back(candidate.timeMs);
  return times;
}

}  // namespace clipcourier::transcoder
