#pragma once

#include <vector>

#include "db/connection.h"
#include "events/event.h"

namespace clipcourier::events {

// The things that may have changed since then, as they are now: all that are small in number, and
// of the others those that were touched or are in work.
std::vector<State> readStates(db::Connection& connection, TimePoint since, TimePoint now);

}  // namespace clipcourier::events
