#pragma once

#include <atomic>

#include "base/clock.h"

namespace clipcourier {

// Stands still until told. Thread-safe.
class ManualClock : public Clock {
 public:
  explicit ManualClock(TimePoint start = fromMs(1'790'000'000'000)) : ms_(toMs(start)) {}
  TimePoint now() const override { return fromMs(ms_); }
  void advance(Millis by) { ms_ += by.count(); }

 private:
  std::atomic<std::int64_t> ms_;
};

}  // namespace clipcourier
