#pragma once

#include <chrono>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "db/database.h"
#include "http/route.h"
#include "users/idempotency_key_repository.h"

namespace clipcourier::http {

// Lets a caller repeat a request whose answer got lost. With an Idempotency-Key, a route marked
// RouteOptions::once has its effect once for each caller and key, and the first answer is given
// again:
//
//   first write of the handler   the key is noted in its transaction, with the answer when the
//                                handler has called Request::keepAnswer() by then
//   after the handler            the answer is noted
//
// Answered instead of the handler: 422 "idempotency.other_request" when the key was used for
// something else; 409 "idempotency.in_work" while the first request runs; 409
// "idempotency.answer_lost" when the process died between the effect and noting its answer, which
// keepAnswer() rules out. A request that was refused leaves no key. Thread-safe; several nodes may
// share a database.
class IdempotencyKeys {
 public:
  // Borrows its arguments; a key is known for `kept`, or until prune() comes by.
  IdempotencyKeys(db::Database& database, const Clock& clock, Millis kept);

  // The same routes; those marked `once` mind the header. They borrow this.
  std::vector<Route> guard(std::vector<Route> routes);
  void prune();  // to be called every now and then

 private:
  class Working;
  Reply answer(Request& request, const Handler& handler);
  std::optional<users::UsedKey> find(const Request& request, const std::string& key) const;
  void note(db::Transaction& tx, const Request& request, const std::string& key) const;
  void keep(Request& request, const std::string& key, const Reply& reply, bool noted);
  Reply replay(const users::UsedKey& use, const Request& request) const;

  db::Database& database_;
  const Clock& clock_;
  const Millis kept_;
  std::mutex mutex_;
  std::set<std::pair<std::string, std::string>> working_;  // actor and key, in this process
};

}  // namespace clipcourier::http
