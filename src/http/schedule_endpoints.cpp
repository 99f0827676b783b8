#include "http/schedule_endpoints.h"

#include <nlohmann/json.hpp>

#include "base/time_zone.h"
#include "http/campaign_json.h"
#include "http/json_fields.h"

namespace clipcourier::http {
namespace {

using nlohmann::json;

const std::string kOne = "/api/v1/campaigns/{id}";

Reply show(const campaigns::Campaign& campaign) {
  return ok(toJson(campaign)).with("ETag", "\"" + std::to_string(campaign.version) + "\"");
}

json buttonsOf(const channels::RenderedTemplate& text) {
  json buttons = json::array();
  for (const channels::TemplateButton& button : text.buttons)
    buttons.push_back({{"type", button.type}, {"text", button.text}, {"url", button.url}});
  return buttons;
}

json toJson(const campaigns::Preview& preview) {
  json reasons = json::array();
  for (const ErrorDetail& reason : preview.reasons)
    reasons.push_back({{"code", reason.code}, {"where", reason.where}, {"what", reason.what}});
  json result = {{"customer_id", preview.customer.value},
                 {"would_be_sent", preview.reasons.empty()},
                 {"reasons", std::move(reasons)},
                 {"language", preview.language.empty() ? json() : json(preview.language)},
                 {"is_fallback", preview.isFallback},
                 {"template", nullptr},
                 {"clip", nullptr}};
  if (preview.text)
    result["template"] = {{"name", preview.templateName},
                          {"language", preview.templateLanguage},
                          {"header_format", preview.headerFormat},
                          {"header", preview.text->header},
                          {"body", preview.text->body},
                          {"footer", preview.text->footer},
                          {"buttons", buttonsOf(*preview.text)}};
  if (preview.clip) {
    const std::string video = "/api/v1/videos/" + std::to_string(preview.clip->videoId.value);
    result["clip"] = {{"id", preview.clip->id.value},
                      {"video_id", preview.clip->videoId.value},
                      {"profile", preview.clip->profile},
                      {"sha256", preview.clip->sha256},
                      {"url", video + "/clips/" + preview.clip->profile + "/content"},
                      {"poster_url", video + "/pictures/poster.jpg"}};
  }
  return result;
}

}  // namespace

std::vector<Route> scheduleRoutes(campaigns::ScheduleService& schedules) {
  const auto schedule = [&schedules](Request& request) {
    JsonFields fields(request.json());
    const std::string at = fields.text("at", 40), zone = fields.text("time_zone", 64);
    fields.check();
    return show(
        schedules.schedule(request.id<CampaignId>(), fromLocal(at, zone), zone, request.actor()));
  };
  const auto unschedule = [&schedules](Request& request) {
    return show(schedules.unschedule(request.id<CampaignId>(), request.actor()));
  };
  return {{Method::post, kOne + "/schedule", Scope::campaignsLaunch, schedule, {.once = true}},
          {Method::post,
           kOne + "/unschedule",
           Scope::campaignsLaunch,
           unschedule,
           {.takes = Takes::nothing, .once = true}}};
}

std::vector<Route> previewRoutes(const campaigns::Previewer& previews) {
  return {{Method::get,
           kOne + "/preview",
           Scope::campaignsRead,
           [&previews](Request& request) {
             const auto customer =
                 request.queryNumber("customer_id", 1, std::numeric_limits<std::int64_t>::max());
             if (!customer)
               throw Error(ErrorKind::invalidInput, "customer_id is missing",
                           "Name the customer to make the preview for.", "preview.customer");
             return ok(toJson(previews.preview(request.id<CampaignId>(), CustomerId{*customer})));
           },
           {.query = {"customer_id"}}}};
}

}  // namespace clipcourier::http
