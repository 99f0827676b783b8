#include "messages/retry_policy.h"

#include <algorithm>

namespace clipcourier::messages {
namespace {

// Up to `most` more. A multiplicative hash (Knuth) of the attempt: random enough to spread, the
// same in every test.
Millis jitter(AttemptRef failed, Millis most) {
  const auto hash = static_cast<std::uint64_t>(failed.message.value * 31 + failed.number) *
                    11400714819323198485ULL;
  return Millis(static_cast<std::int64_t>(hash >> 32) * most.count() >> 32);
}

}  // namespace

Millis RetryPolicy::delay(AttemptRef failed, Millis atLeast) const {
  Millis base = firstDelay;
  for (int i = 1; i < failed.number && base < longestDelay; ++i) base *= 3;
  base = std::max(std::min(base, longestDelay), atLeast);
  return base + jitter(failed, base / 4);
}

Millis RetryPolicy::spread(AttemptRef failed, Millis asked) const {
  return asked + jitter(failed, asked / 10);
}

Millis RetryPolicy::pairDelay(AttemptRef failed) const {
  Millis base{4'000};
  for (int i = 1; i < failed.number && base < longestDelay; ++i) base *= 4;
  return std::min(base, std::max(longestDelay, Millis(4'000))) + jitter(failed, Millis(1'000));
}

}  // namespace clipcourier::messages
