#pragma once

#include <optional>

#include "transcoder/report.h"

namespace clipcourier::transcoder {

// How many bits pictures need, by rules of thumb for x264 that are good enough to choose a size:
// six steps of the rate factor halve the bits, and a picture of half the pixels needs more than
// half.
class RateModel {
 public:
  // `measured`: bits per pixel at rate factor 23, 1280×720 and 30 pictures per second, where
  // somebody looked; none: ordinary footage, or less when the source itself was made with less.
  explicit RateModel(const Probe::Video& source, std::optional<double> measured = std::nullopt);

  double kbps(double pixels, double fps, double crf) const;
  double crf(double pixels, double fps, double kbps) const;  // that such a rate comes to

 private:
  double atReference_;  // kbit/s at rate factor 23
};

// What an H.264 level allows (table A-1), as far as a plan must keep it.
struct LevelLimits {
  int macroblocks = 0;  // of a picture
  int macroblocksPerSecond = 0;
  int maxKbps = 0, bufferKbit = 0;
  bool allows(int width, int height, double fps) const;
};
LevelLimits levelLimits(int level);  // 40 is 4.0; unknown ones count as the next lower

}  // namespace clipcourier::transcoder
