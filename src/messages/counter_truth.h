#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "db/connection.h"
#include "messages/message.h"

namespace clipcourier::messages {

struct CounterTruth {
  std::map<std::string, std::int64_t> counters;  // none is zero
  std::int64_t messages = 0;
};

// What the counters of a campaign have to be, counted in its messages: one pass over all of them.
// Counters of people who are not told apart have no rows to be counted and are left out.
CounterTruth counterTruth(db::Connection& connection, CampaignId campaign);

}  // namespace clipcourier::messages
