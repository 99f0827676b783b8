#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/actor.h"
#include "base/clock.h"
#include "db/connection.h"

namespace clipcourier::users {

struct KeptAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// A request that was carried out under a key of its caller.
struct UsedKey {
  std::string requestHash;
  std::optional<KeptAnswer> answer;  // none: it did not become durable
  TimePoint at;
};

// Every statement of idempotency_keys.
class IdempotencyKeyRepository {
 public:
  explicit IdempotencyKeyRepository(db::Connection& connection) : connection_(connection) {}

  // False, and nothing is changed, when this actor has used the key. On PostgreSQL it waits for
  // another transaction that has just added it.
  bool add(const Actor& actor, const std::string& key, const UsedKey& use);
  void setAnswer(const Actor& actor, const std::string& key, const KeptAnswer& answer);
  std::optional<UsedKey> find(const Actor& actor, const std::string& key);
  // Removes at most `limit` keys used before; returns how many.
  std::int64_t prune(TimePoint before, int limit);

 private:
  db::Connection& connection_;
};

}  // namespace clipcourier::users
