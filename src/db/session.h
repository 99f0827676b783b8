#pragma once

#include <Poco/Data/Session.h>

#include <memory>

#include "db/connection.h"
#include "db/database.h"
#include "db/sqlite_statements.h"

namespace clipcourier::db {

// One open connection to either engine; all that knows Poco::Data is behind it. It is a Transaction
// because whoever owns it decides when BEGIN and COMMIT run. One thread at a time.
class Session : public Transaction {
 public:
  enum class Mode { readWrite, readOnly };
  Session(const DatabaseSettings& settings, Mode mode);
  Session(const Session&) = delete;  // SQLite knows its address

  Engine engine() const override { return engine_; }
  std::int64_t runValues(std::string_view sql, std::span<const Value> args) override;
  std::vector<Row> queryValues(std::string_view sql, std::span<const Value> args,
                               std::span<const ColumnType> columns) override;

  // Runs statements that take no parameters: BEGIN, COMMIT, PRAGMA, DDL.
  void execute(std::string_view sql);
  // False when the engine has ended the transaction on its own, as SQLite does on a full disk.
  bool inTransaction() const;
  bool isConnected();  // false once the server has gone

  // SQLite: brings the log into the database file, as far as nobody else needs it.
  void checkpoint() { execute("PRAGMA wal_checkpoint(PASSIVE)"); }
  // SQLite: pages in the log after this session's last commit.
  int logPages() const { return logPages_; }

 private:
  Engine engine_;
  Poco::Data::Session session_;
  std::optional<SqliteStatements> sqlite_;
  int logPages_ = 0;
};

Engine engineOf(const Secret& url);  // throws Error(invalidInput) for an unknown scheme

}  // namespace clipcourier::db
