#include "messages/rate_limit.h"

#include <algorithm>

namespace clipcourier::messages {
namespace {

namespace sql {
constexpr auto find = "SELECT tokens, updated_at_ms FROM rate_limits WHERE scope = $1";
constexpr auto lockAndFind =
    "SELECT tokens, updated_at_ms FROM rate_limits WHERE scope = $1 FOR UPDATE";
constexpr auto add = R"sql(
  INSERT INTO rate_limits (scope, tokens, updated_at_ms) VALUES ($1, $2, $3)
  ON CONFLICT (scope) DO NOTHING)sql";
constexpr auto update = "UPDATE rate_limits SET tokens = $1, updated_at_ms = $2 WHERE scope = $3";
}  // namespace sql

constexpr Millis kClocksDiffer{5'000};  // between nodes; more is a clock that was set

}  // namespace

RateLimit::RateLimit(db::Transaction& tx, SenderId sender, int perSecond, TimePoint now)
    : tx_(tx), scope_("sender:" + std::to_string(sender.value)) {
  const double most = std::max(perSecond / 4.0, 1.0);
  tx_.run(sql::add, scope_, most, now);
  auto [tokens, updated] =
      *tx_.queryOne<double, TimePoint>(tx_.pick(sql::find, sql::lockAndFind), scope_);
  if (updated >
      now + kClocksDiffer) {  // the clock was set back: nobody waits until it is there again
    updated = now;
    tx_.run(sql::update, tokens, updated, scope_);
  }
  updated_ = std::max(updated, now);
  const auto elapsed = static_cast<double>(std::max<std::int64_t>((now - updated).count(), 0));
  tokens_ = std::min(tokens + elapsed * perSecond / 1000.0, most);
}

void RateLimit::take(int count) { tx_.run(sql::update, tokens_ - count, updated_, scope_); }

}  // namespace clipcourier::messages
