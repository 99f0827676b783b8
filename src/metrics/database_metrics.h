#pragma once

#include "base/clock.h"
#include "db/connection.h"
#include "metrics/exposition.h"

namespace clipcourier::metrics {

// What the database knows: messages and queue from their counter rows, webhooks, jobs, senders and
// stored videos. Reads indexes and small tables only, so it may be asked every few seconds; throws
// Error when the database is away.
void writeDatabaseMetrics(Exposition& out, db::Connection& connection, TimePoint now);

}  // namespace clipcourier::metrics
