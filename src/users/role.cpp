#include "users/role.h"

#include "base/error.h"
#include "base/text.h"

namespace clipcourier::users {
namespace {

using enum Scope;

// What every person who works with it sees; customers stand apart, they are personal data.
const Scopes kSeesAll{videosRead, sendersRead, campaignsRead, messagesRead};

Scopes with(Scopes scopes, std::initializer_list<Scope> more) {
  for (const Scope scope : more) scopes.add(scope);
  return scopes;
}

}  // namespace

const std::vector<Role>& allRoles() {
  static const std::vector<Role> roles = {
      {"admin", "everything", Scopes::all()},
      {"marketing", "videos, customers and campaigns, and their launch",
       with(kSeesAll,
            {videosWrite, customersRead, customersWrite, campaignsWrite, campaignsLaunch})},
      {"approver", "looks at campaigns, and launches or cancels them",
       with(kSeesAll, {campaignsLaunch})},
      {"operations", "senders, the send queue and the audit log",
       with(kSeesAll, {sendersWrite, messagesWrite, operations, audit})},
      {"viewer", "sees all but customers, changes nothing", kSeesAll},
  };
  return roles;
}

const Role& roleNamed(std::string_view name) {
  std::string list;
  for (const Role& role : allRoles()) {
    if (role.name == name) return role;
    list += (list.empty() ? "" : ", ") + std::string(role.name);
  }
  throw Error(ErrorKind::invalidInput,
              "there is no role named \"" + text::truncate(std::string(name), 40) + '"',
              "Roles are: " + list + '.', "token.unknown_role");
}

}  // namespace clipcourier::users
