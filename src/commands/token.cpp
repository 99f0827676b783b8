#include <iostream>

#include "commands/commands.h"
#include "commands/opened.h"
#include "users/audit_log.h"
#include "users/role.h"
#include "users/token_service.h"

namespace clipcourier::commands {
namespace {

const Actor kOperator{"cli", "", ""};
constexpr std::int64_t kMaxDays = 3'650;

// What the three need.
struct Tokens : Opened {
  explicit Tokens(const Options& options) : Opened(options) {}
  users::AuditLog audit{clock};
  users::TokenService service{database, audit, clock};
};

std::string stateOf(const users::Token& token, TimePoint now) {
  if (token.revokedAt) return "revoked " + toIso(*token.revokedAt);
  if (token.expiresAt && *token.expiresAt <= now) return "expired " + toIso(*token.expiresAt);
  return token.expiresAt ? "until " + toIso(*token.expiresAt) : "active";
}

std::string scopeHelp() {
  std::string names;
  for (const users::Scope scope : users::allScopes())
    names += " " + std::string(users::name(scope));
  return names;
}

std::string roleHelp() {
  std::string help;
  for (const users::Role& role : users::allRoles()) {
    std::string name(role.name);
    name.resize(12, ' ');
    help += "\n  " + name + std::string(role.what) + ":\n              " + role.scopes.toString();
  }
  return help;
}

users::Scopes wantedScopes(const Options& options) {
  if (!options.has("role")) return users::Scopes::parse(options.require("scopes"));
  users::Scopes scopes = users::roleNamed(options.require("role")).scopes;
  if (options.has("scopes")) scopes.add(users::Scopes::parse(options.require("scopes")));
  return scopes;
}

int create(const Arguments& arguments) {
  Options options("token create --name NAME (--role ROLE | --scopes SCOPES) [--days DAYS]",
                  "Makes an API token and prints it. It is shown only now: only its hash is kept.\n"
                  "Roles:" +
                      roleHelp() + "\nScopes:" + scopeHelp());
  options.value("name", "NAME", "what it is for");
  options.value("role", "ROLE", "what its holder is; with --scopes: and may do beside");
  options.value("scopes", "SCOPES",
                "what it may do, \"videos:read videos:write\", or \"*\" for all");
  options.value("days", "DAYS", "how long it is valid, at most 3650; without: until it is revoked");
  if (!options.parse(arguments)) return 0;
  const std::string name = options.require("name");
  const users::Scopes scopes = wantedScopes(options);
  std::optional<std::int64_t> days;
  if (options.has("days")) days = options.requireNumber("days");
  if (days > kMaxDays) throw UsageError{"--days: at most " + std::to_string(kMaxDays)};
  Tokens tokens(options);
  std::optional<TimePoint> expires;
  if (days) expires = tokens.clock.now() + std::chrono::days(*days);
  const auto created = tokens.service.create(name, scopes, expires, kOperator);
  std::cerr << "Token " << created.token.id.value << " (" << created.token.scopes.toString()
            << "), shown only now:\n";
  std::cout << created.text.reveal() << '\n';
  return 0;
}

int list(const Arguments& arguments) {
  Options options("token list", "Lists all tokens with what they may do, never their text.");
  if (!options.parse(arguments)) return 0;
  Tokens tokens(options);
  constexpr int kPage = 200;
  for (std::int64_t after = 0;;) {
    const auto page = tokens.service.list(after, kPage);
    for (const users::Token& token : page) {
      std::cout << token.id.value << '\t' << token.name << '\t' << token.scopes.toString() << '\t'
                << stateOf(token, tokens.clock.now()) << '\t'
                << (token.lastUsedAt ? "used " + toIso(*token.lastUsedAt) : "never used") << '\n';
    }
    if (page.size() < kPage) return 0;
    after = page.back().id.value;
  }
}

int revoke(const Arguments& arguments) {
  Options options("token revoke --id ID",
                  "Revokes a token: it is refused from its next request on.");
  options.value("id", "ID", "as 'clipcourier token list' shows it");
  if (!options.parse(arguments)) return 0;
  const users::TokenId id{options.requireNumber("id")};
  Tokens tokens(options);
  tokens.service.revoke(id, kOperator);
  std::cout << "Token " << id.value << " is revoked.\n";
  return 0;
}

}  // namespace

int token(const Arguments& arguments) {
  const std::string what = arguments.empty() ? "" : arguments.front();
  const Arguments rest(arguments.begin() + (arguments.empty() ? 0 : 1), arguments.end());
  if (what == "create") return create(rest);
  if (what == "list") return list(rest);
  if (what == "revoke") return revoke(rest);
  Options options(
      "token create|list|revoke ...",
      "Makes, lists and revokes the tokens of the API. 'clipcourier token create --help' "
      "and so on say more.");
  if (!options.parse(arguments)) return 0;
  throw UsageError{"'" + what + "': say create, list or revoke"};
}

}  // namespace clipcourier::commands
