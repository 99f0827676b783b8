#include "campaigns/campaign.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"

namespace clipcourier::campaigns {
namespace {

constexpr std::array<std::string_view, 8> kNames{"draft",     "pending_approval", "scheduled",
                                                 "launching", "running",          "paused",
                                                 "completed", "cancelled"};
constexpr std::size_t kMostTags = 50, kLongestTag = 100;

Error invalidAudience() {
  return Error(ErrorKind::invalidInput, "the audience cannot be read",
               R"(write {"all": true} or {"tags": ["vip"]}, with 1 to 50 tags)",
               "campaign.audience");
}

}  // namespace

std::string_view name(CampaignState state) { return kNames[static_cast<std::size_t>(state)]; }

CampaignState campaignState(std::string_view name) {
  const auto at = std::ranges::find(kNames, name);
  if (at == kNames.end()) throw Error(ErrorKind::internal, "unknown campaign state");
  return static_cast<CampaignState>(at - kNames.begin());
}

Error wrongState(CampaignState state, const std::string& action) {
  return Error(
      ErrorKind::conflict,
      "a campaign that is " + std::string(name(state)) + " cannot be changed by \"" + action + "\"",
      "read its state and choose a step that fits", "campaign.state");
}

Audience parseAudience(const nlohmann::json& json) {
  if (!json.is_object() || json.size() != 1) throw invalidAudience();
  if (json.contains("all")) {
    if (json["all"] != true) throw invalidAudience();
    return {};
  }
  if (!json.contains("tags") || !json["tags"].is_array() || json["tags"].empty() ||
      json["tags"].size() > kMostTags)
    throw invalidAudience();
  Audience audience;
  for (const auto& tag : json["tags"]) {
    if (!tag.is_string()) throw invalidAudience();
    audience.tags.push_back(text::trim(tag.get<std::string>()));
    if (audience.tags.back().empty() || audience.tags.back().size() > kLongestTag)
      throw invalidAudience();
  }
  return audience;
}

nlohmann::json toJson(const Audience& audience) {
  if (audience.tags.empty()) return {{"all", true}};
  return {{"tags", audience.tags}};
}

}  // namespace clipcourier::campaigns
