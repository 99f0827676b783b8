#include "messages/webhook_unknowns.h"

#include <algorithm>

namespace clipcourier::messages {
namespace {

namespace sql {
constexpr auto count = R"sql(
  UPDATE webhook_unknowns SET seen = seen + $1, last_at_ms = $2
  WHERE channel = $3 AND field = $4 AND kind = $5 AND why = $6)sql";
constexpr auto kinds = "SELECT count(*) FROM webhook_unknowns";
constexpr auto add = R"sql(
  INSERT INTO webhook_unknowns (channel, field, kind, why, seen, first_at_ms, last_at_ms)
  VALUES ($1, $2, $3, $4, $5, $6, $6)
  ON CONFLICT (channel, field, kind, why) DO UPDATE
    SET seen = webhook_unknowns.seen + excluded.seen, last_at_ms = excluded.last_at_ms)sql";
constexpr auto list = R"sql(
  SELECT channel, field, kind, why, seen, first_at_ms, last_at_ms FROM webhook_unknowns
  ORDER BY channel, field, kind, why)sql";
}  // namespace sql

constexpr std::size_t kLongestName = 64;

// Numbers of people and texts must not get here by way of a field's name.
std::string label(const std::string& name) {
  const auto isNamePart = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == ':' ||
           c == '-' || (c >= '0' && c <= '9');
  };
  const auto digits = std::ranges::count_if(name, [](char c) { return c >= '0' && c <= '9'; });
  const bool good =
      name.size() <= kLongestName && digits <= 6 && std::ranges::all_of(name, isNamePart);
  return good ? name : "other";
}

}  // namespace

bool WebhookUnknowns::isUnknown(const channels::WebhookEvent& event) {
  return std::holds_alternative<channels::UnknownEvent>(event.what);
}

void WebhookUnknowns::add(const channels::WebhookEvent& event) {
  if (const auto* unknown = std::get_if<channels::UnknownEvent>(&event.what))
    add(event.field, unknown->kind, unknown->why);
  else if (const auto* error = std::get_if<channels::ProviderErrorEvent>(&event.what))
    add(event.field, std::to_string(error->code), "error");
}

void WebhookUnknowns::add(const std::string& field, const std::string& kind,
                          const std::string& why) {
  ++counts_[{label(field), label(kind), why}];
}

void WebhookUnknowns::write(db::Transaction& tx, TimePoint now) {
  for (const auto& [of, count] : counts_) {
    const auto& [field, kind, why] = of;
    if (tx.run(sql::count, count, now, channel_, field, kind, why) > 0) continue;
    const bool full = *tx.scalar<std::int64_t>(sql::kinds) >= kMostKinds;
    const std::string other = "other";
    tx.run(sql::add, channel_, full ? other : field, full ? other : kind, why, count, now);
  }
  counts_.clear();
}

std::vector<WebhookUnknown> WebhookUnknowns::list(db::Connection& connection) {
  std::vector<WebhookUnknown> found;
  for (auto& [channel, field, kind, why, seen, first, last] :
       connection.query<std::string, std::string, std::string, std::string, std::int64_t, TimePoint,
                        TimePoint>(sql::list))
    found.push_back({channel, field, kind, why, seen, first, last});
  return found;
}

}  // namespace clipcourier::messages
