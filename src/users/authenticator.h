#pragma once

#include <optional>
#include <string_view>

#include "base/actor.h"
#include "users/scope.h"

namespace clipcourier::users {

// Who is calling, and what they may do.
struct Principal {
  Actor actor;
  Scopes scopes;
};

// Tells who a bearer token belongs to. Thread-safe.
struct Authenticator {
  virtual ~Authenticator() = default;
  // None when the token is malformed, unknown, expired or revoked; a caller learns no more than
  // that.
  virtual std::optional<Principal> authenticate(std::string_view bearer) const = 0;
};

}  // namespace clipcourier::users
