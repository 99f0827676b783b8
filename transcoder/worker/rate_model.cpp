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

double RateModel::measured(double pixels, double fps, double crf, double kbps) {
  const double asReference = shape(pixels, fps) * std::exp2((kCrf - crf) / kCrfToHalve);
  return std::max(kbps, 0.1) / asReference / (kPixels * kFps / 1000);
}

double RateModel::kbps(double pixels, double fps, double crf) const {
  return atReference_ * shape(pixels, fps) * std::exp2((kCrf - crf) / kCrfToHalve);
}

double RateModel::crf(double pixels, double fps, double kbps) const {
  return kCrf + kCrfToHalve * std::log2(atReference_ * shape(pixels, fps) / std::max(kbps, 0.1));
}

}  // namespace clipcourier::transcoder
