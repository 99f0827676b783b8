#pragma once

#include "base/clock.h"
#include "base/error.h"

namespace clipcourier::jobs {

struct RetryPolicy {
  Millis first{5'000};  // after the first failure; doubles with each further one
  Millis longest{900'000};
};

// How long to wait after the failed attempt number `attempt` (1 is the first): between half and all
// of the doubled delay, by chance, so that jobs that failed together do not come back together.
Millis retryDelay(const RetryPolicy& policy, int attempt);

// Whether doing the same again can help. A defect counts as yes: it may hang on the moment, and the
// number of attempts is bounded.
bool isWorthRetrying(ErrorKind kind);

}  // namespace clipcourier::jobs
