#pragma once

#include <chrono>
#include <thread>

namespace clipcourier {

// Asks until the condition holds; false when it does not within the bound. For what another thread
// or process does and cannot be waited for directly.
template <class Condition>
bool waitFor(Condition&& condition, std::chrono::milliseconds bound = std::chrono::seconds(20)) {
  const auto end = std::chrono::steady_clock::now() + bound;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace clipcourier
