#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace clipcourier {

// The one place where the service writes its log: a JSON object per line on standard error, with
// "at", "level" and "event" first. Never with personal data, tokens or message texts: ids only.
// Thread-safe.
namespace log {

void info(std::string_view event, const nlohmann::json& fields);
void info(std::string_view event);
void warning(std::string_view event, const nlohmann::json& fields);
void error(std::string_view event, const nlohmann::json& fields);

// A line somebody else has made, as the HTTP edge does for each request.
void line(const std::string& json);

}  // namespace log
}  // namespace clipcourier
