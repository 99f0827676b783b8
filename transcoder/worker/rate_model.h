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

  // What pictures that took `kbps` at the rate factor `crf` come to, for `measured` above.
  static double measured(double pixels, double fps, double crf, double kbps);

  double kbps(double pixels, double fps, double crf) const;
  double crf(double pixels, double fps, double kbps) const;  // that such a rate comes to

 private:
  double atReference_;  // kbit/s at rate factor 23
};

}  // namespace clipcourier::transcoder
