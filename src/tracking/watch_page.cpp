#include "tracking/watch_page.h"

#include "messages/counters.h"

namespace clipcourier::tracking {

using messages::kWatchSteps;
static_assert(kWatchSteps.size() == kWatchEvents);

std::string_view name(WatchEvent event) { return kWatchSteps[static_cast<std::size_t>(event)]; }

std::optional<WatchEvent> watchEvent(std::string_view name) {
  for (std::size_t i = 0; i < kWatchSteps.size(); ++i)
    if (kWatchSteps[i] == name) return static_cast<WatchEvent>(i);
  return std::nullopt;
}

}  // namespace clipcourier::tracking
