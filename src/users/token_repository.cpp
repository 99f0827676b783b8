#include "users/token_repository.h"

namespace clipcourier::users {
namespace sql {

constexpr auto add = R"sql(
  INSERT INTO api_tokens (name, secret_hash, scopes, created_at_ms, expires_at_ms)
  VALUES ($1, $2, $3, $4, $5) RETURNING id)sql";

constexpr auto find = R"sql(
  SELECT id, name, scopes, created_at_ms, expires_at_ms, last_used_at_ms, revoked_at_ms, secret_hash
  FROM api_tokens WHERE id = $1)sql";

constexpr auto list = R"sql(
  SELECT id, name, scopes, created_at_ms, expires_at_ms, last_used_at_ms, revoked_at_ms, secret_hash
  FROM api_tokens WHERE id > $1 ORDER BY id LIMIT $2)sql";

constexpr auto revoke = R"sql(
  UPDATE api_tokens SET revoked_at_ms = $1 WHERE id = $2 AND revoked_at_ms IS NULL)sql";

constexpr auto noteUse = R"sql(
  UPDATE api_tokens SET last_used_at_ms = $1
  WHERE id = $2 AND (last_used_at_ms IS NULL OR last_used_at_ms < $1))sql";

}  // namespace sql

namespace {

// A scope this program does not know (a newer one wrote it) grants nothing.
Scopes knownScopes(const std::string& text) {
  Scopes scopes;
  for (Scope scope : allScopes()) {
    if ((' ' + text + ' ').find(' ' + std::string(name(scope)) + ' ') != std::string::npos)
      scopes.add(scope);
  }
  return scopes;
}

std::vector<StoredToken> select(db::Connection& connection, const char* statement,
                                std::int64_t first, std::optional<int> limit) {
  using std::string;
  using MaybeTime = std::optional<TimePoint>;
  const auto rows = limit ? connection.query<std::int64_t, string, string, TimePoint, MaybeTime,
                                             MaybeTime, MaybeTime, string>(statement, first, *limit)
                          : connection.query<std::int64_t, string, string, TimePoint, MaybeTime,
                                             MaybeTime, MaybeTime, string>(statement, first);
  std::vector<StoredToken> tokens;
  for (const auto& [id, name, scopes, created, expires, used, revoked, hash] : rows) {
    tokens.push_back(
        {{TokenId{id}, name, knownScopes(scopes), created, expires, used, revoked}, hash});
  }
  return tokens;
}

}  // namespace

TokenId TokenRepository::add(const Token& token, const std::string& secretHash) {
  return {connection_
              .scalar<std::int64_t>(sql::add, token.name, secretHash, token.scopes.toString(),
                                    token.createdAt, token.expiresAt)
              .value()};
}

std::optional<StoredToken> TokenRepository::find(TokenId id) {
  auto found = select(connection_, sql::find, id.value, std::nullopt);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<Token> TokenRepository::list(std::int64_t afterId, int limit) {
  std::vector<Token> tokens;
  for (StoredToken& stored : select(connection_, sql::list, afterId, limit)) {
    tokens.push_back(std::move(stored.token));
  }
  return tokens;
}

bool TokenRepository::revoke(TokenId id, TimePoint at) {
  return connection_.run(sql::revoke, at, id) > 0;
}

void TokenRepository::noteUse(TokenId id, TimePoint at) { connection_.run(sql::noteUse, at, id); }

}  // namespace clipcourier::users
