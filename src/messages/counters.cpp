#include "messages/counters.h"

namespace clipcourier::messages {
namespace {

namespace sql {
constexpr auto change = R"sql(
  INSERT INTO campaign_counters (campaign_id, name, value) VALUES ($1, $2, $3)
  ON CONFLICT (campaign_id, name) DO UPDATE SET value = campaign_counters.value + excluded.value)sql";
constexpr auto of =
    "SELECT name, value FROM campaign_counters WHERE campaign_id = $1 AND value <> 0";
}  // namespace sql

}  // namespace

std::string reasonCounter(const CountedState& state) {
  const bool counted = state.state == MessageState::held || state.state == MessageState::failed ||
                       state.state == MessageState::skipped;
  if (!counted || state.reason.empty()) return "";
  return std::string(name(state.state)) + ":" + state.reason;
}

void CounterChanges::moved(CampaignId campaign, const CountedState& from, const CountedState& to,
                           std::int64_t count) {
  add(campaign, from, -count);
  add(campaign, to, count);
}

void CounterChanges::add(CampaignId campaign, const CountedState& state, std::int64_t count) {
  add(campaign, name(state.state), count);
  const std::string reason = reasonCounter(state);
  if (!reason.empty()) add(campaign, reason, count);
}

void CounterChanges::add(CampaignId campaign, std::string_view counter, std::int64_t count) {
  changes_[{campaign.value, std::string(counter)}] += count;
}

void CounterChanges::write(db::Transaction& tx) {
  for (const auto& [key, count] : changes_)
    if (count != 0) tx.run(sql::change, key.first, key.second, count);
  changes_.clear();
}

std::map<std::string, std::int64_t> counters(db::Connection& connection, CampaignId campaign) {
  std::map<std::string, std::int64_t> result;
  for (auto& [name, value] : connection.query<std::string, std::int64_t>(sql::of, campaign))
    result[name] = value;
  return result;
}

}  // namespace clipcourier::messages
