#pragma once

#include <optional>
#include <string>
#include <vector>

#include "db/connection.h"
#include "users/token_service.h"

namespace clipcourier::users {

struct StoredToken {
  Token token;
  std::string secretHash;  // hexadecimal SHA-256
};

// Every statement of api_tokens.
class TokenRepository {
 public:
  explicit TokenRepository(db::Connection& connection) : connection_(connection) {}

  TokenId add(const Token& token, const std::string& secretHash);
  std::optional<StoredToken> find(TokenId id);
  std::vector<Token> list(std::int64_t afterId, int limit);
  bool revoke(TokenId id, TimePoint at);  // false when it was revoked before
  void noteUse(TokenId id, TimePoint at);

 private:
  db::Connection& connection_;
};

}  // namespace clipcourier::users
