#include "db/sqlite_checkpointer.h"

#include "base/error.h"
#include "base/thread_name.h"

namespace clipcourier::db {
namespace {

// 32 MB. Bulk work touches the same index pages in one commit after the other; with SQLite's own
// 4 MB nearly every commit would write them all back into the file.
constexpr int kPages = 8'000;

}  // namespace

SqliteCheckpointer::SqliteCheckpointer(const DatabaseSettings& settings)
    : session_(settings, Session::Mode::readWrite), next_(kPages), thread_([this] { loop(); }) {}

SqliteCheckpointer::~SqliteCheckpointer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

bool SqliteCheckpointer::committed(int pages) {
  if (pages < last_) next_ = kPages;  // it has begun anew
  last_ = pages;
  if (pages < next_) return false;
  const std::lock_guard lock(mutex_);
  if (state_ == State::idle) {
    state_ = State::wanted;
    wake_.notify_one();
  }
  if (state_ != State::done) return false;
  state_ = State::idle;
  next_ = pages + kPages / 4;  // should a reader still need the log as it is
  return true;
}

void SqliteCheckpointer::loop() {
  nameThread("db-checkpointer");
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || state_ == State::wanted; });
    if (stopping_) return;
    lock.unlock();
    try {
      session_.checkpoint();
    } catch (const Error&) {  // a full disk: the log keeps all of it, and the next commit says so
    }
    lock.lock();
    state_ = State::done;
  }
}

}  // namespace clipcourier::db
