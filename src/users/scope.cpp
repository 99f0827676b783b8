#include "users/scope.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace clipcourier::users {
namespace {

struct Named {
  Scope scope;
  std::string_view name;
};
constexpr Named kScopes[] = {
    {Scope::videosRead, "videos:read"},
    {Scope::videosWrite, "videos:write"},
    {Scope::customersRead, "customers:read"},
    {Scope::customersWrite, "customers:write"},
    {Scope::sendersRead, "senders:read"},
    {Scope::sendersWrite, "senders:write"},
    {Scope::campaignsRead, "campaigns:read"},
    {Scope::campaignsWrite, "campaigns:write"},
    {Scope::campaignsLaunch, "campaigns:launch"},
    {Scope::messagesRead, "messages:read"},
    {Scope::messagesWrite, "messages:write"},
    {Scope::operations, "operations"},
    {Scope::audit, "audit"},
    {Scope::tokens, "tokens"},
};

std::string listOfNames() {
  std::string list;
  for (const Named& entry : kScopes) list += (list.empty() ? "" : ", ") + std::string(entry.name);
  return list;
}

}  // namespace

std::string_view name(Scope scope) {
  for (const Named& entry : kScopes) {
    if (entry.scope == scope) return entry.name;
  }
  return "unknown";
}

std::optional<Scope> scopeNamed(std::string_view name) {
  for (const Named& entry : kScopes) {
    if (entry.name == name) return entry.scope;
  }
  return std::nullopt;
}

const std::vector<Scope>& allScopes() {
  static const std::vector<Scope> all = [] {
    std::vector<Scope> scopes;
    for (const Named& entry : kScopes) scopes.push_back(entry.scope);
    return scopes;
  }();
  return all;
}

Scopes Scopes::all() {
  Scopes scopes;
  for (Scope scope : allScopes()) scopes.add(scope);
  return scopes;
}

Scopes Scopes::parse(std::string_view text) {
  Scopes scopes;
  std::string separated(text);
  std::replace(separated.begin(), separated.end(), ',', ' ');
  for (const std::string& word : text::split(separated, ' ')) {
    if (word.empty()) continue;
    if (word == "*") return all();
    const auto scope = scopeNamed(word);
    if (!scope) {
      throw Error(ErrorKind::invalidInput,
                  "there is no scope named \"" + text::truncate(word, 40) + '"',
                  "Scopes are: " + listOfNames() + "; * stands for all.", "token.unknown_scope");
    }
    scopes.add(*scope);
  }
  return scopes;
}

std::vector<std::string> Scopes::names() const {
  std::vector<std::string> names;
  for (const Named& entry : kScopes) {
    if (has(entry.scope)) names.emplace_back(entry.name);
  }
  return names;
}

std::string Scopes::toString() const {
  std::string list;
  for (const std::string& scope : names()) list += (list.empty() ? "" : " ") + scope;
  return list;
}

}  // namespace clipcourier::users
