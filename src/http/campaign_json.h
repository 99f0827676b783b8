#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "campaigns/campaign.h"

namespace clipcourier::http {

// A campaign as callers enter and see it (openapi/campaigns.json).
campaigns::CampaignInput campaignInput(
    const nlohmann::json& json);  // Error(invalidInput), all at once
nlohmann::json toJson(const campaigns::Campaign& campaign);

// From the counters of the states: how many got at least so far. "sent" includes delivered and
// read, so the numbers only ever fall from one step to the next.
nlohmann::json funnel(const std::map<std::string, std::int64_t>& counters);

}  // namespace clipcourier::http
