#include "transcoder/worker/poster_finder.h"

#include <algorithm>
#include <cmath>
#include <future>
#include <optional>

#include "transcoder/pictures.h"
#include "transcoder/worker/look.h"
#include "transcoder/worker/refusals.h"
#include "transcoder/worker/signature.h"

namespace clipcourier::transcoder {
namespace {

constexpr double kMargin = 0.03;           // of the stretch at both ends: fades and end cards
constexpr std::int64_t kNearUs = 200'000;  // a fade or a fast move shows in this time
constexpr int kMaxNear = 6;                // pictures decoded to see it
constexpr std::size_t kPerWindow = 3;
constexpr double kAlike = 0.035, kAlikeWhenClose = 0.1;
constexpr double kDamaged = 0.1;
constexpr std::int64_t kCloseUs = 1'000'000;
constexpr std::int64_t kShortestWindowUs = 350'000;

struct Seen {
  Moment moment;
  Signature signature;
  double value = 0;
};

struct Found {
  std::vector<Seen> seen;
  double bestValue = -1;
  FrameGrabber::Picture picture;  // the best one
};

bool isDamaged(const AVFrame& frame) {
  return frame.decode_error_flags || (frame.flags & AV_FRAME_FLAG_CORRUPT);
}

// 1 for a standing picture, towards 0 in a fade, a cross-fade or a fast pan.
double calm(const Signature& at, const Signature& later, double seconds) {
  const double change = difference(at, later) / std::max(seconds, 0.04);
  const double fade = std::abs(brighter(at, later)) / std::max(seconds, 0.04);
  return 1 / (1 + std::pow(change / 0.5, 2) + std::pow(fade / 0.15, 2));
}

// One thread's windows.
class Finder {
 public:
  Finder(FrameGrabber& grabber, const Stretch& stretch, MakePicture makeSmall)
      : grabber_(grabber), makeSmall_(std::move(makeSmall)), stretch_(stretch) {
    grabber_.hurry(true);
  }

  // The best picture of each window; a later window keeps its share of the budget.
  Found look(const std::vector<Stretch>& windows) {
    for (std::size_t i = 0; i < windows.size(); ++i)
      lookInto(windows[i], grabber_.framesLeft() / static_cast<std::int64_t>(windows.size() - i));
    return std::move(found_);
  }

 private:
  void lookInto(const Stretch& window, std::int64_t share) {
    nearUs_ = std::min(kNearUs, (window.endUs - window.startUs) / 3);
    std::optional<Seen> best;
    for (const std::int64_t us : targets(window, share)) {
      const std::int64_t cost = grabber_.framesTo(us) + 1;
      if (cost > share) continue;
      share -= cost;
      std::optional<Seen> seen = judge(us, share);
      if (seen && (!best || seen->value > best->value)) best = std::move(seen);
    }
    if (best) found_.seen.push_back(std::move(*best));
  }

  // Key pictures are cheap and often begin a scene; where they are rare, others between them come
  // in. A window that is too far to decode is looked at as deep as the share reaches.
  std::vector<std::int64_t> targets(const Stretch& window, std::int64_t share) const {
    std::vector<std::int64_t> result = keysIn(window);
    const std::int64_t step = (window.endUs - window.startUs) / kPerWindow;
    for (std::size_t i = 0; i < kPerWindow && result.size() < kPerWindow; ++i) {
      const std::int64_t us = window.startUs + step * static_cast<std::int64_t>(i) + step / 2;
      const bool near = std::any_of(result.begin(), result.end(), [&](std::int64_t other) {
        return std::llabs(other - us) < step / 2;
      });
      if (!near && grabber_.framesTo(us) <= share / 2) result.push_back(us);
    }
    if (result.empty()) result.push_back(reachable(window, share));
    std::sort(result.begin(), result.end());
    return result;
  }

  std::vector<std::int64_t> keysIn(const Stretch& window) const {
    const auto& keys = grabber_.keysUs();
    const auto from = std::lower_bound(keys.begin(), keys.end(), window.startUs);
    const auto to = std::lower_bound(from, keys.end(), window.endUs);
    const auto count = static_cast<std::size_t>(to - from), wanted = std::min(count, kPerWindow);
    std::vector<std::int64_t> result;
    for (std::size_t i = 0; i < wanted; ++i)
      result.push_back(*(from + static_cast<std::ptrdiff_t>((2 * i + 1) * count / (2 * wanted))));
    return result;
  }

  std::int64_t reachable(const Stretch& window, std::int64_t share) const {
    const std::int64_t middle = (window.startUs + window.endUs) / 2;
    const std::int64_t here = grabber_.positionUs().value_or(INT64_MIN);
    const std::int64_t wanted = here > middle && here < window.endUs ? here : middle;
    if (grabber_.framesTo(wanted) < share || grabber_.framesTo(window.startUs) + 2 > share)
      return wanted;
    std::int64_t low = window.startUs, high = wanted;
    for (int i = 0; i < 8; ++i) {
      const std::int64_t half = (low + high) / 2;
      (grabber_.framesTo(half) + 2 > share ? high : low) = half;
    }
    return low;
  }

