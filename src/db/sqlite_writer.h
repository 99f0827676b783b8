#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "db/session.h"
#include "db/sqlite_checkpointer.h"

namespace clipcourier::db {

// The only writer of an SQLite file in this process: closures that wait together commit together.
// A closure that throws takes only itself back. Thread-safe.
class SqliteWriter {
 public:
  using Closure = std::function<void(Transaction&)>;
  explicit SqliteWriter(const DatabaseSettings& settings);
  ~SqliteWriter();  // finishes what was handed in

  void write(const Closure& closure);  // returns when durable; rethrows what the closure threw

 private:
  struct Job {
    const Closure* closure;
    std::promise<void> done;
    std::exception_ptr error;
  };
  void loop();
  void commitTogether(std::vector<Job*>& jobs);
  void runInSavepoint(Job& job);
  void finishCheckpoint();
  void rollback();

  Session session_;
  SqliteCheckpointer checkpointer_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job*> waiting_;
  bool stopping_ = false;
  std::thread thread_;  // last: starts when all of the above stands
};

}  // namespace clipcourier::db
