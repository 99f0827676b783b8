#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/secret.h"
#include "db/database.h"
#include "users/audit_log.h"
#include "users/authenticator.h"

namespace clipcourier::users {

using TokenId = Id<struct TokenTag>;

// A token as lists show it; its secret is nowhere.
struct Token {
  TokenId id;
  std::string name;  // what it is for, chosen by its maker
  Scopes scopes;
  TimePoint createdAt;
  std::optional<TimePoint> expiresAt;
  std::optional<TimePoint> lastUsedAt;  // to the hour
  std::optional<TimePoint> revokedAt;
};

// API tokens: "cc_<id>_<secret>", where secret is 256 random bits. Only their SHA-256 is stored. A
// slow password hash would add nothing: nobody can try 2^256 secrets, however fast the hash is, and
// every request would pay for it.
//
// Thread-safe. A token that was revoked or has expired is refused at its next request; nothing is
// remembered between requests that another node would need to know.
class TokenService : public Authenticator {
 public:
  // Borrows its arguments; they must outlive it.
  TokenService(db::Database& database, const AuditLog& audit, const Clock& clock);

  struct Created {
    Token token;
    Secret text;  // shown once
  };
  // Throws Error(invalidInput) for an empty name, no scope, or an expiry that is not in the future.
  Created create(const std::string& name, Scopes scopes, std::optional<TimePoint> expiresAt,
                 const Actor& by);
  // Throws Error(notFound). Revoking twice changes nothing.
  Token revoke(TokenId id, const Actor& by);
  Token get(TokenId id) const;                                     // Error(notFound)
  std::vector<Token> list(std::int64_t afterId, int limit) const;  // by id, also revoked ones

  std::optional<Principal> authenticate(std::string_view bearer) const override;

 private:
  void noteUse(TokenId id, TimePoint now) const;

  db::Database& database_;
  const AuditLog& audit_;
  const Clock& clock_;
};

}  // namespace clipcourier::users
