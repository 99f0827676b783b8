#pragma once

#include <algorithm>

#include "base/clock.h"
#include "messages/attempt_token.h"

namespace clipcourier::messages {

struct RetryPolicy {
  int maxTries = 6;
  Millis firstDelay{5'000};
  Millis longestDelay{3'600'000};

  // How often a message is tried when its error allows `errorsOwn` tries (0: it says nothing).
  int tries(int errorsOwn) const {
    return errorsOwn > 0 ? std::min(errorsOwn, maxTries) : maxTries;
  }

  // How long to wait after this attempt failed: firstDelay, tripled with each try, plus up to a
  // quarter that differs between messages so that they do not come back together; at least
  // `atLeast`.
  Millis delay(AttemptRef failed, Millis atLeast) const;
};

}  // namespace clipcourier::messages
