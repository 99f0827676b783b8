#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "db/connection.h"
#include "messages/holds.h"
#include "messages/sender_rate.h"

// The send queue at a glance. All of it is read from rows that are counted already; nothing here
// grows with the number of messages.
namespace clipcourier::messages {

// Why the messages of a campaign wait as a whole.
struct CampaignWait {
  std::string scope;  // "everything", "channel", "sender", "campaign", "template", "supplies"
  std::string code;   // of reasons.h, the provider's, or an operator's words
  std::optional<TimePoint> until;
  std::string language = {};  // only the messages of this content wait; empty: all
};

struct CampaignQueue {
  CampaignId campaign;
  std::string name, state, channel;  // state of the campaign: launching, running, paused
  SenderId sender;
  std::map<std::string, std::int64_t> counts;  // by message state and event
  std::vector<CampaignWait> waits;             // all reasons; none: it sends
  std::optional<TimePoint> nextDueAt;          // of what waits; may be past
};

struct SenderQueue {
  SenderId sender;
  std::string name, channel;
  bool active = true;
  int perSecond = 0;
  std::int64_t inFlight = 0;              // requests without an answer
  std::int64_t unknown = 0;               // whose answer was lost
  std::optional<SenderLimit> limit = {};  // goes slower than perSecond now
};

// `supplies` is what Dispatcher::waiting() tells.
std::vector<CampaignQueue> campaignQueues(db::Connection& connection,
                                          const std::vector<Hold>& holds,
                                          const std::map<CampaignId, std::string>& supplies);
std::vector<SenderQueue> senderQueues(db::Connection& connection, TimePoint now);

}  // namespace clipcourier::messages
