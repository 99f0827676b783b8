#include "messages/holds.h"

namespace clipcourier::messages {
namespace {

namespace sql {
constexpr auto hold = R"sql(
  INSERT INTO holds (scope, scope_key, reason, held_by, since_ms, until_ms)
  VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (scope, scope_key) DO UPDATE
    SET reason = excluded.reason, held_by = excluded.held_by, since_ms = excluded.since_ms,
        until_ms = excluded.until_ms
    WHERE holds.held_by = 'system' OR excluded.held_by <> 'system'
       OR holds.until_ms <= excluded.since_ms)sql";
constexpr auto holdFor = R"sql(
  INSERT INTO holds (scope, scope_key, reason, held_by, since_ms, until_ms)
  VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (scope, scope_key) DO UPDATE
    SET reason = excluded.reason, held_by = excluded.held_by, since_ms = excluded.since_ms,
        until_ms = excluded.until_ms
    WHERE holds.held_by IN ('system', excluded.held_by) OR holds.until_ms <= excluded.since_ms)sql";
constexpr auto releaseOf = "DELETE FROM holds WHERE scope = $1 AND scope_key = $2 AND held_by = $3";
constexpr auto release = "DELETE FROM holds WHERE scope = $1 AND scope_key = $2";
constexpr auto active = R"sql(
  SELECT scope, scope_key, reason, held_by, since_ms, until_ms FROM holds
  WHERE until_ms IS NULL OR until_ms > $1 ORDER BY scope, scope_key)sql";
}  // namespace sql

}  // namespace

void HoldRepository::hold(const Hold& hold) {
  db_.run(sql::hold, hold.scope, hold.key, hold.reason, hold.heldBy, hold.since, hold.until);
}

void HoldRepository::holdFor(const Hold& hold) {
  db_.run(sql::holdFor, hold.scope, hold.key, hold.reason, hold.heldBy, hold.since, hold.until);
}

bool HoldRepository::releaseOf(const std::string& scope, const std::string& key,
                               const std::string& heldBy) {
  return db_.run(sql::releaseOf, scope, key, heldBy) > 0;
}

bool HoldRepository::release(const std::string& scope, const std::string& key) {
  return db_.run(sql::release, scope, key) > 0;
}

std::vector<Hold> HoldRepository::active(TimePoint now) {
  std::vector<Hold> holds;
  for (auto& [scope, key, reason, by, since, until] :
       db_.query<std::string, std::string, std::string, std::string, TimePoint,
                 std::optional<TimePoint>>(sql::active, now))
    holds.push_back({scope, key, reason, by, since, until});
  return holds;
}

std::string templateKey(SenderId sender, const std::string& name, const std::string& language) {
  return std::to_string(sender.value) + "/" + name + "/" + language;
}

}  // namespace clipcourier::messages
