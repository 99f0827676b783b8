#include "users/idempotency_key_repository.h"

#include <nlohmann/json.hpp>

namespace clipcourier::users {
namespace {

namespace sql {
constexpr auto add = R"sql(
  INSERT INTO idempotency_keys (actor, key, request_hash, status, headers, body, created_at_ms)
  VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (actor, key) DO NOTHING)sql";
constexpr auto setAnswer = R"sql(
  UPDATE idempotency_keys SET status = $1, headers = $2, body = $3
  WHERE actor = $4 AND key = $5)sql";
constexpr auto find = R"sql(
  SELECT request_hash, status, headers, body, created_at_ms FROM idempotency_keys
  WHERE actor = $1 AND key = $2)sql";
constexpr auto prune = R"sql(
  DELETE FROM idempotency_keys WHERE created_at_ms < $1 AND (actor, key) IN (
    SELECT actor, key FROM idempotency_keys WHERE created_at_ms < $1
    ORDER BY created_at_ms LIMIT $2))sql";
}  // namespace sql

std::string nameOf(const Actor& actor) { return actor.kind + ':' + actor.id; }

std::string toText(const KeptAnswer& answer) { return nlohmann::json(answer.headers).dump(); }

}  // namespace

bool IdempotencyKeyRepository::add(const Actor& actor, const std::string& key, const UsedKey& use) {
  const auto& answer = use.answer;
  const auto status = answer ? std::optional(answer->status) : std::nullopt;
  const auto headers = answer ? std::optional(toText(*answer)) : std::nullopt;
  const auto body = answer ? std::optional(answer->body) : std::nullopt;
  return connection_.run(sql::add, nameOf(actor), key, use.requestHash, status, headers, body,
                         use.at) > 0;
}

void IdempotencyKeyRepository::setAnswer(const Actor& actor, const std::string& key,
                                         const KeptAnswer& answer) {
  connection_.run(sql::setAnswer, answer.status, toText(answer), answer.body, nameOf(actor), key);
}

std::optional<UsedKey> IdempotencyKeyRepository::find(const Actor& actor, const std::string& key) {
  const auto row =
      connection_.queryOne<std::string, std::optional<int>, std::string, std::string, TimePoint>(
          sql::find, nameOf(actor), key);
  if (!row) return std::nullopt;
  const auto& [hash, status, headers, body, at] = *row;
  UsedKey use{hash, std::nullopt, at};
  if (status)
    use.answer = {*status, nlohmann::json::parse(headers).get<decltype(KeptAnswer::headers)>(),
                  body};
  return use;
}

std::int64_t IdempotencyKeyRepository::prune(TimePoint before, int limit) {
  return connection_.run(sql::prune, before, limit);
}

}  // namespace clipcourier::users
