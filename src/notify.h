#pragma once

#include <optional>
#include <string>

#include "base/clock.h"

namespace clipcourier {

// Tells systemd how the service fares (the protocol of sd_notify(3): words in a datagram to the
// socket that NOTIFY_SOCKET names). Does nothing when nobody asked for it. Takes its variables out
// of the environment, so that processes we start cannot speak for us: made before the first thread
// begins. Thread-safe.
class Notifier {
 public:
  Notifier();

  void ready() const { tell("READY=1"); }
  void stopping() const { tell("STOPPING=1"); }
  void alive() const { tell("WATCHDOG=1"); }
  // How often alive() is wanted, with room for two that come late; none: not at all.
  std::optional<Millis> aliveEvery() const { return aliveEvery_; }

 private:
  void tell(const std::string& words) const;

  std::string socket_;  // empty: nobody listens
  std::optional<Millis> aliveEvery_;
};

}  // namespace clipcourier
