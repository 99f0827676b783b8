#pragma once

#include <vector>

#include "db/database.h"
#include "http/route.h"

namespace clipcourier::http {

// /api/v1/webhooks/unknown: the kinds of webhook parts that came and are not known, counted. The
// route borrows the database.
std::vector<Route> webhookReportRoutes(db::Database& database);

}  // namespace clipcourier::http
