#pragma once

#include <Poco/Data/Session.h>

#include <memory>

#include "db/connection.h"
#include "db/database.h"

namespace clipcourier::db {

// One open connection to either engine; the only class that touches Poco::Data. It is a Transaction
// because whoever owns it decides when BEGIN and COMMIT run. One thread at a time.
class Session : public Transaction {
 public:
  enum class Mode { readWrite, readOnly };
  Session(const DatabaseSettings& settings, Mode mode);

  Engine engine() const override { return engine_; }
  std::int64_t runValues(std::string_view sql, std::span<const Value> args) override;
  std::vector<Row> queryValues(std::string_view sql, std::span<const Value> args,
                               std::span<const ColumnType> columns) override;

  // Runs statements that take no parameters: BEGIN, COMMIT, PRAGMA, DDL.
  void execute(std::string_view sql);
  // False when the engine has ended the transaction on its own, as SQLite does on a full disk.
  bool inTransaction() const;
  bool isConnected();  // false once the server has gone

 private:
  Engine engine_;
  Poco::Data::Session session_;
};

Engine engineOf(const Secret& url);  // throws Error(invalidInput) for an unknown scheme

}  // namespace clipcourier::db
