#include "tracking/counter_audit.h"

#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "messages/counter_truth.h"
#include "messages/counters.h"

namespace clipcourier::tracking {
namespace {

using nlohmann::json;

namespace sql {
constexpr auto exists = "SELECT id FROM campaigns WHERE id = $1";
constexpr auto store = R"sql(
  INSERT INTO counter_checks (campaign_id, number, checked_at_ms, messages, took_ms, different, differences)
  VALUES ($1, 1, $2, $3, $4, $5, $6)
  ON CONFLICT (campaign_id) DO UPDATE SET number = counter_checks.number + 1,
    checked_at_ms = excluded.checked_at_ms, messages = excluded.messages, took_ms = excluded.took_ms,
    different = excluded.different, differences = excluded.differences, repaired_at_ms = NULL
  RETURNING number)sql";
constexpr auto last = R"sql(
  SELECT number, checked_at_ms, messages, took_ms, differences, repaired_at_ms
  FROM counter_checks WHERE campaign_id = $1)sql";
constexpr auto markRepaired = R"sql(
  UPDATE counter_checks SET repaired_at_ms = $1, different = 0
  WHERE campaign_id = $2 AND number = $3 AND repaired_at_ms IS NULL AND different > 0)sql";
// What was never launched has no messages; while it launches it may begin anew.
constexpr auto due = R"sql(
  SELECT c.id FROM campaigns c LEFT JOIN counter_checks k ON k.campaign_id = c.id
  WHERE c.state IN ('running', 'paused', 'completed', 'cancelled')
    AND coalesce(k.checked_at_ms, 0) < $1
  ORDER BY coalesce(k.checked_at_ms, 0), c.id LIMIT 1)sql";
constexpr auto launched = R"sql(
  SELECT id FROM campaigns WHERE state IN ('running', 'paused', 'completed', 'cancelled')
  ORDER BY id)sql";
}  // namespace sql

json toJson(const std::vector<CounterDifference>& differences) {
  json list = json::array();
  for (const CounterDifference& one : differences)
    list.push_back({{"counter", one.counter}, {"counted", one.counted}, {"real", one.real}});
  return list;
}

std::vector<CounterDifference> differencesOf(const std::string& text) {
  std::vector<CounterDifference> list;
  for (const json& one : json::parse(text))
    list.push_back({one.at("counter").get<std::string>(), one.at("counted").get<std::int64_t>(),
                    one.at("real").get<std::int64_t>()});
  return list;
}

using Counters = std::map<std::string, std::int64_t>;

std::int64_t valueOf(const Counters& counters, const std::string& name) {
  const auto at = counters.find(name);
  return at == counters.end() ? 0 : at->second;
}

std::vector<CounterDifference> compare(const Counters& counted, const Counters& real) {
  std::set<std::string> names;
  for (const auto& [name, value] : counted)
    if (!name.ends_with(messages::kAnonymous)) names.insert(name);
  for (const auto& [name, value] : real) names.insert(name);
  std::vector<CounterDifference> differences;
  for (const std::string& name : names)
    if (valueOf(counted, name) != valueOf(real, name))
      differences.push_back({name, valueOf(counted, name), valueOf(real, name)});
  return differences;
}

}  // namespace

CounterCheck CounterAudit::verify(CampaignId id) const {
  CounterCheck check{.campaign = id, .number = 0, .at = clock_.now()};
  const auto began = std::chrono::steady_clock::now();
  database_.snapshot([&](db::Connection& connection) {
    if (!connection.scalar<CampaignId>(sql::exists, id))
      throw Error(ErrorKind::notFound, "there is no such campaign",
                  "list them with GET /api/v1/campaigns", "campaign.not_found");
    const messages::CounterTruth truth = messages::counterTruth(connection, id);
    check.messages = truth.messages;
    check.differences = compare(messages::counters(connection, id), truth.counters);
  });
  check.took = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - began);
  check.number = database_.write([&](db::Transaction& tx) {
    return *tx.scalar<std::int64_t>(sql::store, id, check.at, check.messages, check.took.count(),
                                    check.differences.size(), toJson(check.differences).dump());
  });
  return check;
}

bool CounterAudit::repair(const CounterCheck& check, const Actor& actor) const {
  if (check.differences.empty()) return false;
  return database_.write([&](db::Transaction& tx) {
    if (tx.run(sql::markRepaired, clock_.now(), check.campaign, check.number) == 0) return false;
    messages::CounterChanges changes;
    for (const CounterDifference& one : check.differences)
      changes.add(check.campaign, one.counter, one.real - one.counted);
    changes.write(tx);
    audit_.record(tx, actor, "counters.repair", "campaign", check.campaign.value,
                  {{"differences", toJson(check.differences)}});
    return true;
  });
}

std::optional<CampaignId> CounterAudit::due(TimePoint before) const {
  return database_.read(
      [&](db::Connection& connection) { return connection.scalar<CampaignId>(sql::due, before); });
}

std::vector<CampaignId> CounterAudit::launched() const {
  return database_.read([](db::Connection& connection) {
    std::vector<CampaignId> ids;
    for (const auto& [id] : connection.query<CampaignId>(sql::launched)) ids.push_back(id);
    return ids;
  });
}

std::optional<CounterCheck> CounterAudit::last(db::Connection& connection, CampaignId id) {
  const auto row = connection.queryOne<std::int64_t, TimePoint, std::int64_t, std::int64_t,
                                       std::string, std::optional<TimePoint>>(sql::last, id);
  if (!row) return std::nullopt;
  const auto& [number, at, messages, took, differences, repairedAt] = *row;
  return CounterCheck{id,        number, at, messages, Millis(took), differencesOf(differences),
                      repairedAt};
}

std::string toText(const CounterCheck& check) {
  std::string text = "campaign " + std::to_string(check.campaign.value) + ": " +
                     std::to_string(check.messages) + " messages, ";
  if (check.differences.empty()) return text + "every counter is right\n";
  text += std::to_string(check.differences.size()) + " counters are wrong\n";
  for (const CounterDifference& one : check.differences)
    text += "  " + one.counter + ": counted " + std::to_string(one.counted) + ", really " +
            std::to_string(one.real) + "\n";
  return text;
}

}  // namespace clipcourier::tracking
