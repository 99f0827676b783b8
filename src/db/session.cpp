#include "db/session.h"

#include <Poco/Data/PostgreSQL/Connector.h>
#include <Poco/Data/PostgreSQL/PostgreSQLException.h>
#include <Poco/Data/SQLite/Connector.h>
#include <Poco/Data/SQLite/SQLiteException.h>
#include <Poco/Data/SQLite/Utility.h>
#include <Poco/Data/Statement.h>
#include <Poco/Nullable.h>
#include <libpq-fe.h>
#include <sqlite3.h>

#include <deque>
#include <mutex>

#include "base/error.h"

namespace clipcourier::db {
namespace {

namespace pd = Poco::Data;

constexpr std::string_view kSqlitePrefix = "sqlite:";

// "postgresql://..." becomes the "key=value ..." form that Poco's connector wants.
std::string postgresOptions(const std::string& url) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(url.c_str(), &message), PQconninfoFree);
  if (message) PQfreemem(message);
  if (!options)
    throw Error(ErrorKind::invalidInput, "database.url is not a PostgreSQL address",
                "write it as postgresql://user@host:5432/name");
  std::string text;
  for (const PQconninfoOption* option = options.get(); option->keyword; ++option) {
    if (!option->val || !*option->val) continue;
    if (std::string_view(option->val).find_first_of(" '\\") != std::string_view::npos)
      throw Error(ErrorKind::invalidInput,
                  std::string("database.url: ") + option->keyword + " holds a space or a quote",
                  "use a value without spaces, quotes and backslashes");
    text += std::string(text.empty() ? "" : " ") + option->keyword + "=" + option->val;
  }
  return text;
}

pd::Session openSession(const DatabaseSettings& settings) {
  static std::once_flag once;
  std::call_once(once, [] {
    pd::SQLite::Connector::registerConnector();
    pd::PostgreSQL::Connector::registerConnector();
  });
  const std::string& url = settings.url.reveal();
  if (engineOf(settings.url) == Engine::sqlite)
    return pd::Session("SQLite", url.substr(kSqlitePrefix.size()));
  return pd::Session("PostgreSQL", postgresOptions(url));
}

// The SQLSTATE that Poco's PostgreSQL connector writes into its message as " State: 23505".
std::string sqlState(const std::string& message) {
  const std::size_t at = message.find(" State: ");
  return at == std::string::npos ? "" : message.substr(at + 8, 5);
}

Error conflict(const std::string& how) {
  return Error(ErrorKind::conflict, "a database constraint refused the change (" + how + ")",
               "read the current state and try again");
}
Error unavailable(const std::string& how) {
  return Error(ErrorKind::unavailable, "the database cannot answer now (" + how + ")",
               "try again in a moment");
}

// Poco tells no SQLSTATE when a statement does not even parse; then only the connection can say
// whether the statement or the server is to blame.
Error fromPostgres(const std::string& message, bool connected) {
  const std::string state = sqlState(message);
  if (state.empty() && connected)
    return Error(ErrorKind::internal, "the database does not understand a statement");
  if (state.starts_with("23")) return conflict(state);
  if (state == "40001" || state == "40P01" || state == "55P03") return unavailable(state);
  if (state == "53100") return Error(ErrorKind::outOfSpace, "the database's disk is full");
  if (state.empty() || state.starts_with("08") || state.starts_with("53") ||
      state.starts_with("57"))
    return unavailable(state.empty() ? "connection lost" : state);
  return Error(ErrorKind::internal, "the database refused a statement (" + state + ")");
}

// Turns what the engine threw into an Error that holds no row contents: its own words may.
[[noreturn]] void rethrow(bool connected) {
  namespace lite = pd::SQLite;
  try {
    throw;
  } catch (const lite::ConstraintViolationException&) {
    throw conflict("SQLite");
  } catch (const lite::DBLockedException&) {
    throw unavailable("locked by another process");
  } catch (const lite::TableLockedException&) {
    throw unavailable("table locked");
  } catch (const lite::DatabaseFullException&) {
    throw Error(ErrorKind::outOfSpace, "the database's disk is full", "free space and try again");
  } catch (const lite::ReadOnlyException&) {
    throw Error(ErrorKind::internal, "a reader tried to write, or the database file is read-only");
  } catch (const lite::CantOpenDBFileException&) {
    throw unavailable("the file cannot be opened");
  } catch (const lite::SQLiteException& e) {
    throw Error(ErrorKind::internal, std::string("SQLite refused a statement (") + e.name() + ")");
  } catch (const pd::PostgreSQL::PostgreSQLException& e) {
    throw fromPostgres(e.message(), connected);
  } catch (const Poco::Exception& e) {
    throw unavailable(e.name());
  }
}

