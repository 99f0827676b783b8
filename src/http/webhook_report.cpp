#include "http/webhook_report.h"

#include <nlohmann/json.hpp>

#include "messages/webhook_unknowns.h"

namespace clipcourier::http {

std::vector<Route> webhookReportRoutes(db::Database& database) {
  return {{Method::get, "/api/v1/webhooks/unknown", Scope::operations, [&database](Request&) {
             const auto found = database.read(
                 [](db::Connection& c) { return messages::WebhookUnknowns::list(c); });
             nlohmann::json items = nlohmann::json::array();
             for (const messages::WebhookUnknown& one : found)
               items.push_back({{"channel", one.channel},
                                {"field", one.field},
                                {"kind", one.kind},
                                {"why", one.why},
                                {"count", one.seen},
                                {"first_at", toIso(one.firstAt)},
                                {"last_at", toIso(one.lastAt)}});
             return ok({{"items", items}});
           }}};
}

}  // namespace clipcourier::http
