#pragma once

#include <optional>

#include "db/connection.h"
#include "db/database.h"
#include "db/postgres_connection.h"
#include "db/sqlite_connection.h"

namespace clipcourier::db {

// One open connection to either engine. It is a Transaction because whoever owns it decides when
// BEGIN and COMMIT run. One thread at a time.
class Session : public Transaction {
 public:
  enum class Mode { readWrite, readOnly };
  Session(const DatabaseSettings& settings, Mode mode);

  Engine engine() const override { return sqlite_ ? Engine::sqlite : Engine::postgresql; }
  std::int64_t runValues(std::string_view sql, std::span<const Value> args) override;
  std::vector<Row> queryValues(std::string_view sql, std::span<const Value> args,
                               std::span<const ColumnType> columns) override;

  // Runs statements that take no parameters: BEGIN, COMMIT, PRAGMA, DDL.
  void execute(std::string_view sql);
  // False when the engine has ended the transaction on its own, as SQLite does on a full disk.
  bool inTransaction() const { return !sqlite_ || sqlite_->inTransaction(); }
  bool isConnected() const { return !postgres_ || postgres_->isConnected(); }

  // SQLite: brings the log into the database file, as far as nobody else needs it.
  void checkpoint() { execute("PRAGMA wal_checkpoint(PASSIVE)"); }
  // SQLite: pages in the log after this session's last commit.
  int logPages() const { return sqlite_ ? sqlite_->logPages() : 0; }

 private:
  std::optional<SqliteConnection> sqlite_;  // one of the two
  std::optional<PostgresConnection> postgres_;
};

}  // namespace clipcourier::db
