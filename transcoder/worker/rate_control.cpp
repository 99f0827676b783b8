#include "transcoder/worker/rate_control.h"

#include <algorithm>

namespace clipcourier::transcoder {
namespace {

constexpr double kStart = 0.9;    // of the buffer
constexpr double kEnough = 0.5;   // above it every picture gets what it needs
constexpr double kStrength = 32;  // rate factor per buffer; six of it halve the bits
constexpr double kWorstCrf = 51;  // x264 knows no worse
// Sizes are known some pictures late. Against a smaller buffer this strength would swing.
constexpr double kCalmSeconds = 1;

}  // namespace

RateControl::RateControl(const Plan& plan)
    : crf_(plan.crf),
      bitsPerPicture_(plan.maxKbps * 1000.0 / plan.frameRate.value()),
      buffer_(plan.bufferKbit * 1000.0),
      scale_(std::max(buffer_, plan.maxKbps * 1000.0 * kCalmSeconds)),
      level_(buffer_ * kStart) {}

void RateControl::add(std::size_t bytes) {
  raised_ += crf() - crf_;
  ++pictures_;
  level_ = std::min(buffer_, level_ + bitsPerPicture_) - static_cast<double>(bytes) * 8;
}

double RateControl::crf() const {
  const double missing = (kEnough * buffer_ - level_) / scale_;
  const double raise = std::max(kStrength * missing, 0.0);
  return std::clamp(crf_ + raise, crf_, std::max(crf_, kWorstCrf));
}

}  // namespace clipcourier::transcoder
