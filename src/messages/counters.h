#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "db/connection.h"
#include "messages/message.h"

namespace clipcourier::messages {

// Collects what one transaction changes and writes it at the end, one statement per counter, in a
// fixed order so that two transactions never lock each other out. Counters are named by the state
// they count, and "replied", "opened", "opened_anonymous" and so on for "played" and "completed".
class CounterChanges {
 public:
  void moved(CampaignId campaign, MessageState from, MessageState to, std::int64_t count = 1);
  void add(CampaignId campaign, std::string_view counter, std::int64_t count = 1);
  void write(db::Transaction& tx);

 private:
  std::map<std::pair<std::int64_t, std::string>, std::int64_t> changes_;
};

// All counters of a campaign that are not zero.
std::map<std::string, std::int64_t> counters(db::Connection& connection, CampaignId campaign);

}  // namespace clipcourier::messages
