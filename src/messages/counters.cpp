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

void CounterChanges::moved(CampaignId campaign, MessageState from, MessageState to,
                           std::int64_t count) {
  add(campaign, name(from), -count);
  add(campaign, name(to), count);
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
