#pragma once

#include <sqlite3.h>

#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "db/database.h"

namespace clipcourier::db {

// One connection to an SQLite file, by SQLite's own interface: statements stay prepared, because
// preparing costs a small write more than the write. Throws Error without the words of a statement.
// One thread at a time.
class SqliteConnection {
 public:
  explicit SqliteConnection(const DatabaseSettings& settings);
  SqliteConnection(const SqliteConnection&) = delete;  // SQLite knows its address

  std::int64_t run(std::string_view sql, std::span<const Value> args);  // rows changed
  std::vector<Row> query(std::string_view sql, std::span<const Value> args,
                         std::span<const ColumnType> columns);
  bool inTransaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }
  // Pages in the log (WAL) after the last commit by this connection.
  int logPages() const { return logPages_; }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  class Use;
  sqlite3_stmt* prepared(std::string_view sql);

  std::unique_ptr<sqlite3, Close> handle_;
  std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>> kept_;
  int logPages_ = 0;
};

}  // namespace clipcourier::db
