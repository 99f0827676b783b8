#include "messages/provider_errors.h"

namespace clipcourier::messages {
namespace {

namespace sql {
constexpr auto add = R"sql(
  INSERT INTO provider_errors (sender_id, code, hour_ms, listed, count, given_up)
  VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (hour_ms, sender_id, code) DO UPDATE
    SET count = provider_errors.count + excluded.count,
        given_up = provider_errors.given_up + excluded.given_up)sql";
}  // namespace sql

}  // namespace

void ProviderErrors::add(const Counts& counts, TimePoint now) {
  const TimePoint hour = std::chrono::floor<std::chrono::hours>(now);
  for (const auto& [key, count] : counts)
    tx_.run(sql::add, key.first, key.second, hour, count.listed ? 1 : 0, count.refusals,
            count.givenUp);
}

}  // namespace clipcourier::messages
