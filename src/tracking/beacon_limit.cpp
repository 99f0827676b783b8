#include "tracking/beacon_limit.h"

namespace clipcourier::tracking {

// Ids are given in rising order, so those of one campaign spread evenly.
BeaconLimit::Slot& BeaconLimit::slotOf(MessageId page) {
  Slot& slot = slots_[static_cast<std::uint64_t>(page.value) % kSlots];
  if (slot.page != page) slot = Slot{page, {}};
  return slot;
}

bool BeaconLimit::take(MessageId page, WatchEvent event, TimePoint now) {
  const std::lock_guard lock(mutex_);
  std::optional<TimePoint>& last = slotOf(page).last[static_cast<std::size_t>(event)];
  if (last && now - *last < kWindow) return false;
  last = now;
  return true;
}

void BeaconLimit::giveBack(MessageId page, WatchEvent event) {
  const std::lock_guard lock(mutex_);
  slotOf(page).last[static_cast<std::size_t>(event)].reset();
}

}  // namespace clipcourier::tracking
