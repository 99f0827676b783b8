#include "transcoder/worker/rate_model.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace clipcourier::transcoder {
namespace {

constexpr double kPixels = 1280.0 * 720, kFps = 30, kCrf = 23;
constexpr double kOrdinaryBits = 0.09;  // bits per pixel of footage from a phone's camera
constexpr double kPixelPower = 0.75, kFpsPower = 0.6, kCrfToHalve = 6;

double shape(double pixels, double fps) {
  return std::pow(std::max(pixels, 4.0) / kPixels, kPixelPower) *
         std::pow(std::max(fps, 0.1) / kFps, kFpsPower);
}

// How many times a source's own rate x264 may need for the same look; 0: its rate tells nothing,
// because each picture of it stands alone.
double timesSource(const std::string& codec) {
  static const std::set<std::string> newer{"hevc", "vp9", "av1"}, older{"mpeg2video", "mpeg1video"};
  static const std::set<std::string> alike{"h264", "vp8", "mpeg4", "msmpeg4v3", "vc1", "wmv3"};
  return newer.contains(codec)   ? 2.5
         : older.contains(codec) ? 1.0
         : alike.contains(codec) ? 1.5
                                 : 0;
}

}  // namespace

RateModel::RateModel(const Probe::Video& source, std::optional<double> measured)
    : atReference_(measured.value_or(kOrdinaryBits) * kPixels * kFps / 1000) {
  const double times = timesSource(source.codec);
  if (measured || source.kbps <= 0 || times <= 0) return;
  const double own =
      times * static_cast<double>(source.kbps) /
      shape(static_cast<double>(source.width) * source.height, source.frameRate.value());
  atReference_ = std::min(atReference_, std::max(own, 1.0));
}

double RateModel::kbps(double pixels, double fps, double crf) const {
  return atReference_ * shape(pixels, fps) * std::exp2((kCrf - crf) / kCrfToHalve);
}

double RateModel::crf(double pixels, double fps, double kbps) const {
  return kCrf + kCrfToHalve * std::log2(atReference_ * shape(pixels, fps) / std::max(kbps, 0.1));
}

bool LevelLimits::allows(int width, int height, double fps) const {
  const int blocks = ((width + 15) / 16) * ((height + 15) / 16);
  // A side may be at most the root of eight times the macroblocks.
  const double longest = std::sqrt(8.0 * macroblocks);
  return blocks <= macroblocks && blocks * fps <= macroblocksPerSecond &&
         std::max(width, height) <= longest * 16;
}

LevelLimits levelLimits(int level) {
  struct Row {
    int level;
    LevelLimits limits;
  };
  constexpr Row kRows[] = {{10, {99, 1'485, 64, 175}},
                           {11, {396, 3'000, 192, 500}},
                           {12, {396, 6'000, 384, 1'000}},
                           {13, {396, 11'880, 768, 2'000}},
                           {20, {396, 11'880, 2'000, 2'000}},
                           {21, {792, 19'800, 4'000, 4'000}},
                           {22, {1'620, 20'250, 4'000, 4'000}},
                           {30, {1'620, 40'500, 10'000, 10'000}},
                           {31, {3'600, 108'000, 14'000, 14'000}},
                           {32, {5'120, 216'000, 20'000, 20'000}},
                           {40, {8'192, 245'760, 20'000, 25'000}},
                           {41, {8'192, 245'760, 50'000, 62'500}},
                           {42, {8'704, 522'240, 50'000, 62'500}},
                           {50, {22'080, 589'824, 135'000, 135'000}},
                           {51, {36'864, 983'040, 240'000, 240'000}},
                           {52, {36'864, 2'073'600, 240'000, 240'000}}};
  LevelLimits limits = kRows[0].limits;
  for (const Row& row : kRows)
    if (row.level <= level) limits = row.limits;
  return limits;
}

}  // namespace clipcourier::transcoder
