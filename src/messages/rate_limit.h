#pragma once

#include "base/clock.h"
#include "base/id.h"
#include "db/connection.h"

namespace clipcourier::messages {

// A token bucket per sender, kept as a row so that several nodes share one limit and a restart
// gives no second helping. Holds a quarter of a second's worth at most: a provider counts per
// second, and a full second saved up would let two seconds' worth out in one. Use within one
// transaction.
class RateLimit {
 public:
  RateLimit(db::Transaction& tx, SenderId sender, int perSecond, TimePoint now);
  int available() const { return static_cast<int>(tokens_); }
  void take(int count);

 private:
  db::Transaction& tx_;
  std::string scope_;
  double tokens_ = 0;
  TimePoint updated_;  // never goes back: time that was counted is not counted twice
};

}  // namespace clipcourier::messages
