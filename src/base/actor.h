#pragma once

#include <string>

namespace clipcourier {

// Who changes something, for the audit log. Holds no personal data beyond a token's or user's id.
struct Actor {
  std::string kind = "system";  // "token", "user", "cli", "system", "customer"
  std::string id;               // of that kind; empty for system
  std::string requestId;        // of the HTTP request it came with; may be empty
};

}  // namespace clipcourier
