#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "db/connection.h"
#include "messages/message.h"

namespace clipcourier::messages {

// A state as it is counted. Why a message is held, failed or was skipped is counted beside that it
// is: "failed" and "failed:131026".
struct CountedState {
  CountedState(MessageState s) : state(s) {}  // NOLINT: a state without a reason
  CountedState(MessageState s, std::string why) : state(s), reason(std::move(why)) {}
  MessageState state;
  std::string reason;  // as in the row; without meaning for other states
};
// "failed:131026"; empty when the state has no reason that is counted.
std::string reasonCounter(const CountedState& state);

// Collects what one transaction changes and writes it at the end, one statement per counter, in a
// fixed order so that two transactions never lock each other out. Counters are named by the state
// they count, its reason ("held:131056"), and by what people did: "replied", "tapped",
// "tapped:<payload>", "opted_out", "read_in:<seconds>", and the steps of watching: "opened",
// "played", "watched_25", "watched_50", "watched_75", "completed", each with an "..._anonymous".
class CounterChanges {
 public:
  void moved(CampaignId campaign, const CountedState& from, const CountedState& to,
             std::int64_t count = 1);
  void add(CampaignId campaign, const CountedState& state, std::int64_t count = 1);
  void add(CampaignId campaign, std::string_view counter, std::int64_t count = 1);
  void write(db::Transaction& tx);

 private:
  std::map<std::pair<std::int64_t, std::string>, std::int64_t> changes_;
};

// How far somebody has watched. messages.watch_rank n means: the first n of these.
inline constexpr std::array<std::string_view, 6> kWatchSteps{
    "opened", "played", "watched_25", "watched_50", "watched_75", "completed"};
// Ends the name of a counter of events of people who are not told apart.
inline constexpr std::string_view kAnonymous = "_anonymous";

// All counters of a campaign that are not zero.
std::map<std::string, std::int64_t> counters(db::Connection& connection, CampaignId campaign);

}  // namespace clipcourier::messages
