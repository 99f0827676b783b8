#pragma once

#include <nlohmann/json_fwd.hpp>

#include "tracking/campaign_report.h"

namespace clipcourier::http {

// A campaign's report as callers see it (openapi/reports.json).
nlohmann::json toJson(const tracking::CampaignReport& report);

}  // namespace clipcourier::http
