#include "alerts/signals.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "channels/registry.h"

namespace clipcourier::alerts {
namespace {

namespace sql {
constexpr auto holds = R"sql(
  SELECT scope, scope_key, reason FROM holds
  WHERE held_by IN ('system', 'provider') AND (until_ms IS NULL OR until_ms > $1))sql";
// Both states are named so that the index of the open attempts serves.
constexpr auto unknown = R"sql(
  SELECT sender_id, count(*) FROM attempts
  WHERE state IN ('sending', 'unknown') AND state = 'unknown' GROUP BY sender_id)sql";
constexpr auto unknownCodes = R"sql(
  SELECT sender_id, code, CAST(sum(count) AS BIGINT) FROM provider_errors
  WHERE hour_ms >= $1 AND listed = 0 GROUP BY sender_id, code)sql";
constexpr auto givenUp = R"sql(
  SELECT p.sender_id, s.channel, p.code, CAST(sum(p.given_up) AS BIGINT)
  FROM provider_errors p JOIN senders s ON s.id = p.sender_id
  WHERE p.hour_ms >= $1 AND p.listed = 1 AND p.given_up > 0
  GROUP BY p.sender_id, s.channel, p.code)sql";
constexpr auto webhooks = R"sql(
  SELECT count(*) FROM webhooks WHERE state = 'failed' AND received_at_ms > $1)sql";
constexpr auto media = R"sql(
  SELECT m.sender_id, CASE WHEN m.state = 'failed' THEN 1 ELSE 0 END, count(*)
  FROM sender_media m WHERE (m.state = 'failed' OR (m.state = 'ready' AND m.expires_at_ms < $1))
    AND EXISTS (SELECT 1 FROM campaigns c JOIN campaign_contents k ON k.campaign_id = c.id
      WHERE c.sender_id = m.sender_id AND k.clip_sha256 = m.sha256
        AND c.state IN ('scheduled', 'launching', 'running', 'paused'))
  GROUP BY 1, 2)sql";
constexpr auto senders = "SELECT id, details FROM senders WHERE state = 'active'";
constexpr auto jobs = R"sql(
  SELECT kind, count(*) FROM jobs WHERE state = 'failed' AND finished_at_ms > $1 GROUP BY kind)sql";
constexpr auto paused = R"sql(
  SELECT id, pause_reason FROM campaigns WHERE state = 'paused' AND paused_by = 'system')sql";
constexpr auto wrongCounters = "SELECT count(*) FROM counter_checks WHERE different > 0";
constexpr auto running = "SELECT id FROM campaigns WHERE state = 'running' LIMIT 1";
constexpr auto heartbeat = "SELECT max(at_ms) FROM dispatcher_heartbeats";
constexpr auto limits = R"sql(
  SELECT r.sender_id, r.code FROM sender_rates r JOIN senders s ON s.id = r.sender_id
  WHERE r.changed_at_ms <= $1
    AND r.per_second + s.messages_per_second * ($1 - r.changed_at_ms) / 600000.0
        < s.messages_per_second)sql";
}  // namespace sql

constexpr Millis kDay{86'400'000}, kHour{3'600'000};

std::string subjectOf(SenderId sender) { return "sender " + std::to_string(sender.value); }

std::string textOf(const nlohmann::json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_string() ? at->get<std::string>() : "";
}

// What the provider last told about a number and its account. An event counts for a week.
void addTold(SenderId sender, const std::string& details, TimePoint now,
             std::vector<Signal>& found) {
  const auto told = nlohmann::json::parse(details, nullptr, false);
  if (!told.is_object()) return;
  const std::string quality = textOf(told, "quality_rating");
  if (quality == "RED" || quality == "YELLOW")
    found.push_back({"quality_rating", subjectOf(sender), quality == "RED", quality, 1});
  if (textOf(told, "number_event") == "FLAGGED")
    found.push_back({"number_flagged", subjectOf(sender), true, "", 1});
  const std::string event = textOf(told, "account_event");
  // ISO 8601 in UTC: times compare as texts.
  if (!event.empty() && textOf(told, "account_event_at") > toIso(now - 7 * kDay))
    found.push_back({"account_event", subjectOf(sender), false, event, 1});
}

