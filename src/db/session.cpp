#include "db/session.h"

#include "db/database_url.h"

namespace clipcourier::db {

Session::Session(const DatabaseSettings& settings, Mode mode) {
  if (engineOf(settings.url) == Engine::postgresql) {
    postgres_.emplace(settings);
    if (mode == Mode::readOnly) execute("SET default_transaction_read_only = on");
    return;
  }
  sqlite_.emplace(settings);
  execute("PRAGMA journal_mode = WAL");
  execute("PRAGMA synchronous = FULL");
  execute("PRAGMA foreign_keys = ON");
  execute("PRAGMA temp_store = MEMORY");
  execute("PRAGMA cache_size = -65536");  // KiB
  if (mode == Mode::readOnly) execute("PRAGMA query_only = ON");
}

std::int64_t Session::runValues(std::string_view sql, std::span<const Value> args) {
  return sqlite_ ? sqlite_->run(sql, args) : postgres_->run(sql, args);
}

std::vector<Row> Session::queryValues(std::string_view sql, std::span<const Value> args,
                                      std::span<const ColumnType> columns) {
  return sqlite_ ? sqlite_->query(sql, args, columns) : postgres_->query(sql, args, columns);
}

void Session::execute(std::string_view sql) {
  if (postgres_) return postgres_->execute(std::string(sql));
  sqlite_->run(sql, {});
}

}  // namespace clipcourier::db
