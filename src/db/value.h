#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/id.h"

// How C++ values become SQL parameters and columns become C++ values.
namespace clipcourier::db {

using Value = std::variant<std::nullptr_t, std::int64_t, double, std::string>;
using Row = std::vector<Value>;
enum class ColumnType { integer, real, text };

inline Value toValue(std::nullptr_t) { return nullptr; }
template <class T>
requires std::is_integral_v<T> Value toValue(T v) {
  return static_cast<std::int64_t>(v);  // bool becomes 0 or 1
}
inline Value toValue(double v) { return v; }
inline Value toValue(std::string_view v) { return std::string(v); }
inline Value toValue(const std::string& v) { return v; }
inline Value toValue(const char* v) { return std::string(v); }
inline Value toValue(TimePoint v) { return toMs(v); }
template <class Tag>
Value toValue(Id<Tag> v) {
  return v.value;
}
template <class T>
Value toValue(const std::optional<T>& v) {
  return v ? toValue(*v) : Value(nullptr);
}

// Column<T> says which type to ask the engine for and how to read it. A NULL becomes T's empty
// value unless T is an optional.
template <class T>
struct Column;
template <class T>
requires std::is_integral_v<T>
struct Column<T> {
  static constexpr ColumnType type = ColumnType::integer;
  static T from(Value&& v) {
    const auto* number = std::get_if<std::int64_t>(&v);
    return number ? static_cast<T>(*number) : T{};
  }
};
template <>
struct Column<double> {
  static constexpr ColumnType type = ColumnType::real;
  static double from(Value&& v) {
    const auto* number = std::get_if<double>(&v);
    return number ? *number : 0;
  }
};
template <>
struct Column<std::string> {
  static constexpr ColumnType type = ColumnType::text;
  static std::string from(Value&& v) {
    auto* text = std::get_if<std::string>(&v);
    return text ? std::move(*text) : std::string();
  }
};
template <>
struct Column<TimePoint> {
  static constexpr ColumnType type = ColumnType::integer;
  static TimePoint from(Value&& v) { return fromMs(Column<std::int64_t>::from(std::move(v))); }
};
template <class Tag>
struct Column<Id<Tag>> {
  static constexpr ColumnType type = ColumnType::integer;
  static Id<Tag> from(Value&& v) { return {Column<std::int64_t>::from(std::move(v))}; }
};
template <class T>
struct Column<std::optional<T>> {
  static constexpr ColumnType type = Column<T>::type;
  static std::optional<T> from(Value&& v) {
    if (std::holds_alternative<std::nullptr_t>(v)) return std::nullopt;
    return Column<T>::from(std::move(v));
  }
};

template <class... Columns>
std::tuple<Columns...> toTuple(Row&& row) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return std::tuple<Columns...>(Column<Columns>::from(std::move(row[I]))...);
  }
  (std::index_sequence_for<Columns...>{});
}

}  // namespace clipcourier::db
