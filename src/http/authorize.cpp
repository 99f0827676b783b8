#include "http/authorize.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace clipcourier::http {

users::Principal authorize(const users::Authenticator& authenticator,
                           std::optional<std::string_view> authorization,
                           const std::vector<users::Scope>& anyOf) {
  const std::string_view header = authorization.value_or("");
  std::optional<users::Principal> caller;
  if (header.size() > 7 && text::lower(header.substr(0, 7)) == "bearer ")
    caller = authenticator.authenticate(text::trim(header.substr(7)));
  if (!caller)
    throw Error(ErrorKind::unauthenticated, "this needs a valid token",
                "Send \"Authorization: Bearer\" with a token made by \"clipcourier token create\".",
                "unauthenticated");
  if (std::ranges::any_of(anyOf, [&](users::Scope scope) { return caller->scopes.has(scope); }))
    return *caller;
  std::string names;
  for (const users::Scope scope : anyOf)
    names += (names.empty() ? "" : " or ") + std::string(users::name(scope));
  throw Error(ErrorKind::forbidden, "this token lacks the scope " + names,
              "Use a token that was made with the scope " + names + '.', "missing_scope");
}

}  // namespace clipcourier::http
