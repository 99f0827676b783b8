#include "db/sqlite_connection.h"

#include "base/error.h"
#include "base/text.h"
#include "db/database_url.h"

namespace clipcourier::db {
namespace {

constexpr std::size_t kMostKept = 256;  // those of the code are fewer; lists with filters vary

Error unavailable(const std::string& how) {
  return Error(ErrorKind::unavailable, "the database cannot answer now (" + how + ")",
               "try again in a moment");
}

// Holds no row contents: SQLite's own words may.
void check(int result) {
  switch (result & 0xff) {
    case SQLITE_OK: return;
    case SQLITE_CONSTRAINT:
      throw Error(ErrorKind::conflict, "a database constraint refused the change (SQLite)",
                  "read the current state and try again");
    case SQLITE_BUSY: throw unavailable("locked by another process");
    case SQLITE_LOCKED: throw unavailable("table locked");
    case SQLITE_CANTOPEN: throw unavailable("the file cannot be opened");
    case SQLITE_FULL:
      throw Error(ErrorKind::outOfSpace, "the database's disk is full", "free space and try again");
    case SQLITE_READONLY:
      throw Error(ErrorKind::internal,
                  "a reader tried to write, or the database file is read-only");
    default:
      throw Error(ErrorKind::internal,
                  std::string("SQLite refused a statement (") + sqlite3_errstr(result) + ")");
  }
}

int bindOne(sqlite3_stmt* statement, int at, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value))
    return sqlite3_bind_int64(statement, at, *number);
  if (const auto* real = std::get_if<double>(&value))
    return sqlite3_bind_double(statement, at, *real);
  if (const auto* text = std::get_if<std::string>(&value))
    return sqlite3_bind_text64(statement, at, text->data(), text->size(), SQLITE_STATIC,
                               SQLITE_UTF8);
  return sqlite3_bind_null(statement, at);
}

Value columnOf(sqlite3_stmt* statement, int at, ColumnType type) {
  if (sqlite3_column_type(statement, at) == SQLITE_NULL) return nullptr;
  switch (type) {
    case ColumnType::integer: return static_cast<std::int64_t>(sqlite3_column_int64(statement, at));
    case ColumnType::real: return sqlite3_column_double(statement, at);
    case ColumnType::text: break;
  }
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, at));
  if (!text) throw std::bad_alloc();
  return std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, at)));
}

}  // namespace

SqliteConnection::SqliteConnection(const DatabaseSettings& settings) {
  sqlite3* handle = nullptr;
  const int opened =
      sqlite3_open_v2(sqliteFile(settings.url).value().c_str(), &handle,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(handle);
  check(opened);
  sqlite3_busy_timeout(handle, static_cast<int>(Millis(settings.lockTimeout).count()));
  // In the place of SQLite's own checkpoints: see SqliteCheckpointer.
  sqlite3_wal_hook(
      handle,
      [](void* pages, sqlite3*, const char*, int count) {
        *static_cast<int*>(pages) = count;
        return SQLITE_OK;
      },
      &logPages_);
}

// One run of a statement, which is free for the next one at the end, whatever happened.
class SqliteConnection::Use {
 public:
  Use(sqlite3_stmt* statement, std::span<const Value> args) : statement_(statement) {
    if (sqlite3_bind_parameter_count(statement) != static_cast<int>(args.size()))
      throw Error(ErrorKind::internal, "a statement has another number of parameters");
    for (std::size_t i = 0; i < args.size(); ++i)
      check(bindOne(statement, static_cast<int>(i) + 1, args[i]));
  }
  ~Use() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);  // they point into the arguments
  }
  Use(const Use&) = delete;

  bool step() {
    const int result = sqlite3_step(statement_);
    if (result == SQLITE_ROW) return true;
    if (result != SQLITE_DONE) check(result);
    return false;
  }

 private:
  sqlite3_stmt* statement_;
};

std::int64_t SqliteConnection::run(std::string_view sql, std::span<const Value> args) {
  sqlite3_stmt* const statement = prepared(sql);
  Use use(statement, args);
  while (use.step()) {
  }
  return sqlite3_stmt_readonly(statement) ? 0 : sqlite3_changes(handle_.get());
}

std::vector<Row> SqliteConnection::query(std::string_view sql, std::span<const Value> args,
                                         std::span<const ColumnType> columns) {
  sqlite3_stmt* const statement = prepared(sql);
  Use use(statement, args);
  if (sqlite3_column_count(statement) != static_cast<int>(columns.size()))
    throw Error(ErrorKind::internal, "a statement has another number of columns");
  std::vector<Row> rows;
  while (use.step()) {
    Row& row = rows.emplace_back();
    row.reserve(columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i)
      row.push_back(columnOf(statement, static_cast<int>(i), columns[i]));
  }
  return rows;
}

sqlite3_stmt* SqliteConnection::prepared(std::string_view sql) {
  std::string key(sql);
  if (const auto found = kept_.find(key); found != kept_.end()) return found->second.get();
  sqlite3_stmt* statement = nullptr;
  const char* rest = nullptr;
  check(sqlite3_prepare_v3(handle_.get(), key.c_str(), static_cast<int>(key.size()),
                           SQLITE_PREPARE_PERSISTENT, &statement, &rest));
  std::unique_ptr<sqlite3_stmt, Finalize> owned(statement);
  if (!statement || !text::trim(rest).empty())
    throw Error(ErrorKind::internal, "not one statement but none or several");
  if (kept_.size() >= kMostKept) kept_.clear();
  kept_.emplace(std::move(key), std::move(owned));
  return statement;
}

}  // namespace clipcourier::db
