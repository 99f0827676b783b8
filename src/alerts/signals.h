#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "alerts/alert.h"
#include "db/connection.h"

namespace clipcourier::alerts {

struct AlertSettings {
  int unknownMessages = 20;  // of a sender, from how many on
  int unknownCodes = 5;      // refusals within two hours with a code nobody knows
  Millis dispatcherSilence{60'000};
  std::uint64_t minFree = 1'000'000'000;     // bytes; below it critical, below twice it a warning
  std::function<std::uint64_t()> freeBytes;  // where the data lies; may be empty
};

// What is wrong now, read from rows that are few or have an index; each kind and subject once.
std::vector<Signal> signals(db::Connection& connection, const AlertSettings& settings,
                            TimePoint now);

}  // namespace clipcourier::alerts
