#include "db/database_url.h"

#include "base/error.h"

namespace clipcourier::db {
namespace {

constexpr std::string_view kSqlite = "sqlite:";

}  // namespace

Engine engineOf(const Secret& url) {
  if (sqliteFile(url)) return Engine::sqlite;
  const std::string& text = url.reveal();
  if (text.starts_with("postgresql://") || text.starts_with("postgres://"))
    return Engine::postgresql;
  throw Error(ErrorKind::invalidInput, "database.url names no engine we know",
              "write sqlite:var/clipcourier.db or postgresql://user@host/name");
}

std::optional<std::string> sqliteFile(const Secret& url) {
  const std::string& text = url.reveal();
  if (!text.starts_with(kSqlite) || text.size() == kSqlite.size()) return std::nullopt;
  return text.substr(kSqlite.size());
}

}  // namespace clipcourier::db
