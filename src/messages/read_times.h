#pragma once

#include <array>
#include <optional>
#include <string>

#include "base/clock.h"
#include "messages/counters.h"

// How long after delivery messages are read, as counters that can be added up.
namespace clipcourier::messages {

// Each bucket ends here and begins where the one before ends; one more has no end.
inline constexpr std::array<Millis, 10> kReadBuckets{
    Millis(60'000),     Millis(300'000),    Millis(900'000),    Millis(1'800'000),
    Millis(3'600'000),  Millis(10'800'000), Millis(21'600'000), Millis(43'200'000),
    Millis(86'400'000), Millis(259'200'000)};

// When a message was delivered and read, by the provider's clock: the earliest that any receipt
// tells, so that the order of the receipts does not matter.
struct ReadTimes {
  std::optional<TimePoint> delivered, read;

  void note(MessageState receipt, TimePoint at);  // others than delivered and read change nothing
  friend bool operator==(const ReadTimes&, const ReadTimes&) = default;
};

std::string readCounter(std::size_t bucket);  // "read_in:3600"; the last one is "read_in:more"

// The counter of a message that was read. A receipt of delivery may be missing, because a phone
// that shows the chat reads at once; and clocks may disagree: both count as read at once.
std::optional<std::string> readCounter(const ReadTimes& times);

// Moves a message from one bucket to another.
void moveBucket(CounterChanges& counters, CampaignId campaign, const ReadTimes& before,
                const ReadTimes& after);

}  // namespace clipcourier::messages
