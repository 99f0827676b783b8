#pragma once

#include <string>

#include "base/clock.h"
#include "base/id.h"
#include "db/connection.h"

namespace clipcourier::messages {

// Everything this sender still has for this recipient waits until `until`, because the provider
// takes no more for them at once.
void putOffPair(db::Transaction& tx, SenderId sender, CustomerId customer, const std::string& code,
                TimePoint now, TimePoint until);

}  // namespace clipcourier::messages
