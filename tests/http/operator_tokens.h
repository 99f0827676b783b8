#pragma once

#include "users/authenticator.h"

namespace clipcourier::http {

// Two bearers: "operator" (token 7) may operate, "viewer" (token 8) may look at videos only.
struct OperatorTokens : users::Authenticator {
  std::optional<users::Principal> authenticate(std::string_view bearer) const override {
    if (bearer == "operator") return users::Principal{{"token", "7", ""}, {Scope::operations}};
    if (bearer == "viewer") return users::Principal{{"token", "8", ""}, {Scope::videosRead}};
    return std::nullopt;
  }
};

}  // namespace clipcourier::http
