#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <vector>

#include "db/value.h"

namespace clipcourier::db {

enum class Engine { sqlite, postgresql };

// What a repository speaks to. Placeholders are $1, $2, ..., first used in rising order, so that
// both engines accept them. Throws Error: conflict for a broken constraint, unavailable when the
// database is locked, full or away, internal for a defect; never with row contents in it. One
// thread at a time.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual Engine engine() const = 0;

  // Returns the number of rows changed.
  template <class... Args>
  std::int64_t run(std::string_view sql, const Args&... args) {
    const std::array<Value, sizeof...(Args)> values{toValue(args)...};
    return runValues(sql, values);
  }

  // One tuple per row: query<std::int64_t, std::string>("SELECT id, name ...").
  template <class... Columns, class... Args>
  std::vector<std::tuple<Columns...>> query(std::string_view sql, const Args&... args) {
    const std::array<Value, sizeof...(Args)> values{toValue(args)...};
    static constexpr std::array<ColumnType, sizeof...(Columns)> types{Column<Columns>::type...};
    std::vector<std::tuple<Columns...>> result;
    for (Row& row : queryValues(sql, values, types))
      result.push_back(toTuple<Columns...>(std::move(row)));
    return result;
  }

  // The first row, if any.
  template <class... Columns, class... Args>
  std::optional<std::tuple<Columns...>> queryOne(std::string_view sql, const Args&... args) {
    auto rows = query<Columns...>(sql, args...);
    if (rows.empty()) return std::nullopt;
    return std::move(rows.front());
  }

  // The first column of the first row, if any: scalar<std::int64_t>("SELECT count(*) ...").
  template <class T, class... Args>
  std::optional<T> scalar(std::string_view sql, const Args&... args) {
    auto row = queryOne<T>(sql, args...);
    if (!row) return std::nullopt;
    return std::move(std::get<0>(*row));
  }

  // Picks the text for the engine where the two must differ.
  std::string_view pick(std::string_view sqlite, std::string_view postgresql) const {
    return engine() == Engine::sqlite ? sqlite : postgresql;
  }

  virtual std::int64_t runValues(std::string_view sql, std::span<const Value> args) = 0;
  virtual std::vector<Row> queryValues(std::string_view sql, std::span<const Value> args,
                                       std::span<const ColumnType> columns) = 0;
};

// A connection inside a write transaction: what db.write() hands out. Rolled back when the closure
// throws, durable when write() returns.
class Transaction : public Connection {};

}  // namespace clipcourier::db
