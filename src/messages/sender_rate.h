#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "db/connection.h"

// How fast a sender goes after its provider asked for less: halved on each signal, then steadily
// faster up to the configured rate (additive increase, multiplicative decrease).
namespace clipcourier::messages {

struct SenderRate {
  double perSecond = 0;  // at changedAt
  TimePoint changedAt;   // may lie ahead: it climbs from then on
  TimePoint since;       // when the limitation began
  std::string code;      // of the provider: why

  // Never below one, never above `configured`, which is climbed in ten minutes.
  double at(TimePoint now, int configured) const;
};

// A sender that goes slower than configured now.
struct SenderLimit {
  int perSecond = 0;
  TimePoint since;
  std::string code;
};
std::optional<SenderLimit> limitOf(const std::optional<SenderRate>& rate, int configured,
                                   TimePoint now);
std::optional<SenderLimit> senderLimit(db::Connection& connection, SenderId sender, TimePoint now);

class SenderRates {
 public:
  explicit SenderRates(db::Connection& connection) : db_(connection) {}

  std::optional<SenderRate> find(SenderId sender);
  // Halves it. Signals of requests that were under way when it was halved last do not count.
  void slowDown(SenderId sender, const std::string& code, TimePoint now);
  // One message a second from `from` on: the first of them show whether the trouble is over.
  void startAgain(SenderId sender, const std::string& code, TimePoint now, TimePoint from);
  void clear(SenderId sender, const std::string& code);  // when it is limited because of that

 private:
  db::Connection& db_;
};

}  // namespace clipcourier::messages
