#include "messages/sender_rate.h"

#include <algorithm>
#include <cmath>

namespace clipcourier::messages {
namespace {

namespace sql {
constexpr auto find = R"sql(
  SELECT per_second, changed_at_ms, since_ms, code FROM sender_rates WHERE sender_id = $1)sql";
constexpr auto configured = "SELECT messages_per_second FROM senders WHERE id = $1";
constexpr auto lockConfigured =
    "SELECT messages_per_second FROM senders WHERE id = $1 FOR NO KEY UPDATE";
constexpr auto set = R"sql(
  INSERT INTO sender_rates (sender_id, per_second, changed_at_ms, since_ms, code)
  VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (sender_id) DO UPDATE SET per_second = excluded.per_second,
    changed_at_ms = excluded.changed_at_ms, since_ms = excluded.since_ms, code = excluded.code)sql";
constexpr auto clear = "DELETE FROM sender_rates WHERE sender_id = $1 AND code = $2";
}  // namespace sql

constexpr double kClimbMs = 600'000;  // from nothing to the configured rate
constexpr Millis kUnderWay{2'000};    // what was sent before a halving has its answer by then

}  // namespace

double SenderRate::at(TimePoint now, int configured) const {
  const auto passed = static_cast<double>(std::max<std::int64_t>((now - changedAt).count(), 0));
  const double climbed = perSecond + configured * passed / kClimbMs;
  return std::clamp(climbed, 1.0, std::max(configured, 1) * 1.0);
}

std::optional<SenderLimit> limitOf(const std::optional<SenderRate>& rate, int configured,
                                   TimePoint now) {
  if (!rate) return std::nullopt;
  const int perSecond = static_cast<int>(rate->at(now, configured));
  if (perSecond >= configured) return std::nullopt;
  return SenderLimit{perSecond, rate->since, rate->code};
}

std::optional<SenderLimit> senderLimit(db::Connection& connection, SenderId sender, TimePoint now) {
  const auto configured = connection.scalar<int>(sql::configured, sender);
  if (!configured) return std::nullopt;
  return limitOf(SenderRates(connection).find(sender), *configured, now);
}

std::optional<SenderRate> SenderRates::find(SenderId sender) {
  const auto row = db_.queryOne<double, TimePoint, TimePoint, std::string>(sql::find, sender);
  if (!row) return std::nullopt;
  const auto& [perSecond, changed, since, code] = *row;
  return SenderRate{perSecond, changed, since, code};
}

// The sender's row is locked first, so that two nodes do not both halve for the same signal.
void SenderRates::slowDown(SenderId sender, const std::string& code, TimePoint now) {
  const auto configured = db_.scalar<int>(db_.pick(sql::configured, sql::lockConfigured), sender);
  if (!configured) return;
  const auto before = find(sender);
  if (before && before->changedAt + kUnderWay > now) return;
  const bool limited = limitOf(before, *configured, now).has_value();
  const double rate = before ? before->at(now, *configured) : *configured;
  db_.run(sql::set, sender, std::max(rate / 2, 1.0), now, limited ? before->since : now, code);
}

void SenderRates::startAgain(SenderId sender, const std::string& code, TimePoint now,
                             TimePoint from) {
  db_.run(sql::set, sender, 1.0, from, now, code);
}

void SenderRates::clear(SenderId sender, const std::string& code) {
  db_.run(sql::clear, sender, code);
}

}  // namespace clipcourier::messages
