#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "users/scope.h"

namespace clipcourier::users {

// A named set of scopes, for who would rather say what somebody is than list what they may do. A
// token stores scopes only, so a role that changes later changes no token.
struct Role {
  std::string_view name;
  std::string_view what;  // for --help
  Scopes scopes;
};

const std::vector<Role>& allRoles();
// Throws Error(invalidInput) that lists the roles there are.
const Role& roleNamed(std::string_view name);

}  // namespace clipcourier::users
