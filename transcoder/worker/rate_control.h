#pragma once

#include <cstddef>

#include "transcoder/worker/planner.h"

namespace clipcourier::transcoder {

// Keeps a clip within its bytes by raising the encoder's rate factor while a buffer runs low. It
// does what x264's own buffer (VBV) does, from nothing but the sizes of finished pictures: x264's
// looks at pictures that other threads are still busy with, and then each run gives other bytes.
class RateControl {
 public:
  // The buffer fills by plan.maxKbps and holds plan.bufferKbit; no picture is better than plan.crf.
  explicit RateControl(const Plan& plan);

  void add(std::size_t bytes);  // a picture came out
  double crf() const;           // for those that go in now

  // By how much the rate factor was above the plan's, averaged over the pictures.
  double starved() const { return pictures_ ? raised_ / static_cast<double>(pictures_) : 0; }

 private:
  double crf_, bitsPerPicture_, buffer_, scale_;
  double level_;  // bits that may be used at once; below 0 when too many were
  double raised_ = 0;
  long pictures_ = 0;
};

}  // namespace clipcourier::transcoder
