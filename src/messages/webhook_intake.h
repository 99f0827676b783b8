#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "db/database.h"

namespace clipcourier::messages {

// Stores webhooks before they are answered. SQLite's writer lets those that come together share a
// commit; on PostgreSQL this does: those that come while others are stored wait for their end, and
// one of their threads stores them all. Not to be used under a db::Alongside, whose work would come
// into strangers' commits. Borrows the database; thread-safe.
class WebhookIntake {
 public:
  explicit WebhookIntake(db::Database& database) : db_(database) {}

  // Returns when durable. `body` is the signed text; one that is no valid UTF-8 is refused with
  // Error(invalidInput), because JSON cannot be anything else. Throws what the database threw.
  void store(const std::string& channel, const std::string& body, TimePoint now);

 private:
  struct Waiting {
    const std::string& channel;
    const std::string& body;
    TimePoint at;
    bool done = false;
    std::exception_ptr error = nullptr;
  };
  using Some = std::span<Waiting* const>;
  void storeWaiting(std::unique_lock<std::mutex>& lock) noexcept;
  static std::size_t fitting(Some list);  // how many fit into one commit
  std::exception_ptr storeTogether(Some list, std::exception_ptr away) noexcept;
  void write(Some list);

  db::Database& db_;
  std::mutex mutex_;
  std::condition_variable stored_;
  std::vector<Waiting*> waiting_;  // on the stacks of their threads
  bool storing_ = false;           // one of them is at it
};

}  // namespace clipcourier::messages