void addProvider(db::Connection& db, TimePoint now, std::vector<Signal>& found) {
  for (auto& [scope, key, reason] :
       db.query<std::string, std::string, std::string>(sql::holds, now))
    found.push_back({"hold", scope + " " + key, scope != "template", reason, 1});
  for (auto& [sender, code] : db.query<SenderId, std::string>(sql::limits, now))
    found.push_back({"sender_limited", subjectOf(sender), false, code, 1});
  for (auto& [id, details] : db.query<SenderId, std::string>(sql::senders))
    addTold(id, details, now, found);
}

// Whether somebody must know when this code ends a message.
bool isAlarming(const std::string& channelName, const std::string& code) {
  const channels::Channel* const channel = channels::find(channelName);
  int number = 0;
  std::from_chars(code.data(), code.data() + code.size(), number);
  return channel && channel->errorInfo(number).alarm;
}

void addRefusals(db::Connection& db, const AlertSettings& settings, TimePoint now,
                 std::vector<Signal>& found) {
  for (auto& [sender, code, count] :
       db.query<SenderId, std::string, std::int64_t>(sql::unknownCodes, now - 2 * kHour))
    if (count >= settings.unknownCodes)
      found.push_back({"unknown_error_code", subjectOf(sender) + " " + code, false, code, count});
  for (auto& [sender, channel, code, count] :
       db.query<SenderId, std::string, std::string, std::int64_t>(sql::givenUp, now - 2 * kHour))
    if (isAlarming(channel, code))
      found.push_back({"refusals", subjectOf(sender) + " " + code, false, code, count});
}

void addMessages(db::Connection& db, const AlertSettings& settings, TimePoint now,
                 std::vector<Signal>& found) {
  for (auto& [sender, count] : db.query<SenderId, std::int64_t>(sql::unknown))
    if (count >= settings.unknownMessages)
      found.push_back({"unknown_messages", subjectOf(sender), false, "", count});
  for (auto& [id, reason] : db.query<CampaignId, std::string>(sql::paused))
    found.push_back({"campaign_paused", "campaign " + std::to_string(id.value), true, reason, 1});
  for (auto& [sender, failed, count] :
       db.query<SenderId, int, std::int64_t>(sql::media, now + kDay))
    found.push_back(
        {failed ? "media_failed" : "media_expiring", subjectOf(sender), failed != 0, "", count});
}

void addService(db::Connection& db, const AlertSettings& settings, TimePoint now,
                std::vector<Signal>& found) {
  if (const auto count = *db.scalar<std::int64_t>(sql::webhooks, now - kDay); count > 0)
    found.push_back({"webhooks_failed", "", false, "", count});
  for (auto& [kind, count] : db.query<std::string, std::int64_t>(sql::jobs, now - kDay))
    found.push_back({"jobs_failed", kind, false, "", count});
  if (const auto count = *db.scalar<std::int64_t>(sql::wrongCounters); count > 0)
    found.push_back({"counters_wrong", "", false, "", count});
  if (db.scalar<CampaignId>(sql::running)) {
    const auto beat = db.scalar<std::optional<TimePoint>>(sql::heartbeat);
    if (!beat || !*beat || **beat + settings.dispatcherSilence < now)
      found.push_back({"dispatcher_silent", "", true, "", 1});
  }
  if (!settings.freeBytes) return;
  const std::uint64_t free = settings.freeBytes();
  if (free < 2 * settings.minFree)
    found.push_back(
        {"disk_low", "", free < settings.minFree, "", static_cast<std::int64_t>(free / 1'000'000)});
}

}  // namespace

std::vector<Signal> signals(db::Connection& connection, const AlertSettings& settings,
                            TimePoint now) {
  std::vector<Signal> found;
  addProvider(connection, now, found);
  addMessages(connection, settings, now, found);
  addRefusals(connection, settings, now, found);
  addService(connection, settings, now, found);
  return found;
}

}  // namespace clipcourier::alerts
