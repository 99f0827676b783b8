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
  // After the provider asked for a time of its own: that, plus up to a tenth.
  Millis spread(AttemptRef failed, Millis asked) const;
  // After one recipient got too much at once: four seconds, four times as long with each try.
  Millis pairDelay(AttemptRef failed) const;
};

}  // namespace clipcourier::messages
