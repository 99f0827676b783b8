#include "http/webhook_report.h"

#include <nlohmann/json.hpp>

#include "messages/webhook_unknowns.h"

namespace clipcourier::http {
namespace {

nlohmann::json kindJson(const messages::WebhookUnknown& one) {
  return {{"channel", one.channel},
          {"field", one.field},
          {"kind", one.kind},
          {"why", one.why},
          {"count", one.seen},
          {"first_at", toIso(one.firstAt)},
          {"last_at", toIso(one.lastAt)}};
}

// By name: one that comes again while the pages are read keeps its place.
Reply unknownKinds(db::Database& database, const Request& request) {
  const auto found =
      database.read([](db::Connection& c) { return messages::WebhookUnknowns::list(c); });
  std::map<std::string, nlohmann::json> byName;
  for (const messages::WebhookUnknown& one : found)
    byName[one.channel + ' ' + one.field + ' ' + one.kind + ' ' + one.why] = kindJson(one);
  return pageOfAll(byName, request.page());
}

}  // namespace

std::vector<Route> webhookReportRoutes(db::Database& database) {
  return {{Method::get,
           "/api/v1/webhooks/unknown",
           Scope::operations,
           [&database](Request& request) { return unknownKinds(database, request); },
           {.query = {"limit", "cursor"}}}};
}

}  // namespace clipcourier::http
