#include "transcoder/worker/frame_rate.h"

#include <algorithm>

namespace clipcourier::transcoder {

std::int64_t FrameRate::slotOf(std::int64_t us) const {
  const std::int64_t since = us - startUs_;
  if (since <= 0) return 0;
  return av_rescale_rnd(since, rate_.num, 1'000'000LL * rate_.den, AV_ROUND_NEAR_INF);
}

void FrameRate::feed(Frame frame, std::int64_t us, const Out& out) {
  if (waiting_) {
    if (us <= lastUs_) {  // backwards: the picture has missed its time
      ++dropped_;
      return;
    }
    fill(slotOf(us), out);
  }
  waiting_ = std::move(frame);
  lastUs_ = us;
}

void FrameRate::drain(std::int64_t untilSlot, const Out& out) {
  if (!waiting_) return;
  fill(std::max(untilSlot, slotOf(lastUs_) + 1), out);
  waiting_.reset();
}

void FrameRate::fill(std::int64_t upTo, const Out& out) {
  const std::int64_t count = std::min(upTo, slots_) - filled_;
  if (count <= 0) {
    ++dropped_;
    return;
  }
  repeated_ += count - 1;
  filled_ += count;
  out(*waiting_, count);
}

}  // namespace clipcourier::transcoder