void bind(pd::Statement& statement, std::span<const Value> args) {
  using namespace pd::Keywords;
  for (const Value& arg : args) {
    if (const auto* number = std::get_if<std::int64_t>(&arg))
      statement.addBind(pd::Keywords::bind(Poco::Int64(*number)));
    else if (const auto* real = std::get_if<double>(&arg))
      statement.addBind(pd::Keywords::bind(*real));
    else if (const auto* text = std::get_if<std::string>(&arg))
      statement.addBind(pd::Keywords::bind(*text));
    else
      statement.addBind(pd::Keywords::bind(Poco::Nullable<std::string>()));
  }
}

// All values of one column, as Poco extracts them.
struct ColumnValues {
  std::vector<Poco::Nullable<Poco::Int64>> integers;
  std::vector<Poco::Nullable<double>> reals;
  std::vector<Poco::Nullable<std::string>> texts;

  pd::AbstractExtraction::Ptr extraction(ColumnType type) {
    switch (type) {
      case ColumnType::integer: return pd::Keywords::into(integers);
      case ColumnType::real: return pd::Keywords::into(reals);
      case ColumnType::text: break;
    }
    return pd::Keywords::into(texts);
  }
  std::size_t size() const { return integers.size() + reals.size() + texts.size(); }
  Value take(ColumnType type, std::size_t row) {
    const auto value = [](auto& cell) {
      return cell.isNull() ? Value(nullptr) : Value(cell.value());
    };
    switch (type) {
      case ColumnType::integer: return value(integers[row]);
      case ColumnType::real: return value(reals[row]);
      case ColumnType::text: break;
    }
    return texts[row].isNull() ? Value(nullptr) : Value(std::move(texts[row].value()));
  }
};

}  // namespace

Engine engineOf(const Secret& url) {
  const std::string& text = url.reveal();
  if (text.starts_with(kSqlitePrefix) && text.size() > kSqlitePrefix.size()) return Engine::sqlite;
  if (text.starts_with("postgresql://") || text.starts_with("postgres://"))
    return Engine::postgresql;
  throw Error(ErrorKind::invalidInput, "database.url names no engine we know",
              "write sqlite:var/clipcourier.db or postgresql://user@host/name");
}

Session::Session(const DatabaseSettings& settings, Mode mode)
    : engine_(engineOf(settings.url)), session_([&] {
        try {
          return openSession(settings);
        } catch (const Poco::Exception&) {
          rethrow(false);
        }
      }()) {
  if (engine_ == Engine::postgresql) {
    execute("SET client_min_messages = warning");
    if (mode == Mode::readOnly) execute("SET default_transaction_read_only = on");
    return;
  }
  sqlite3* const handle = pd::SQLite::Utility::dbHandle(session_);
  sqlite_.emplace(handle);
  sqlite3_busy_timeout(handle, static_cast<int>(Millis(settings.lockTimeout).count()));
  execute("PRAGMA journal_mode = WAL");
  execute("PRAGMA synchronous = FULL");
  execute("PRAGMA foreign_keys = ON");
  execute("PRAGMA temp_store = MEMORY");
  execute("PRAGMA cache_size = -65536");  // KiB
  // In the place of SQLite's own checkpoints: see SqliteCheckpointer.
  sqlite3_wal_hook(
      handle,
      [](void* pages, sqlite3*, const char*, int count) {
        *static_cast<int*>(pages) = count;
        return SQLITE_OK;
      },
      &logPages_);
  if (mode == Mode::readOnly) execute("PRAGMA query_only = ON");
}

void Session::execute(std::string_view sql) { runValues(sql, {}); }

std::int64_t Session::runValues(std::string_view sql, std::span<const Value> args) {
  try {
    if (sqlite_) return sqlite_->run(sql, args);
    pd::Statement statement(session_);
    statement << std::string(sql);
    bind(statement, args);
    return static_cast<std::int64_t>(statement.execute());
  } catch (const Poco::Exception&) {
    rethrow(session_.isConnected());
  }
}

std::vector<Row> Session::queryValues(std::string_view sql, std::span<const Value> args,
                                      std::span<const ColumnType> columns) {
  try {
    if (sqlite_) return sqlite_->query(sql, args, columns);
    std::deque<ColumnValues> cells(columns.size());
    pd::Statement statement(session_);
    statement << std::string(sql);
    bind(statement, args);
    for (std::size_t i = 0; i < columns.size(); ++i)
      statement.addExtract(cells[i].extraction(columns[i]));
    statement.execute();
    std::vector<Row> rows(cells.empty() ? 0 : cells.front().size());
    for (std::size_t row = 0; row < rows.size(); ++row)
      for (std::size_t i = 0; i < columns.size(); ++i)
        rows[row].push_back(cells[i].take(columns[i], row));
    return rows;
  } catch (const Poco::Exception&) {
    rethrow(session_.isConnected());
  }
}

bool Session::isConnected() { return session_.isConnected(); }

bool Session::inTransaction() const {
  if (engine_ == Engine::postgresql) return true;
  return sqlite3_get_autocommit(pd::SQLite::Utility::dbHandle(session_)) == 0;
}

}  // namespace clipcourier::db
