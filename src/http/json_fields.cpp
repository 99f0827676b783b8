#include "http/json_fields.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"

namespace clipcourier::http {

struct JsonFields::Impl {
  nlohmann::json object;
  std::set<std::string, std::less<>> asked;
  std::vector<ErrorDetail> mistakes;
};

JsonFields::JsonFields(const nlohmann::json& object)
    : impl_(std::make_unique<Impl>(Impl{object, {}, {}})) {
  if (object.is_object()) return;
  throw Error(ErrorKind::invalidInput, "the body is no JSON object",
              "Send an object: {\"name\": ...}.", "request.bad_json");
}
JsonFields::JsonFields(JsonFields&&) noexcept = default;
JsonFields::~JsonFields() = default;

// A field that is null counts as absent.
const nlohmann::json* JsonFields::find(std::string_view name) {
  impl_->asked.emplace(name);
  const auto found = impl_->object.find(name);
  return found == impl_->object.end() || found->is_null() ? nullptr : &*found;
}

void JsonFields::mistake(std::string_view name, std::string what) {
  impl_->mistakes.push_back({"field.not_valid", std::string(name), std::move(what)});
}

std::optional<std::string> JsonFields::optionalText(std::string_view name, std::size_t maxBytes) {
  const auto* value = find(name);
  if (!value) return std::nullopt;
  if (!value->is_string()) {
    mistake(name, "Give a text.");
    return std::nullopt;
  }
  std::string text = text::trim(value->get_ref<const std::string&>());
  if (text.empty() || text.size() > maxBytes || !text::isUtf8(text)) {
    mistake(name, "Give 1 to " + std::to_string(maxBytes) + " bytes of text.");
    return std::nullopt;
  }
  return text;
}

std::string JsonFields::text(std::string_view name, std::size_t maxBytes) {
  if (!find(name)) mistake(name, "This field is needed.");
  return optionalText(name, maxBytes).value_or("");
}

std::optional<std::int64_t> JsonFields::optionalNumber(std::string_view name, std::int64_t min,
                                                       std::int64_t max) {
  const auto* value = find(name);
  if (!value) return std::nullopt;
  const bool fits = value->is_number_integer() &&
                    (!value->is_number_unsigned() || value->get<std::uint64_t>() <= INT64_MAX) &&
                    value->get<std::int64_t>() >= min && value->get<std::int64_t>() <= max;
  if (fits) return value->get<std::int64_t>();
  mistake(name,
          "Give a whole number from " + std::to_string(min) + " to " + std::to_string(max) + '.');
  return std::nullopt;
}

std::int64_t JsonFields::number(std::string_view name, std::int64_t min, std::int64_t max) {
  if (!find(name)) mistake(name, "This field is needed.");
  return optionalNumber(name, min, max).value_or(min);
}

bool JsonFields::flag(std::string_view name, bool fallback) {
  const auto* value = find(name);
  if (!value) return fallback;
  if (value->is_boolean()) return value->get<bool>();
  mistake(name, "Give true or false.");
  return fallback;
}

std::string JsonFields::oneOf(std::string_view name,
                              std::initializer_list<std::string_view> allowed) {
  const auto given = optionalText(name, 100);
  std::string list;
  for (std::string_view value : allowed) {
    if (given == value) return *given;
    list += (list.empty() ? "" : ", ") + std::string(value);
  }
  mistake(name, "Give one of: " + list + '.');
  return std::string(*allowed.begin());
}

std::vector<std::string> JsonFields::texts(std::string_view name, std::size_t maxCount,
                                           std::size_t maxBytes) {
  std::vector<std::string> texts;
  const auto* value = find(name);
  if (!value) return texts;
  const bool good = value->is_array() && value->size() <= maxCount &&
                    std::all_of(value->begin(), value->end(), [&](const nlohmann::json& item) {
                      return item.is_string() && !item.get_ref<const std::string&>().empty() &&
                             item.get_ref<const std::string&>().size() <= maxBytes;
                    });
  if (good) return value->get<std::vector<std::string>>();
  mistake(name, "Give a list of at most " + std::to_string(maxCount) + " texts of at most " +
                    std::to_string(maxBytes) + " bytes.");
  return texts;
}

nlohmann::json JsonFields::value(std::string_view name) {
  const auto* value = find(name);
  return value ? *value : nlohmann::json();
}

void JsonFields::check() {
  for (const auto& [name, value] : impl_->object.items()) {
    if (!impl_->asked.contains(name)) {
      impl_->mistakes.push_back({"field.unknown", text::truncate(name, 60),
                                 "There is no such field here; leave it out."});
    }
  }
  if (impl_->mistakes.empty()) return;
  throw Error(ErrorKind::invalidInput, "some fields are not valid", "See errors for each of them.",
              "request.bad_fields")
      .with(std::move(impl_->mistakes));
}

}  // namespace clipcourier::http
