#include "db/postgres_connection.h"

#include <array>
#include <charconv>

#include "base/error.h"

namespace clipcourier::db {
namespace {

constexpr std::size_t kMostKept = 256;  // those of the code are fewer; lists with filters vary
constexpr auto kConnectSeconds = "10";
constexpr auto kSilentMs = "20000";  // until a server that vanished without a word is given up

Error unavailable(const std::string& how) {
  return Error(ErrorKind::unavailable, "the database cannot answer now (" + how + ")",
               "try again in a moment");
}

// By the SQLSTATE, https://www.postgresql.org/docs/15/errcodes-appendix.html. Holds no row
// contents: the server's own words may.
Error errorOf(const std::string& state, bool connected) {
  if (state.empty() && connected)
    return Error(ErrorKind::internal, "the database does not understand a statement");
  if (state.empty()) return unavailable("connection lost");
  if (state.starts_with("23"))
    return Error(ErrorKind::conflict, "a database constraint refused the change (" + state + ")",
                 "read the current state and try again");
  if (state == "53100") return Error(ErrorKind::outOfSpace, "the database's disk is full");
  if (state == "40001" || state == "40P01" || state == "55P03" || state.starts_with("08") ||
      state.starts_with("53") || state.starts_with("57"))
    return unavailable(state);
  return Error(ErrorKind::internal, "the database refused a statement (" + state + ")");
}

// As libpq takes parameters: texts that end with a zero, null for NULL.
class Parameters {
 public:
  explicit Parameters(std::span<const Value> args) {
    texts_.reserve(args.size());
    for (const Value& arg : args) pointers_.push_back(textOf(arg));
  }
  int count() const { return static_cast<int>(pointers_.size()); }
  const char* const* get() const { return pointers_.data(); }

 private:
  const char* textOf(const Value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) {
      if (text->find('\0') != std::string::npos)
        throw Error(ErrorKind::invalidInput, "a text holds a zero byte, which cannot be stored",
                    "send it without");
      return text->c_str();
    }
    if (const auto* number = std::get_if<std::int64_t>(&value)) return kept(*number);
    if (const auto* real = std::get_if<double>(&value)) return kept(*real);
    return nullptr;
  }
  template <class Number>
  const char* kept(Number number) {
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
    return texts_.emplace_back(buffer.data(), end).c_str();
  }

  std::vector<std::string> texts_;  // reserved: addresses stay
  std::vector<const char*> pointers_;
};

template <class Number>
Value numberOf(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size())
    throw Error(ErrorKind::internal, "the database answered with something else than a number");
  return number;
}

Value cellOf(const PGresult* result, int row, int column, ColumnType type) {
  if (PQgetisnull(result, row, column)) return nullptr;
  const std::string_view text(PQgetvalue(result, row, column),
                              static_cast<std::size_t>(PQgetlength(result, row, column)));
  switch (type) {
    case ColumnType::integer: return numberOf<std::int64_t>(text);
    case ColumnType::real: return numberOf<double>(text);
    case ColumnType::text: break;
  }
  return std::string(text);
}

// libpq's own words may hold the password.
void requireUrl(const std::string& url) {
  PQconninfoOption* const options = PQconninfoParse(url.c_str(), nullptr);
  if (!options)
    throw Error(ErrorKind::invalidInput, "database.url is not a PostgreSQL address",
                "write it as postgresql://user@host:5432/name");
  PQconninfoFree(options);
}

PGconn* connect(const std::string& url) {
  requireUrl(url);
  // What the address itself says comes later and wins.
  const std::array<const char*, 4> names{"connect_timeout", "tcp_user_timeout", "dbname", nullptr};
  const std::array<const char*, 4> values{kConnectSeconds, kSilentMs, url.c_str(), nullptr};
  return PQconnectdbParams(names.data(), values.data(), 1);
}

}  // namespace

PostgresConnection::PostgresConnection(const DatabaseSettings& settings)
    : connection_(connect(settings.url.reveal())) {
  if (!isConnected()) throw unavailable("no connection");
  execute("SET client_min_messages = warning");
  execute("SET plan_cache_mode = force_custom_plan");
}

std::int64_t PostgresConnection::run(std::string_view sql, std::span<const Value> args) {
  const Result result = execute(sql, args);
  const std::string_view rows = PQcmdTuples(result.get());
  return rows.empty() ? 0 : std::get<std::int64_t>(numberOf<std::int64_t>(rows));
}

std::vector<Row> PostgresConnection::query(std::string_view sql, std::span<const Value> args,
                                           std::span<const ColumnType> columns) {
  const Result result = execute(sql, args);
  if (PQnfields(result.get()) != static_cast<int>(columns.size()))
    throw Error(ErrorKind::internal, "a statement has another number of columns");
  std::vector<Row> rows(static_cast<std::size_t>(PQntuples(result.get())));
  for (std::size_t row = 0; row < rows.size(); ++row) {
    rows[row].reserve(columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i)
      rows[row].push_back(
          cellOf(result.get(), static_cast<int>(row), static_cast<int>(i), columns[i]));
  }
  return rows;
}

void PostgresConnection::execute(const std::string& sql) {
  checked(PQexec(connection_.get(), sql.c_str()));
}

PostgresConnection::Result PostgresConnection::execute(std::string_view sql,
                                                       std::span<const Value> args) {
  const Parameters parameters(args);
  const std::string& name = prepared(sql);
  return checked(PQexecPrepared(connection_.get(), name.c_str(), parameters.count(),
                                parameters.get(), nullptr, nullptr, 0));
}

const std::string& PostgresConnection::prepared(std::string_view sql) {
  std::string text(sql);
  if (const auto found = kept_.find(text); found != kept_.end()) return found->second;
  if (kept_.size() >= kMostKept) {
    execute("DEALLOCATE ALL");
    kept_.clear();
  }
  const std::string name = "s" + std::to_string(kept_.size());
  checked(PQprepare(connection_.get(), name.c_str(), text.c_str(), 0, nullptr));
  return kept_.emplace(std::move(text), name).first->second;
}

PostgresConnection::Result PostgresConnection::checked(PGresult* made) const {
  Result result(made);
  const ExecStatusType status = PQresultStatus(made);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return result;
  const char* const state = PQresultErrorField(made, PG_DIAG_SQLSTATE);
  throw errorOf(state ? state : "", isConnected());
}

}  // namespace clipcourier::db
