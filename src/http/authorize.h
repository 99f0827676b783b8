#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "users/authenticator.h"

namespace clipcourier::http {

// Who calls, from the Authorization header. Throws Error: unauthenticated without a valid token,
// forbidden "missing_scope" when it has none of these scopes.
users::Principal authorize(const users::Authenticator& authenticator,
                           std::optional<std::string_view> authorization,
                           const std::vector<users::Scope>& anyOf);

}  // namespace clipcourier::http
