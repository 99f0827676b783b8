#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "db/session.h"

namespace clipcourier::db {

// Brings what an SQLite log (WAL) holds into the database file, in a thread with a connection of
// its own: commits go on meanwhile, where SQLite itself would let one of them wait for all of it.
// The log only begins anew when nothing is left in it, so the writer does the last part: what was
// committed meanwhile. See https://sqlite.org/wal.html, "Avoiding Excessively Large WAL Files".
class SqliteCheckpointer {
 public:
  explicit SqliteCheckpointer(const DatabaseSettings& settings);
  ~SqliteCheckpointer();
  SqliteCheckpointer(const SqliteCheckpointer&) = delete;

  // By the writer's thread after each commit, with the pages in the log then. True: it shall do
  // the rest now.
  bool committed(int pages);

 private:
  enum class State { idle, wanted, done };
  void loop();

  Session session_;
  int last_ = 0, next_;  // pages in the log: at the last commit, and when to begin; writer only
  std::mutex mutex_;
  std::condition_variable wake_;
  State state_ = State::idle;
  bool stopping_ = false;
  std::thread thread_;  // last: starts when all of the above stands
};

}  // namespace clipcourier::db
