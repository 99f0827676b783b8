#include "db/session_pool.h"

#include <algorithm>

namespace clipcourier::db {

SessionPool::SessionPool(DatabaseSettings settings, Session::Mode mode, int size)
    : settings_(std::move(settings)), mode_(mode), free_(std::max(size, 1)) {}

SessionPool::Lease SessionPool::take() {
  std::unique_ptr<Session> session;
  {
    std::unique_lock lock(mutex_);
    returned_.wait(lock, [this] { return free_ > 0; });
    --free_;
    if (!idle_.empty()) {
      session = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (session) return Lease(*this, std::move(session));
  try {
    return Lease(*this, std::make_unique<Session>(settings_, mode_));
  } catch (...) {
    giveBack(nullptr);
    throw;
  }
}

void SessionPool::giveBack(std::unique_ptr<Session> session) {
  {
    const std::lock_guard lock(mutex_);
    ++free_;
    if (session) idle_.push_back(std::move(session));
  }
  returned_.notify_one();
}

}  // namespace clipcourier::db
