#include "http/reply.h"

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace clipcourier::http {

Reply&& Reply::with(std::string_view name, std::string value) && {
  set(name, std::move(value));
  return std::move(*this);
}

void Reply::set(std::string_view name, std::string value) {
  // What came from outside must not start a header of its own.
  std::erase_if(value, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  for (auto& [key, old] : headers) {
    if (text::lower(key) == text::lower(name)) {
      old = std::move(value);
      return;
    }
  }
  headers.emplace_back(name, std::move(value));
}

const std::string* Reply::find(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (text::lower(key) == text::lower(name)) return &value;
  }
  return nullptr;
}

Reply bytes(std::string content, const std::string& contentType, int status) {
  return Reply{status, {{"Content-Type", contentType}}, std::move(content)};
}

Reply ok(const nlohmann::json& value, int status) {
  // An answer with a replaced character is better than none.
  return bytes(value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
               "application/json", status);
}

Reply created(const std::string& location, const nlohmann::json& value) {
  return ok(value, 201).with("Location", location);
}

Reply accepted(const nlohmann::json& value) { return ok(value, 202); }

Reply noContent() { return Reply{204, {}, std::string()}; }

Reply html(std::string page, int status) {
  return bytes(std::move(page), "text/html; charset=utf-8", status);
}

Reply stream(const std::string& contentType, StreamBody body) {
  return Reply{200, {{"Content-Type", contentType}}, std::move(body)};
}

Reply redirect(const std::string& location) {
  return Reply{303, {}, std::string()}.with("Location", location);
}

}  // namespace clipcourier::http
