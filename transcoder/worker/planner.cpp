#include "transcoder/worker/planner.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace clipcourier::transcoder {
namespace {

constexpr double kOverheadPerFrameBytes = 12;  // of the MP4's tables, audio frames included
constexpr double kOverheadBytes = 4'000;
constexpr int kMinFps = 5;
constexpr int kMinLongSide = 320;
// Bits per pixel below which a smaller picture looks better than the same one with artefacts.
constexpr double kEnoughBits = 0.045;

// The even number below, but 719.9 is 720: nothing is enlarged by a rounding.
int even(double value) { return std::max(2, static_cast<int>((value + 0.51) / 2) * 2); }

int level4BufferKbit(int maxLevel) { return maxLevel >= 40 ? 25'000 : 10'000; }

// A fifth of the bits, within what stereo needs and what it can use.
int audioRate(const Profile& profile, double totalKbps) {
  const int most = profile.audio.maxKbps;
  return std::clamp(static_cast<int>(totalKbps * 0.2), std::min(48, most), most);
}

// A source that was itself made with few bits needs few bits again.
double neededKbps(const Probe::Video& source, double pixels, double fps) {
  const double general = kEnoughBits * pixels * fps / 1000;
  if (source.kbps <= 0) return general;
  const double sourcePixels = static_cast<double>(source.width) * source.height;
  const double shrink = std::min(1.0, pixels / std::max(sourcePixels, 1.0));
  return std::min(general, 1.5 * static_cast<double>(source.kbps) * std::pow(shrink, 0.75));
}

Fraction reduced(Fraction rate) {
  const int common = std::gcd(rate.num, rate.den);
  return {rate.num / common, rate.den / common};
}

}  // namespace

Fraction clipRate(Fraction source, bool constant, int maxFps) {
  Fraction rate = source;
  if (!constant) return {maxFps, 1};  // motion may need any of the slots; repeats cost nothing
  for (int part = 2; rate.value() > maxFps + 0.01 && part <= 16; ++part)
    rate = {source.num, source.den * part};
  if (rate.value() > maxFps + 0.01) return {maxFps, 1};
  // 90 or 100 per second divide to a rate that looks jerky; a fixed one is better then.
  if (source.value() > maxFps && rate.value() < maxFps * 0.75) return {maxFps, 1};
  int times = 1;
  while (rate.value() * times < kMinFps) ++times;
  return reduced({rate.num * times, rate.den});
}

Plan plan(const Profile& profile, const Probe& source, std::int64_t durationUs) {
  Plan plan;
  plan.frameRate =
      clipRate(source.video.frameRate, source.video.constantRate, profile.video.maxFps);
  const double fps = plan.frameRate.value();
  const double seconds = static_cast<double>(std::max<std::int64_t>(durationUs, 1)) / 1e6;
  plan.slots = std::max<std::int64_t>(1, std::llround(seconds * fps));
  plan.crf = profile.video.crf;

  const double frames = static_cast<double>(plan.slots) + (source.audio ? seconds * 47 : 0);
  const double usable = std::max(1'000.0, static_cast<double>(profile.target.bytes) -
                                              kOverheadBytes - kOverheadPerFrameBytes * frames);
  const double totalKbps = usable * 8 / 1000 / seconds;
  plan.audioKbps = source.audio ? audioRate(profile, totalKbps) : 0;
  const double videoKbit = std::max(16.0, (totalKbps - plan.audioKbps * 1.02) * seconds);

  // rate × time + buffer is the most a clip can have: hard scenes may borrow a tenth of it at once.
  const double buffer = std::clamp(videoKbit * 0.1, 16.0,
                                   static_cast<double>(level4BufferKbit(profile.video.maxLevel)));
  const double rate = (videoKbit - buffer) / seconds;
  plan.maxKbps =
      static_cast<int>(std::clamp(rate, 8.0, static_cast<double>(profile.video.maxKbps)));
  plan.bufferKbit = static_cast<int>(std::min(buffer, std::max(plan.maxKbps * 2.0, 16.0)));
  if (rate < profile.video.maxKbps) plan.bufferKbit = static_cast<int>(buffer);

  const int longSide = std::max(source.video.width, source.video.height);
  int target = std::min(longSide, profile.video.maxLongSide);
  for (;;) {
    const double scale = static_cast<double>(target) / longSide;
    plan.width = std::min(even(source.video.width * scale), even(profile.video.maxLongSide));
    plan.height = std::min(even(source.video.height * scale), even(profile.video.maxLongSide));
    const double pixels = static_cast<double>(plan.width) * plan.height;
    if (target <= kMinLongSide || neededKbps(source.video, pixels, fps) <= plan.maxKbps) break;
    target = std::max(kMinLongSide, target * 7 / 8 / 16 * 16);
  }
  return plan;
}

Plan tighter(const Plan& before, const Profile& profile, std::uint64_t bytes) {
  Plan plan = before;
  const double cut = 0.96 * static_cast<double>(profile.target.bytes) / static_cast<double>(bytes);
  plan.maxKbps = std::max(8, static_cast<int>(before.maxKbps * cut));
  plan.bufferKbit = std::max(16, static_cast<int>(before.bufferKbit * cut));
  return plan;
}

}  // namespace clipcourier::transcoder
