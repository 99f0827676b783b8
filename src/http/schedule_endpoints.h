#pragma once

#include <vector>

#include "campaigns/preview.h"
#include "campaigns/schedule_service.h"
#include "http/route.h"

namespace clipcourier::http {

// /api/v1/campaigns/{id}/schedule and /unschedule: a start in the future. The routes borrow it.
std::vector<Route> scheduleRoutes(campaigns::ScheduleService& schedules);

// /api/v1/campaigns/{id}/preview?customer_id=: what one customer would get, and why not. The route
// borrows its argument.
std::vector<Route> previewRoutes(const campaigns::Previewer& previews);

}  // namespace clipcourier::http
