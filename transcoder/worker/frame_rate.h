#pragma once

#include <cstdint>
#include <functional>

#include "transcoder/report.h"
#include "transcoder/worker/av_ptr.h"

namespace clipcourier::transcoder {

// Makes a frame rate constant: every picture is shown from the slot nearest to its own time until
// the next one's; pictures without a slot of their own are dropped. Times are microseconds.
class FrameRate {
 public:
  // Called with a picture and the number of slots it fills (at least one), in slot order.
  using Out = std::function<void(const AVFrame&, std::int64_t slots)>;

  // `slots`: how many there are in all; `startUs` is the time of the first.
  FrameRate(Fraction rate, std::int64_t startUs, std::int64_t slots)
      : rate_(rate), startUs_(startUs), slots_(slots) {}

  void feed(Frame frame, std::int64_t us, const Out& out);
  // Fills the slots left with the last picture, at most up to `untilSlot`.
  void drain(std::int64_t untilSlot, const Out& out);

  std::int64_t filled() const { return filled_; }
  std::int64_t dropped() const { return dropped_; }
  std::int64_t repeated() const { return repeated_; }
  std::int64_t lastUs() const { return lastUs_; }  // time of the last picture fed
  bool full() const { return filled_ >= slots_; }

  std::int64_t slotOf(std::int64_t us) const;

 private:
  void fill(std::int64_t upTo, const Out& out);

  Fraction rate_;
  std::int64_t startUs_, slots_;
  Frame waiting_;
  std::int64_t filled_ = 0, dropped_ = 0, repeated_ = 0, lastUs_ = 0;
};

}  // namespace clipcourier::transcoder
