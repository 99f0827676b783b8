#include "ticker.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/thread_name.h"
#include "log.h"

namespace clipcourier {

using SteadyClock = std::chrono::steady_clock;

void Ticker::start() {
  thread_ = std::thread([this] { loop(); });
}

void Ticker::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Ticker::loop() {
  nameThread("chores");
  std::vector<SteadyClock::time_point> due(chores_.size(), SteadyClock::now());
  for (;;) {
    const auto next = std::min_element(due.begin(), due.end());
    const Chore& chore = chores_[static_cast<std::size_t>(next - due.begin())];
    {
      std::unique_lock lock(mutex_);
      if (wake_.wait_until(lock, *next, [this] { return stopping_; })) return;
    }
    try {
      chore.work();
    } catch (const std::exception& error) {
      log::warning("chore.failed", {{"chore", chore.name}, {"what", error.what()}});
    }
    *next = SteadyClock::now() + chore.every;
  }
}

}  // namespace clipcourier
