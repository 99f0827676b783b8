#include "messages/read_times.h"

#include <algorithm>

namespace clipcourier::messages {

void ReadTimes::note(MessageState receipt, TimePoint at) {
  if (receipt != MessageState::delivered && receipt != MessageState::read) return;
  std::optional<TimePoint>& time = receipt == MessageState::read ? read : delivered;
  time = time ? std::min(*time, at) : at;
}

std::string readCounter(std::size_t bucket) {
  if (bucket >= kReadBuckets.size()) return "read_in:more";
  return "read_in:" + std::to_string(kReadBuckets[bucket].count() / 1000);
}

std::optional<std::string> readCounter(const ReadTimes& times) {
  if (!times.read) return std::nullopt;
  const Millis took = *times.read - times.delivered.value_or(*times.read);
  const auto bucket = std::ranges::lower_bound(kReadBuckets, took);
  return readCounter(static_cast<std::size_t>(bucket - kReadBuckets.begin()));
}

void moveBucket(CounterChanges& counters, CampaignId campaign, const ReadTimes& before,
                const ReadTimes& after) {
  const auto from = readCounter(before), to = readCounter(after);
  if (from) counters.add(campaign, *from, -1);
  if (to) counters.add(campaign, *to, 1);
}

}  // namespace clipcourier::messages
