#include "transcoder/worker/planner.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "transcoder/worker/levels.h"
#include "transcoder/worker/rate_model.h"
#include "transcoder/worker/refusals.h"

namespace clipcourier::transcoder {
namespace {

constexpr double kOverheadPerFrameBytes = 12;  // of the MP4's tables, audio frames included
constexpr double kOverheadBytes = 4'000;
constexpr double kAudioAbove = 1.02;  // AAC passes its rate a little
constexpr int kMinFps = 5;
constexpr int kMinKbps = 8;
constexpr std::int64_t kLengthToleranceUs = 500'000;  // of a profile that says whole seconds
constexpr int kStereoKbps = 40;                       // below, one good channel beats two bad ones
constexpr int kFullSoundKbps = 28;                    // below, high notes are left away
constexpr int kLowSampleRate = 24'000;
// The rate factor above which a smaller picture looks better than the same one with artefacts.
constexpr double kComfortCrf = 30;
constexpr double kEvenFrom = 8;

// The even number below, but 719.9 is 720: nothing is enlarged by a rounding.
int even(double value) { return std::max(2, static_cast<int>((value + 0.51) / 2) * 2); }

Fraction reduced(Fraction rate) {
  const int common = std::gcd(rate.num, rate.den);
  return {rate.num / common, rate.den / common};
}

// What the bytes of a clip can be used for.
struct Budget {
  double seconds = 0;
  int audioKbps = 0;
  int maxKbps = 0, bufferKbit = 0;  // of the video
  double videoKbps = 0;             // maxKbps before it is rounded and held to the profile's limit
};

// A fifth of the bits, within what the profile leaves and can use.
double audioRate(const Profile& profile, double totalKbps) {
  return std::clamp<double>(totalKbps * 0.2, profile.audio.minKbps, profile.audio.maxKbps);
}

Budget budgetOf(const Profile& profile, bool audio, double seconds, double fps) {
  Budget budget;
  budget.seconds = seconds;
  const double frames = seconds * fps + 1 + (audio ? seconds * 48 : 0);
  const double usable =
      static_cast<double>(profile.target.bytes) - kOverheadBytes - kOverheadPerFrameBytes * frames;
  const double totalKbps = usable * 8 / 1000 / seconds;
  // Not rounded here: a longer clip would now and then get more for its pictures.
  const double audioKbps = audio ? audioRate(profile, totalKbps) : 0;
  budget.audioKbps = static_cast<int>(audioKbps);
  const double videoKbit = (totalKbps - audioKbps * kAudioAbove) * seconds;
  if (videoKbit <= 0) return budget;

  // rate × time + buffer is the most a clip can have: hard scenes may borrow a tenth of it at once.
  const LevelLimits level = levelLimits(profile.video.maxLevel);
  const double most = std::min(profile.video.maxKbps, level.maxKbps);
  const double buffer = std::min(videoKbit * 0.1, static_cast<double>(level.bufferKbit));
  budget.videoKbps = (videoKbit - buffer) / seconds;
  budget.maxKbps = static_cast<int>(std::min(budget.videoKbps, most));
  budget.bufferKbit =
      static_cast<int>(budget.videoKbps < most ? buffer : std::min(buffer, most * 2));
  return budget;
}

struct Rung {
  int width = 0, height = 0;
  Fraction frameRate;
};

// Pictures of these sides with the longer one `target`; nothing is enlarged.
Rung shaped(const Probe::Video& source, int target, int limit, Fraction rate) {
  const double scale = static_cast<double>(target) / std::max(source.width, source.height);
  return {std::min(even(source.width * scale), even(limit)),
          std::min(even(source.height * scale), even(limit)), rate};
}

// From the best to the smallest a clip can be; each has no more pixels and pictures than the one
// before. First 60 pictures per second become 30; then the picture shrinks to half of its side;
// then the rate is halved again; then it shrinks on to the floor.
std::vector<Rung> ladder(const Profile& profile, const Probe::Video& source) {
  const int full = std::min(std::max(source.width, source.height), profile.video.maxLongSide);
  const int least = std::min(full, profile.floor.longSide);
  Fraction rate = clipRate(source.frameRate, source.constantRate, profile.video.maxFps);
  std::vector<Rung> rungs;
  const auto add = [&](int longSide) {
    rungs.push_back(shaped(source, longSide, profile.video.maxLongSide, rate));
  };
  const auto halve = [&](double above) {
    if (rate.value() <= above || rate.value() / 2 < profile.floor.fps) return;
    rate = reduced({rate.num, rate.den * 2});
    rungs.push_back({rungs.back().width, rungs.back().height, rate});
  };
  add(full);
  halve(30.01);
  for (int eighth = 7; eighth >= 4; --eighth) {
    const int side = full * eighth / 8 / 16 * 16;
    if (side > least) add(side);
  }
  halve(0);
  for (int sixteenth = 7; sixteenth >= 1; --sixteenth) {
    const int side = full * sixteenth / 16 / 16 * 16;
    if (side > least) add(side);
  }
  if (least < full) add(least);
  return rungs;
}

double pixelsOf(const Rung& rung) { return static_cast<double>(rung.width) * rung.height; }

// Pictures that are shown twice cost nothing.
double newPicturesPerSecond(const Rung& rung, const Probe::Video& source) {
  const double own = source.frameRate.value();
  return own > 0 ? std::min(rung.frameRate.value(), own) : rung.frameRate.value();
}

void setRung(Plan& plan, const Rung& rung, double seconds) {
  plan.width = rung.width;
  plan.height = rung.height;
  plan.frameRate = rung.frameRate;
  plan.slots = std::max<std::int64_t>(1, std::llround(seconds * rung.frameRate.value()));
}

void setSound(Plan& plan, const Profile& profile, int kbps) {
  plan.audioKbps = kbps;
  plan.audioChannels = kbps < kStereoKbps ? 1 : profile.audio.channels;
  plan.audioSampleRate = kbps < kFullSoundKbps ? std::min(profile.audio.sampleRate, kLowSampleRate)
                                               : profile.audio.sampleRate;
}

// The first rung on which the picture looks well; none when even the last is below the floor.
std::optional<Plan> filmFor(const Profile& profile, const Probe& source, double seconds,
                            Complexity complexity) {
  const RateModel model(source.video, complexity);
  const LevelLimits level = levelLimits(profile.video.maxLevel);
  std::optional<Plan> best;
  for (const Rung& rung : ladder(profile, source.video)) {
    if (!level.allows(rung.width, rung.height, rung.frameRate.value())) continue;
    const Budget budget =
        budgetOf(profile, source.audio.has_value(), seconds, rung.frameRate.value());
    if (budget.maxKbps < kMinKbps) continue;
    const double expected =
        model.crf(pixelsOf(rung), newPicturesPerSecond(rung, source.video), budget.videoKbps);
    Plan plan;
    setRung(plan, rung, seconds);
    setSound(plan, profile, budget.audioKbps);
    plan.maxKbps = budget.maxKbps;
    plan.bufferKbit = std::max(budget.bufferKbit, 1);
    plan.crf = profile.video.crf;
    plan.complexity = complexity;
    plan.expectedCrf = std::max(plan.crf, expected);
    // Known to be hard: a more even picture from the start instead of a good one until the buffer
    // ends. Smaller ones may turn out easier than their share, as noise does.
    if (complexity) plan.crf = std::max(plan.crf, std::min(expected - kEvenFrom, 45.0));
    best = plan;
    if (expected <= std::max<double>(kComfortCrf, profile.video.crf)) break;
  }
  if (!best || best->expectedCrf > profile.floor.crf) return std::nullopt;
  return best;
}

// Bits per pixel that moving pictures need at the profile's quality.
double animationBits(const Profile& profile) {
  return profile.format == "webp" ? 0.1 + profile.animation.quality * 0.006
                                  : 0.3 * std::log2(profile.animation.colours + 1);
}

Plan animationFor(const Profile& profile, const Probe& source, double seconds) {
  seconds = std::min(seconds, static_cast<double>(profile.excerptSeconds));
  const double bits = static_cast<double>(profile.target.bytes) * 8;
  Plan plan;
  for (const Rung& rung : ladder(profile, source.video)) {
    setRung(plan, rung, seconds);
    const double needed = pixelsOf(rung) * static_cast<double>(plan.slots) * animationBits(profile);
    if (needed <= bits) break;
  }
  plan.maxKbps = static_cast<int>(std::max(1.0, bits / 1000 / seconds));
  return plan;
}

double secondsOf(std::int64_t us) {
  return static_cast<double>(std::max<std::int64_t>(us, 1)) / 1e6;
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

Plan plan(const Profile& profile, const Probe& source, std::int64_t durationUs,
          Complexity complexity) {
  if (std::max(source.video.width, source.video.height) < profile.video.minSourceLongSide)
    refuse::renditionNotNeeded(source.video.width, source.video.height);
  const double seconds = secondsOf(durationUs);
  if (profile.format != "mp4") return animationFor(profile, source, seconds);
  if (durationUs <= profile.maxSeconds * 1'000'000LL + kLengthToleranceUs)
    if (auto film = filmFor(profile, source, seconds, complexity)) return *film;
  refuse::tooLong(durationUs / 1000, longestSeconds(profile, source, complexity), profile);
}

int longestSeconds(const Profile& profile, const Probe& source, Complexity complexity) {
  if (profile.format != "mp4") return profile.maxSeconds;
  int fine = 0, tooMuch = profile.maxSeconds + 1;
  while (tooMuch - fine > 1) {
    const int middle = fine + (tooMuch - fine) / 2;
    (filmFor(profile, source, middle, complexity) ? fine : tooMuch) = middle;
  }
  return fine;
}

Plan encoded(const Plan& before, const Probe& source, std::uint64_t bytes, double crf) {
  Plan plan = before;
  const double seconds = static_cast<double>(before.slots) / before.frameRate.value();
  const double kbps = static_cast<double>(bytes) * 8 / 1000 / seconds - before.audioKbps;
  plan.expectedCrf = std::max(crf, before.crf);
  const Rung rung{before.width, before.height, before.frameRate};
  plan.complexity = RateModel::measured(pixelsOf(rung), newPicturesPerSecond(rung, source.video),
                                        plan.expectedCrf, kbps);
  return plan;
}

Plan tighter(const Plan& before, const Profile& profile, std::uint64_t bytes) {
  Plan plan = before;
  const double cut = 0.96 * static_cast<double>(profile.target.bytes) / static_cast<double>(bytes);
  plan.maxKbps = std::max(kMinKbps, static_cast<int>(before.maxKbps * cut));
  plan.bufferKbit = std::max(16, static_cast<int>(before.bufferKbit * cut));
  // Also where the rate control had no time to act: short clips are all in the encoder at once.
  const double steps = 1 - 6 * std::log2(std::min(cut, 1.0));
  plan.crf = std::min(before.crf + steps, 50.0);
  plan.expectedCrf = std::max(before.expectedCrf + steps, plan.crf);
  return plan;
}

}  // namespace clipcourier::transcoder
