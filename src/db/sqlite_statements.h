#pragma once

#include <sqlite3.h>

#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "db/connection.h"

namespace clipcourier::db {

// The statements of one SQLite connection, kept prepared: Poco's connector prepares each anew,
// which costs a small write more than the write. Throws Poco's exceptions for SQLite. Must end
// before its connection. One thread at a time.
class SqliteStatements {
 public:
  explicit SqliteStatements(sqlite3* connection) : connection_(connection) {}

  std::int64_t run(std::string_view sql, std::span<const Value> args);  // rows changed
  std::vector<Row> query(std::string_view sql, std::span<const Value> args,
                         std::span<const ColumnType> columns);

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  class Use;
  sqlite3_stmt* prepared(std::string_view sql);
  void check(int result) const;

  sqlite3* connection_;
  std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>> kept_;
};

}  // namespace clipcourier::db
