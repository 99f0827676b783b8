#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace clipcourier::http {

// The fields of a JSON object from outside. Each getter notes what is wrong and returns something
// harmless; check() then throws one Error(invalidInput) that names every mistake and every field
// nobody asked for, so that a caller mends all of them at once.
//
//   JsonFields fields(request.json());
//   const std::string title = fields.text("title", 200);
//   const auto note = fields.optionalText("note", 2'000);
//   fields.check();
class JsonFields {
 public:
  // Throws Error(invalidInput) when it is no object.
  explicit JsonFields(const nlohmann::json& object);
  JsonFields(JsonFields&&) noexcept;
  ~JsonFields();

  std::string text(std::string_view name, std::size_t maxBytes);  // not empty, trimmed
  std::optional<std::string> optionalText(std::string_view name, std::size_t maxBytes);
  std::int64_t number(std::string_view name, std::int64_t min, std::int64_t max);
  std::optional<std::int64_t> optionalNumber(std::string_view name, std::int64_t min,
                                             std::int64_t max);
  bool flag(std::string_view name, bool fallback);
  std::string oneOf(std::string_view name, std::initializer_list<std::string_view> allowed);
  std::vector<std::string> texts(std::string_view name, std::size_t maxCount, std::size_t maxBytes);
  // Any value, null when absent: for objects and lists the caller reads on with a JsonFields each.
  nlohmann::json value(std::string_view name);

  // Notes a mistake the caller found.
  void mistake(std::string_view name, std::string what);
  void check();

 private:
  const nlohmann::json* find(std::string_view name);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace clipcourier::http
