#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace clipcourier::jobs {

// Wakes the workers of this process at once when a job was added or cancelled; ring it after the
// commit. Workers also poll, so a ring that is lost with a crash costs a moment, not the job.
// Thread-safe.
class Bell {
 public:
  void ring() {
    {
      const std::lock_guard lock(mutex_);
      ++rings_;
    }
    rung_.notify_all();
  }

  std::uint64_t rings() const {
    const std::lock_guard lock(mutex_);
    return rings_;
  }

  // Returns when the bell rang after rings() was `heard`, or the time is over.
  void wait(std::uint64_t heard, std::chrono::milliseconds atMost) {
    std::unique_lock lock(mutex_);
    rung_.wait_for(lock, atMost, [&] { return rings_ != heard; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable rung_;
  std::uint64_t rings_ = 0;
};

}  // namespace clipcourier::jobs
