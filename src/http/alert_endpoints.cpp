#include "http/alert_endpoints.h"

#include <nlohmann/json.hpp>

#include "alerts/alert_words.h"

namespace clipcourier::http {
namespace {

using nlohmann::json;

json toJson(const alerts::Alert& alert) {
  const auto textOrNull = [](const std::string& text) {
    return text.empty() ? json() : json(text);
  };
  const auto timeOrNull = [](const auto& time) { return time ? json(toIso(*time)) : json(); };
  return {{"id", alert.id.value},
          {"kind", alert.kind},
          {"subject", alert.subject},
          {"severity", alert.critical ? "critical" : "warning"},
          {"code", textOrNull(alert.code)},
          {"count", alert.count},
          {"text", alerts::wordsOf(alert)},
          {"since", toIso(alert.since)},
          {"seen", toIso(alert.seen)},
          {"until", timeOrNull(alert.until)},
          {"acknowledged_by", textOrNull(alert.acknowledgedBy)},
          {"acknowledged_at", timeOrNull(alert.acknowledgedAt)}};
}

}  // namespace

std::vector<Route> AlertEndpoints::routes() {
  const RouteOptions listed{.query = {"open", "limit", "cursor"}};
  const RouteOptions bare{.takes = Takes::nothing};
  return {
      {Method::get, "/api/v1/alerts", Scope::operations, [this](Request& r) { return list(r); },
       listed},
      {Method::post, "/api/v1/alerts/{id}/acknowledge", Scope::operations,
       [this](Request& r) { return acknowledge(r); }, bare},
  };
}

Reply AlertEndpoints::list(Request& request) const {
  const PageRequest page = request.page();
  auto found =
      alerts_.list(request.queryFlag("open"), alerts::AlertId{page.afterId()}, page.limit + 1);
  std::optional<std::string> next;
  if (found.size() > static_cast<std::size_t>(page.limit)) {
    found.pop_back();
    next = std::to_string(found.back().id.value);
  }
  json items = json::array();
  for (const alerts::Alert& alert : found) items.push_back(toJson(alert));
  return pageReply(std::move(items), next);
}

Reply AlertEndpoints::acknowledge(Request& request) {
  return ok(toJson(alerts_.acknowledge(request.id<alerts::AlertId>(), request.actor())));
}

}  // namespace clipcourier::http
