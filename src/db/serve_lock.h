#pragma once

#include <string>

#include "db/database.h"

namespace clipcourier::db {

// Held by `serve` as long as it runs, so that one SQLite file has one dispatcher. A file lock
// beside the database: the kernel drops it when the process dies, however it dies. PostgreSQL needs
// none: its nodes share work by row locks.
class ServeLock {
 public:
  // Throws Error(conflict), naming the other process, when somebody else serves this database.
  explicit ServeLock(const DatabaseSettings& settings);
  ~ServeLock();
  ServeLock(const ServeLock&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace clipcourier::db
