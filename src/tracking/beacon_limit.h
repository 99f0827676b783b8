#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "tracking/watch_page.h"

namespace clipcourier::tracking {

// Lets one page report each event once in half an hour, so that a page that is reloaded, or a
// script that repeats its beacons, neither inflates a count nor reaches the database. Memory of
// this process only, of a fixed size: what has no place makes an older page forgotten. Thread-safe.
class BeaconLimit {
 public:
  static constexpr Millis kWindow{1'800'000};

  bool take(MessageId page, WatchEvent event, TimePoint now);
  void giveBack(MessageId page, WatchEvent event);  // it could not be written

 private:
  struct Slot {
    MessageId page;
    std::array<std::optional<TimePoint>, kWatchEvents> last;
  };
  static constexpr std::size_t kSlots = 16'384;
  Slot& slotOf(MessageId page);

  std::mutex mutex_;
  std::vector<Slot> slots_ = std::vector<Slot>(kSlots);
};

}  // namespace clipcourier::tracking
