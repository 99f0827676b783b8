#include "jobs/retry.h"

#include <algorithm>
#include <cstring>

#include "base/crypto.h"

namespace clipcourier::jobs {

Millis retryDelay(const RetryPolicy& policy, int attempt) {
  const int doublings = std::clamp(attempt - 1, 0, 20);
  const auto full =
      std::min<std::int64_t>(policy.first.count() << doublings, policy.longest.count());
  std::uint32_t chance = 0;
  std::memcpy(&chance, crypto::randomBytes(sizeof chance).data(), sizeof chance);
  return Millis(full / 2 + chance % (full - full / 2 + 1));
}

bool isWorthRetrying(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::conflict:
    case ErrorKind::tooMany:
    case ErrorKind::unavailable:
    case ErrorKind::outOfSpace:
    case ErrorKind::internal: return true;
    default: return false;
  }
}

}  // namespace clipcourier::jobs
