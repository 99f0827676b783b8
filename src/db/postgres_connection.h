#pragma once

#include <libpq-fe.h>

#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "db/database.h"

namespace clipcourier::db {

// One connection to PostgreSQL by libpq: a statement is parsed once and then takes one round trip.
// Each run is planned anew, for its own parameters, because some rows are one in a million and
// others are all. Throws Error without the words of a statement. One thread at a time.
class PostgresConnection {
 public:
  explicit PostgresConnection(const DatabaseSettings& settings);

  std::int64_t run(std::string_view sql, std::span<const Value> args);  // rows changed
  std::vector<Row> query(std::string_view sql, std::span<const Value> args,
                         std::span<const ColumnType> columns);
  void execute(const std::string& sql);  // without parameters, nothing is kept
  bool isConnected() const { return PQstatus(connection_.get()) == CONNECTION_OK; }

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  using Result = std::unique_ptr<PGresult, Clear>;
  const std::string& prepared(std::string_view sql);
  Result execute(std::string_view sql, std::span<const Value> args);
  Result checked(PGresult* result) const;

  std::unique_ptr<PGconn, Finish> connection_;
  std::unordered_map<std::string, std::string> kept_;  // statements, to the names they have there
};

}  // namespace clipcourier::db
