#include "transcoder/worker/advice.h"

#include <algorithm>
#include <cmath>

#include "transcoder/worker/refusals.h"

namespace clipcourier::transcoder {
namespace {

constexpr int kSmallSide = 640;
constexpr double kClearlySharper = 1.5;  // pixels, or three steps of the rate factor
constexpr double kClearSteps = 3;
constexpr int kVisibleSsimPpm = 930'000;  // below, people see blocks
constexpr double kStarvedBits = 0.02;     // per pixel of an H.264 source

double pixelsOf(const Plan& plan) { return static_cast<double>(plan.width) * plan.height; }

std::string sizeOf(const Probe::Video& video) {
  return std::to_string(video.width) + "×" + std::to_string(video.height);
}

bool isClearlyBetter(const Profile& profile, const Probe& source, int seconds,
                     const Plan& now) try {
  const Plan shorter = plan(profile, source, seconds * 1'000'000LL, now.complexity);
  return pixelsOf(shorter) >= pixelsOf(now) * kClearlySharper ||
         (pixelsOf(shorter) >= pixelsOf(now) &&
          shorter.expectedCrf <= now.expectedCrf - kClearSteps);
} catch (const Refused&) {
  return false;
}

// The longest length in steps of five seconds at which the clip looks clearly better.
std::optional<int> betterSeconds(const Profile& profile, const Probe& source, const Plan& now) {
  const double seconds = static_cast<double>(now.slots) / now.frameRate.value();
  const int most = static_cast<int>(seconds * 0.9) / 5 * 5;
  if (most < 10) return std::nullopt;
  int better = 0, worse = most + 5;
  while (worse - better > 5) {
    const int middle = (better + worse) / 10 * 5;
    (isClearlyBetter(profile, source, middle, now) ? better : worse) = middle;
  }
  return better >= 10 ? std::optional(better) : std::nullopt;
}

void adviseTrim(const Profile& profile, const Probe& source, const Plan& plan,
                std::vector<Notice>& advice) {
  if (plan.expectedCrf <= profile.video.crf + 1) return;  // the budget suffices
  const auto seconds = betterSeconds(profile, source, plan);
  if (!seconds) return;
  const std::string length = std::to_string(*seconds);
  advice.push_back({"advice.trim",
                    {"Auf " + length + " s kürzen: deutlich schärfer.",
                     "Trim to " + length + " s: clearly sharper."}});
}

void adviseSource(const Probe::Video& video, std::vector<Notice>& advice) {
  if (std::max(video.width, video.height) < kSmallSide)
    advice.push_back(
        {"advice.small_source",
         {"Die Quelle ist mit " + sizeOf(video) +
              " klein; nehmen Sie das Original in voller Größe.",
          "The source is small (" + sizeOf(video) + "); use the original in full size."}});
  const double perPixel =
      static_cast<double>(video.kbps) * 1000 /
      (static_cast<double>(video.width) * video.height * std::max(video.frameRate.value(), 1.0));
  if (video.kbps > 0 && video.codec == "h264" && perPixel < kStarvedBits)
    advice.push_back(
        {"advice.compressed_source",
         {"Die Quelle ist schon stark komprimiert; das Original gäbe ein klareres Bild.",
          "The source is already strongly compressed; the original would look clearer."}});
}

}  // namespace

std::vector<Notice> adviceFor(const Profile& profile, const Probe& source, const Plan& plan,
                              std::optional<Quality> quality, bool startsDark) {
  std::vector<Notice> advice;
  adviseTrim(profile, source, plan, advice);
  adviseSource(source.video, advice);
  if (startsDark)
    advice.push_back({"advice.dark_start",
                      {"Der Anfang ist dunkel; ein heller Anfang fällt im Chat eher auf.",
                       "The beginning is dark; a bright one is noticed sooner in a chat."}});
  if (quality && quality->ssimPpm < kVisibleSsimPpm)
    advice.push_back(
        {"advice.visible_loss",
         {"Feine Einzelheiten gehen sichtbar verloren; kürzer oder ruhiger wird es besser.",
          "Fine detail is visibly lost; a shorter or calmer clip looks better."}});
  return advice;
}

}  // namespace clipcourier::transcoder
