#include "users/token_service.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/crypto.h"
#include "base/error.h"
#include "base/text.h"
#include "users/token_repository.h"

namespace clipcourier::users {
namespace {

constexpr std::string_view kPrefix = "cc_";
constexpr std::size_t kSecretBytes = 32;
constexpr std::chrono::hours kUseGrain{1};  // so that a busy token costs one write an hour

struct Parsed {
  TokenId id;
  std::string_view secret;
};

std::optional<Parsed> parse(std::string_view bearer) {
  if (!bearer.starts_with(kPrefix) || bearer.size() > 100) return std::nullopt;
  bearer.remove_prefix(kPrefix.size());
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(bearer.data(), bearer.data() + bearer.size(), id);
  if (error != std::errc{} || id <= 0) return std::nullopt;
  bearer.remove_prefix(static_cast<std::size_t>(end - bearer.data()));
  if (!bearer.starts_with('_') || bearer.size() < 2) return std::nullopt;
  return Parsed{{id}, bearer.substr(1)};
}

std::string hashOf(std::string_view secret) { return crypto::hex(crypto::sha256(secret)); }

[[noreturn]] void noSuchToken() {
  throw Error(ErrorKind::notFound, "there is no such token", "List the tokens to see their ids.",
              "token.not_found");
}

}  // namespace

TokenService::TokenService(db::Database& database, const AuditLog& audit, const Clock& clock)
    : database_(database), audit_(audit), clock_(clock) {}

TokenService::Created TokenService::create(const std::string& name, Scopes scopes,
                                           std::optional<TimePoint> expiresAt, const Actor& by) {
  Token token{.id = {},
              .name = text::trim(name),
              .scopes = scopes,
              .createdAt = clock_.now(),
              .expiresAt = expiresAt,
              .lastUsedAt = {},
              .revokedAt = {}};
  // Lists print the name on one line of a terminal.
  const bool oneLine = std::none_of(token.name.begin(), token.name.end(),
                                    [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (token.name.empty() || token.name.size() > 100 || !text::isUtf8(token.name) || !oneLine) {
    throw Error(ErrorKind::invalidInput, "the token has no valid name",
                "Name what it is for, in 1 to 100 bytes on one line: \"shop import\".",
                "token.bad_name");
  }
  if (scopes.empty()) {
    throw Error(ErrorKind::invalidInput, "the token has no scope",
                "Give at least one scope, for example videos:read.", "token.no_scope");
  }
  if (expiresAt && *expiresAt <= token.createdAt) {
    throw Error(ErrorKind::invalidInput, "the token would have expired already",
                "Give a time in the future, or none.", "token.bad_expiry");
  }
  const std::string secret = crypto::base64url(crypto::randomBytes(kSecretBytes));
  token.id = database_.write([&](db::Transaction& tx) {
    const TokenId id = TokenRepository(tx).add(token, hashOf(secret));
    audit_.record(tx, by, "token.create", "token", id.value,
                  {{"name", token.name}, {"scopes", scopes.names()}});
    return id;
  });
  return {token, Secret(std::string(kPrefix) + std::to_string(token.id.value) + '_' + secret)};
}

Token TokenService::revoke(TokenId id, const Actor& by) {
  return database_.write([&](db::Transaction& tx) {
    TokenRepository tokens(tx);
    if (tokens.revoke(id, clock_.now())) {
      audit_.record(tx, by, "token.revoke", "token", id.value, nlohmann::json::object());
    }
    const auto stored = tokens.find(id);
    if (!stored) noSuchToken();
    return stored->token;
  });
}

Token TokenService::get(TokenId id) const {
  const auto stored = database_.read(
      [&](db::Connection& connection) { return TokenRepository(connection).find(id); });
  if (!stored) noSuchToken();
  return stored->token;
}

std::vector<Token> TokenService::list(std::int64_t afterId, int limit) const {
  return database_.read(
      [&](db::Connection& connection) { return TokenRepository(connection).list(afterId, limit); });
}

std::optional<Principal> TokenService::authenticate(std::string_view bearer) const {
  const auto parsed = parse(bearer);
  if (!parsed) return std::nullopt;
  const auto stored = database_.read(
      [&](db::Connection& connection) { return TokenRepository(connection).find(parsed->id); });
  // Hashed and compared also when there is no such id, so that the time does not tell which ids
  // exist.
  const std::string hash = hashOf(parsed->secret);
  const bool same =
      crypto::equal(hash, stored ? stored->secretHash : std::string(hash.size(), '0'));
  if (!stored || !same) return std::nullopt;
  const Token& token = stored->token;
  const TimePoint now = clock_.now();
  if (token.revokedAt || (token.expiresAt && *token.expiresAt <= now)) return std::nullopt;
  if (!token.lastUsedAt || now - *token.lastUsedAt >= kUseGrain) noteUse(token.id, now);
  return Principal{{"token", std::to_string(token.id.value), ""}, token.scopes};
}

void TokenService::noteUse(TokenId id, TimePoint now) const {
  try {
    database_.write([&](db::Transaction& tx) {
      TokenRepository(tx).noteUse(id, std::chrono::floor<std::chrono::hours>(now));
    });
  } catch (const Error&) {
    // When it was used is good to know, and no reason to refuse a request on a full disk.
  }
}

}  // namespace clipcourier::users
