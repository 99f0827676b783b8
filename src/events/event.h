#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "users/scope.h"

// What changed, for consoles and other callers that follow along. Coarse on purpose: the state of a
// thing and its progress or counters, at most one event a second for each thing, and never one for
// a message. No personal data: ids, states and numbers only.
namespace clipcourier::events {

// What the feed says of a thing now.
struct State {
  std::string kind;     // "video", "import", "campaign", "hold", "sender", "template"
  std::string subject;  // its id, or "<scope>/<key>" of a hold
  std::string data;     // JSON object
};

struct Event {
  std::int64_t id = 0;  // rises by one
  State state;
  TimePoint at;
};

// What a caller must be allowed to see an event of this kind.
users::Scope scopeOf(const std::string& kind);
const std::vector<std::string>& allKinds();

}  // namespace clipcourier::events
