#include "messages/retry_policy.h"

#include <algorithm>

namespace clipcourier::messages {

Millis RetryPolicy::delay(AttemptRef failed, Millis atLeast) const {
  Millis base = firstDelay;
  for (int i = 1; i < failed.number && base < longestDelay; ++i) base *= 3;
  base = std::max(std::min(base, longestDelay), atLeast);
  // A multiplicative hash (Knuth) of the attempt: random enough to spread, the same in every test.
  const auto hash = static_cast<std::uint64_t>(failed.message.value * 31 + failed.number) *
                    11400714819323198485ULL;
  return base + Millis(static_cast<std::int64_t>(hash >> 32) * (base.count() / 4) >> 32);
}

}  // namespace clipcourier::messages
