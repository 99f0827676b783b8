#include "http/campaign_endpoints.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "http/campaign_json.h"
#include "http/json_fields.h"
#include "messages/counters.h"
#include "messages/message.h"

namespace clipcourier::http {
namespace {

const std::string kCampaigns = "/api/v1/campaigns";

}  // namespace

CampaignEndpoints::CampaignEndpoints(campaigns::CampaignService& campaigns, db::Database& database,
                                     WaitingReasons waiting)
    : campaigns_(campaigns), database_(database), waiting_(std::move(waiting)) {}

std::vector<Route> CampaignEndpoints::routes() {
  const auto to = [this](Reply (CampaignEndpoints::*handler)(Request&)) {
    return [this, handler](Request& request) { return (this->*handler)(request); };
  };
  const std::string one = kCampaigns + "/{id}";
  const RouteOptions paged{.query = {"limit", "cursor"}}, once{.once = true};
  const RouteOptions bare{.takes = Takes::nothing, .once = true};
  const RouteOptions edited{.ifMatch = IfMatch::required};
  return {
      {Method::post, kCampaigns, Scope::campaignsWrite, to(&CampaignEndpoints::create), once},
      {Method::get, kCampaigns, Scope::campaignsRead, to(&CampaignEndpoints::list), paged},
      {Method::get, one, Scope::campaignsRead, to(&CampaignEndpoints::get)},
      {Method::put, one, Scope::campaignsWrite, to(&CampaignEndpoints::edit), edited},
      {Method::get, one + "/check", Scope::campaignsRead, to(&CampaignEndpoints::check)},
      {Method::post, one + "/launch", Scope::campaignsLaunch, to(&CampaignEndpoints::launch), bare},
      {Method::post, one + "/pause", Scope::operations, to(&CampaignEndpoints::pause), once},
      {Method::post, one + "/resume", Scope::operations, to(&CampaignEndpoints::resume), bare},
      {Method::post, one + "/cancel", Scope::campaignsLaunch, to(&CampaignEndpoints::cancel), bare},
  };
}

Reply CampaignEndpoints::create(Request& request) {
  return answered(request, 201, [&](const auto& also) {
    return campaigns_.create(campaignInput(request.json()), request.actor(), also);
  });
}

Reply CampaignEndpoints::list(Request& request) {
  const PageRequest page = request.page();
  auto found = campaigns_.list(CampaignId{page.afterId()}, page.limit + 1);
  std::optional<std::string> next;
  if (found.size() > static_cast<std::size_t>(page.limit)) {
    found.pop_back();
    next = std::to_string(found.back().id.value);
  }
  nlohmann::json items = nlohmann::json::array();
  for (const campaigns::Campaign& campaign : found) items.push_back(toJson(campaign));
  return pageReply(std::move(items), next);
}

Reply CampaignEndpoints::get(Request& request) {
  return show(campaigns_.get(request.id<CampaignId>()));
}

Reply CampaignEndpoints::edit(Request& request) {
  const std::int64_t version = request.requireIfMatch();
  return show(campaigns_.edit(request.id<CampaignId>(), version, campaignInput(request.json()),
                              request.actor()));
}

Reply CampaignEndpoints::check(Request& request) {
  nlohmann::json problems = nlohmann::json::array();
  for (const ErrorDetail& problem : campaigns_.launchProblems(request.id<CampaignId>()))
    problems.push_back({{"code", problem.code}, {"where", problem.where}, {"what", problem.what}});
  nlohmann::json warnings = nlohmann::json::array();
  for (const auto& warning : campaigns_.launchWarnings(request.id<CampaignId>()))
    warnings.push_back({{"code", warning.code},
                        {"where", warning.where},
                        {"what", warning.what},
                        {"count", warning.count}});
  return ok({{"launchable", problems.empty()}, {"problems", problems}, {"warnings", warnings}});
}

Reply CampaignEndpoints::launch(Request& request) {
  return answered(request, 202, [&](const auto& also) {
    return campaigns_.launch(request.id<CampaignId>(), request.actor(), also);
  });
}

Reply CampaignEndpoints::pause(Request& request) {
  JsonFields fields(request.json());
  const std::string reason = fields.text("reason", 500);
  fields.check();
  return show(campaigns_.pause(request.id<CampaignId>(), reason, request.actor()));
}

Reply CampaignEndpoints::resume(Request& request) {
  return show(campaigns_.resume(request.id<CampaignId>(), request.actor()));
}

Reply CampaignEndpoints::cancel(Request& request) {
  return show(campaigns_.cancel(request.id<CampaignId>(), request.actor()));
}

// The answer is made and kept in the transaction of the change.
Reply CampaignEndpoints::answered(Request& request, int status, const Change& change) {
  Reply reply;
  change([&](db::Transaction& tx, const campaigns::Campaign& campaign) {
    reply = show(tx, campaign, status)
                .with("Location", kCampaigns + "/" + std::to_string(campaign.id.value));
    request.keepAnswer(reply);
  });
  return reply;
}

Reply CampaignEndpoints::show(const campaigns::Campaign& campaign, int status) {
  return database_.read(
      [&](db::Connection& connection) { return show(connection, campaign, status); });
}

Reply CampaignEndpoints::show(db::Connection& connection, const campaigns::Campaign& campaign,
                              int status) {
  const auto counters = messages::counters(connection, campaign.id);
  nlohmann::json json = toJson(campaign);
  json["funnel"] = funnel(counters);
  json["states"] = nlohmann::json::object();
  for (const auto& [counted, count] : counters) {
    if (messages::messageState(counted)) json["states"][counted] = count;
  }
  const auto waiting = waiting_();
  const auto reason = waiting.find(campaign.id);
  json["waits_for"] = reason == waiting.end() ? nlohmann::json() : nlohmann::json(reason->second);
  return ok(json, status).with("ETag", "\"" + std::to_string(campaign.version) + "\"");
}

}  // namespace clipcourier::http
