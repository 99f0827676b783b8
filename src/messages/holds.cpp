#include "messages/holds.h"

#include <algorithm>

namespace clipcourier::messages {
namespace {

namespace sql {
constexpr auto hold = R"sql(
  INSERT INTO holds (scope, scope_key, reason, held_by, since_ms, until_ms)
  VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (scope, scope_key) DO UPDATE
    SET reason = excluded.reason, held_by = excluded.held_by, since_ms = excluded.since_ms,
        until_ms = excluded.until_ms, probe_at_ms = NULL,
        tries = CASE WHEN holds.until_ms + 3600000 > excluded.since_ms THEN holds.tries ELSE 0 END
    WHERE excluded.held_by <> 'system' OR holds.until_ms <= excluded.since_ms
       OR (holds.held_by = 'system' AND holds.until_ms < excluded.until_ms))sql";
constexpr auto holdFor = R"sql(
  INSERT INTO holds (scope, scope_key, reason, held_by, since_ms, until_ms)
  VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (scope, scope_key) DO UPDATE
    SET reason = excluded.reason, held_by = excluded.held_by, since_ms = excluded.since_ms,
        until_ms = excluded.until_ms
    WHERE holds.held_by IN ('system', excluded.held_by) OR holds.until_ms <= excluded.since_ms)sql";
constexpr auto releaseOf = "DELETE FROM holds WHERE scope = $1 AND scope_key = $2 AND held_by = $3";
constexpr auto release = "DELETE FROM holds WHERE scope = $1 AND scope_key = $2";
constexpr auto find = R"sql(
  SELECT scope, scope_key, reason, held_by, since_ms, until_ms FROM holds
  WHERE scope = $1 AND scope_key = $2)sql";
constexpr auto tries = R"sql(
  SELECT tries FROM holds WHERE scope = $1 AND scope_key = $2 AND held_by = 'system')sql";
constexpr auto probeAt = R"sql(
  UPDATE holds SET probe_at_ms = $1, tries = $2, until_ms = CASE WHEN until_ms < $3 THEN $3 ELSE until_ms END
  WHERE scope = $4 AND scope_key = $5 AND held_by = 'system')sql";
constexpr auto toProbe = R"sql(
  SELECT scope, scope_key, reason, held_by, since_ms, until_ms FROM holds
  WHERE scope = 'sender' AND held_by = 'system' AND probe_at_ms <= $1 AND until_ms > $1
  ORDER BY scope_key)sql";
constexpr auto endEarly = R"sql(
  UPDATE holds SET until_ms = $1, tries = tries + 1
  WHERE scope = $2 AND scope_key = $3 AND held_by = 'system' AND reason = $4 AND until_ms > $1)sql";
constexpr auto active = R"sql(
  SELECT scope, scope_key, reason, held_by, since_ms, until_ms FROM holds
  WHERE until_ms IS NULL OR until_ms > $1 ORDER BY scope, scope_key)sql";
}  // namespace sql

constexpr Millis kFirstProbe{30'000}, kLongestProbe{900'000};
constexpr Millis kProbeTakes{120'000};  // more than asking takes
constexpr Millis kFirstRest{5'000}, kLongestRest{60'000};

// The first, doubled with each try.
Millis doubled(Millis first, int tries, Millis longest) {
  for (int i = 0; i < tries && first < longest; ++i) first *= 2;
  return std::min(first, longest);
}

Millis probeDelay(int tries) { return doubled(kFirstProbe, tries, kLongestProbe); }

template <class... Args>
std::vector<Hold> select(db::Connection& db, const char* statement, const Args&... args) {
  std::vector<Hold> holds;
  for (auto& [scope, key, reason, by, since, until] :
       db.query<std::string, std::string, std::string, std::string, TimePoint,
                std::optional<TimePoint>>(statement, args...))
    holds.push_back({scope, key, reason, by, since, until});
  return holds;
}

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

std::vector<Hold> HoldRepository::active(TimePoint now) { return select(db_, sql::active, now); }

std::vector<Hold> HoldRepository::toProbe(TimePoint now) { return select(db_, sql::toProbe, now); }

std::optional<Hold> HoldRepository::find(const std::string& scope, const std::string& key) {
  auto found = select(db_, sql::find, scope, key);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

void HoldRepository::probeLater(const Hold& hold, TimePoint now) {
  if (const auto tries = db_.scalar<int>(sql::tries, hold.scope, hold.key))
    db_.run(sql::probeAt, now + probeDelay(*tries), *tries, now, hold.scope, hold.key);
}

void HoldRepository::rest(Hold hold) {
  const auto found = find(hold.scope, hold.key);
  if (found && (!found->until || *found->until > hold.since)) return;
  hold.until = hold.since + kFirstRest;
  this->hold(hold);  // remembers or forgets the tries
  const int tries = db_.scalar<int>(sql::tries, hold.scope, hold.key).value_or(0);
  db_.run(sql::probeAt, nullptr, tries + 1, hold.since + doubled(kFirstRest, tries, kLongestRest),
          hold.scope, hold.key);
}

void HoldRepository::stillNeeded(const Hold& hold, TimePoint now) {
  const auto tries = db_.scalar<int>(sql::tries, hold.scope, hold.key);
  if (!tries) return;
  const TimePoint next = now + probeDelay(*tries + 1);
  db_.run(sql::probeAt, next, *tries + 1, next + kProbeTakes, hold.scope, hold.key);
}

bool HoldRepository::endEarly(const Hold& hold, TimePoint now) {
  return db_.run(sql::endEarly, now, hold.scope, hold.key, hold.reason) > 0;
}

std::string templateKey(SenderId sender, const std::string& name, const std::string& language) {
  return std::to_string(sender.value) + "/" + name + "/" + language;
}

}  // namespace clipcourier::messages