  std::optional<Seen> judge(std::int64_t us, std::int64_t& share) {
    std::optional<FrameGrabber::Picture> picture = grabber_.at(us);
    if (!picture || picture->us < stretch_.startUs - kSameUs) return std::nullopt;
    Seen seen;
    seen.moment.us = picture->us;
    seen.moment.small = makeSmall_(*picture);
    seen.signature = signatureOf(*seen.moment.small);
    const Look its = transcoder::look(*seen.moment.small);
    seen.value = std::max(posterScore(its), 0.02 * its.brightness);  // a dark one beats none
    if (isDamaged(*picture->frame)) seen.value *= kDamaged;
    seen.value *= calmness(*picture, seen.signature, share);
    if (seen.value > found_.bestValue) {
      found_.bestValue = seen.value;
      found_.picture = std::move(*picture);
    }
    return seen;
  }

  double calmness(const FrameGrabber::Picture& picture, const Signature& at, std::int64_t& share) {
    std::optional<FrameGrabber::Picture> later;
    for (int i = 0; i < kMaxNear && share > 0; ++i, --share) {
      auto following = grabber_.next();
      if (!following) break;
      later = std::move(following);
      if (later->us >= picture.us + nearUs_) break;
    }
    if (!later || later->us <= picture.us) return 1;
    return calm(at, signatureOf(*makeSmall_(*later)),
                static_cast<double>(later->us - picture.us) / 1e6);
  }

  FrameGrabber& grabber_;
  MakePicture makeSmall_;
  Stretch stretch_;
  std::int64_t nearUs_ = kNearUs;
  Found found_;
};

std::vector<Stretch> windowsOf(const Stretch& stretch) {
  const std::int64_t length = std::max<std::int64_t>(stretch.endUs - stretch.startUs, 1);
  const auto margin = static_cast<std::int64_t>(kMargin * static_cast<double>(length));
  const std::int64_t start = stretch.startUs + margin, usable = length - 2 * margin;
  const std::int64_t count =
      std::clamp<std::int64_t>(length / kShortestWindowUs, 1, kMaxCandidates);
  std::vector<Stretch> windows;
  for (std::int64_t i = 0; i < count; ++i)
    windows.push_back({start + usable * i / count, start + usable * (i + 1) / count});
  return windows;
}

bool alike(const Seen& a, const Seen& b) {
  const bool close = std::llabs(a.moment.us - b.moment.us) < kCloseUs;
  return difference(a.signature, b.signature) < (close ? kAlikeWhenClose : kAlike);
}

// Of two that look the same the better one stays.
void keep(std::vector<Seen>& all, Seen seen) {
  for (Seen& other : all) {
    if (!alike(other, seen)) continue;
    if (seen.value > other.value) other = std::move(seen);
    return;
  }
  all.push_back(std::move(seen));
}

Moments choose(std::vector<Seen> seenOnes) {
  std::vector<Seen> kept;
  for (Seen& seen : seenOnes) keep(kept, std::move(seen));
  std::sort(kept.begin(), kept.end(),
            [](const Seen& a, const Seen& b) { return a.moment.us < b.moment.us; });
  Moments result;
  double best = -1;
  for (Seen& seen : kept) {
    // The root spreads the lower half, where most pictures are.
    seen.moment.score = static_cast<int>(std::lround(1000 * std::sqrt(std::min(seen.value, 1.0))));
    if (seen.value > best) {
      best = seen.value;
      result.best = result.all.size();
    }
    result.all.push_back(std::move(seen.moment));
  }
  return result;
}

void append(Found& to, Found more) {
  for (Seen& seen : more.seen) to.seen.push_back(std::move(seen));
  if (more.bestValue <= to.bestValue) return;
  to.bestValue = more.bestValue;
  to.picture = std::move(more.picture);
}

}  // namespace

Moments findMoments(int fd, const Source& source, const Stretch& stretch, std::int64_t budget,
                    const MakePictureOf& makerOf) {
  const auto look = [&](FrameGrabber& grabber, const std::vector<Stretch>& windows) {
    return Finder(grabber, stretch, makerOf(grabber.container(), kSmallLongSide)).look(windows);
  };
  FrameGrabber first(fd, source, budget);
  const std::vector<Stretch> windows = windowsOf(stretch);
  const auto half = windows.begin() + static_cast<std::ptrdiff_t>((windows.size() + 1) / 2);
  std::future<Found> later = std::async(std::launch::async, [&] {
    FrameGrabber second(fd, source, budget);
    return look(second, {half, windows.end()});
  });
  Found found = look(first, {windows.begin(), half});
  append(found, later.get());
  if (found.seen.empty()) found = look(first, {{stretch.startUs, stretch.startUs + 1}});
  if (found.seen.empty()) refuse::noPictures();
  Moments moments = choose(std::move(found.seen));
  moments.picture = makerOf(first.container(), kPosterLongSide)(found.picture);
  return moments;
}

}  // namespace clipcourier::transcoder
