#include "log.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/clock.h"

namespace clipcourier::log {
namespace {

void write(std::string_view level, std::string_view event, const nlohmann::json& fields) {
  nlohmann::ordered_json entry{
      {"at", toIso(SystemClock().now())}, {"level", level}, {"event", event}};
  for (const auto& [key, value] : fields.items()) entry[key] = value;
  line(entry.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace

void info(std::string_view event, const nlohmann::json& fields) { write("info", event, fields); }
void info(std::string_view event) { write("info", event, nlohmann::json::object()); }
void warning(std::string_view event, const nlohmann::json& fields) {
  write("warning", event, fields);
}
void error(std::string_view event, const nlohmann::json& fields) { write("error", event, fields); }

void line(const std::string& json) {
  const std::string whole = json + '\n';  // one write, so that lines of several threads do not mix
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, whole.data(), whole.size());
}

}  // namespace clipcourier::log
