#include "http/resolution_endpoints.h"

#include <nlohmann/json.hpp>

#include "http/json_fields.h"
#include "http/message_json.h"

namespace clipcourier::http {
namespace {

const std::string kResolutions = "/api/v1/resolutions";
constexpr std::int64_t kMaxId = INT64_MAX;
constexpr std::int64_t kMaxMinutes = 366 * 24 * 60;

}  // namespace

std::vector<Route> ResolutionEndpoints::routes() {
  constexpr auto scope = Scope::operations;
  const RouteOptions paged{.query = {"limit", "cursor"}};
  return {
      {Method::post, kResolutions, scope, [this](Request& r) { return begin(r); }, {.once = true}},
      {Method::get, kResolutions, scope, [this](Request& r) { return list(r); }, paged},
      {Method::get, kResolutions + "/{id}", scope, [this](Request& r) { return get(r); }},
  };
}

Reply ResolutionEndpoints::begin(Request& request) {
  JsonFields fields(request.json());
  const bool resend = fields.oneOf("action", {"resend", "give_up"}) == "resend";
  messages::UnknownFilter filter;
  if (const auto id = fields.optionalNumber("campaign_id", 1, kMaxId))
    filter.campaign = CampaignId{*id};
  if (const auto id = fields.optionalNumber("sender_id", 1, kMaxId)) filter.sender = SenderId{*id};
  const auto minutes = fields.optionalNumber("older_than_minutes", 0, kMaxMinutes).value_or(0);
  filter.triedBefore = clock_.now() - std::chrono::minutes(minutes);
  filter.probablyNeverSent = fields.flag("probably_never_sent", false);
  fields.check();
  Reply reply;
  resolutions_.begin(resend, filter, request.actor(),
                     [&](db::Transaction&, const messages::Resolution& begun) {
                       const auto id = std::to_string(begun.id.value);
                       reply = accepted(toJson(begun)).with("Location", kResolutions + "/" + id);
                       request.keepAnswer(reply);
                     });
  return reply;
}

Reply ResolutionEndpoints::list(Request& request) const {
  const PageRequest page = request.page();
  auto found = resolutions_.list(messages::ResolutionId{page.afterId()}, page.limit + 1);
  std::optional<std::string> next;
  if (found.size() > static_cast<std::size_t>(page.limit)) {
    found.pop_back();
    next = std::to_string(found.back().id.value);
  }
  nlohmann::json items = nlohmann::json::array();
  for (const messages::Resolution& one : found) items.push_back(toJson(one));
  return pageReply(std::move(items), next);
}

Reply ResolutionEndpoints::get(Request& request) const {
  return ok(toJson(resolutions_.get(request.id<messages::ResolutionId>())));
}

}  // namespace clipcourier::http
