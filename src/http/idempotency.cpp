#include "http/idempotency.h"

#include "base/crypto.h"
#include "db/alongside.h"
#include "http/http_error.h"

namespace clipcourier::http {
namespace {

using users::IdempotencyKeyRepository;
using users::KeptAnswer;
using users::UsedKey;

constexpr int kPrunedAtOnce = 500;
constexpr std::chrono::minutes kLongestWork{1};  // from the effect to its answer

[[noreturn]] void inWork() {
  throw HttpError(409, "a request with this Idempotency-Key is in work",
                  "Send it again in a moment to get its answer.", "idempotency.in_work",
                  {{"Retry-After", "1"}});
}

// What makes two requests the same.
std::string hashOf(const Request& request) {
  std::string all = std::string(name(request.method())) + ' ' + request.target().path + '\n';
  for (const auto& [key, value] : request.target().query) all += key + '=' + value + '\n';
  return crypto::hex(crypto::sha256(all + request.bodyHash()));
}

std::optional<KeptAnswer> keptAnswer(const Reply& reply) {
  const auto* body = std::get_if<std::string>(&reply.body);
  if (!body || reply.status >= 300) return std::nullopt;
  return KeptAnswer{reply.status, reply.headers, *body};
}

}  // namespace

// The place of a request among those in work.
class IdempotencyKeys::Working {
 public:
  Working(IdempotencyKeys& keys, const Actor& actor, const std::string& key)
      : keys_(keys), mine_(actor.kind + ':' + actor.id, key) {
    const std::lock_guard lock(keys_.mutex_);
    if (!keys_.working_.insert(mine_).second) inWork();
  }
  ~Working() {
    const std::lock_guard lock(keys_.mutex_);
    keys_.working_.erase(mine_);
  }
  Working(const Working&) = delete;

 private:
  IdempotencyKeys& keys_;
  const std::pair<std::string, std::string> mine_;
};

IdempotencyKeys::IdempotencyKeys(db::Database& database, const Clock& clock, Millis kept)
    : database_(database), clock_(clock), kept_(kept) {}

std::vector<Route> IdempotencyKeys::guard(std::vector<Route> routes) {
  for (Route& route : routes) {
    if (!route.options.once) continue;
    route.handler = [this, handler = std::move(route.handler)](Request& request) {
      return answer(request, handler);
    };
  }
  return routes;
}

Reply IdempotencyKeys::answer(Request& request, const Handler& handler) {
  const auto key = request.idempotencyKey();
  if (!key) return handler(request);
  const Working working(*this, request.actor(), *key);
  const bool bodyKnown = request.route().takes() != Takes::body;
  if (request.route().takes() == Takes::json)
    request.setBodyHash(crypto::hex(crypto::sha256(request.bodyText())));
  const auto before = find(request, *key);
  // What a streamed body says is known only when the handler has read it, up to its first write.
  if (before && bodyKnown) return replay(*before, request);
  db::Alongside alongside([&](db::Transaction& tx) { note(tx, request, *key); });
  try {
    Reply reply = handler(request);
    keep(request, *key, reply, alongside.committed());
    return reply;
  } catch (...) {
    // Another node was faster, or only the way from the effect to its answer failed.
    const auto use = find(request, *key);
    if (!use || (alongside.committed() && !use->answer)) throw;
    if (!bodyKnown && request.bodyHash().empty()) throw;
    return replay(*use, request);
  }
}

std::optional<UsedKey> IdempotencyKeys::find(const Request& request, const std::string& key) const {
  return database_.read(
      [&](db::Connection& c) { return IdempotencyKeyRepository(c).find(request.actor(), key); });
}

void IdempotencyKeys::note(db::Transaction& tx, const Request& request,
                           const std::string& key) const {
  const UsedKey use{hashOf(request), request.keptAnswer(), clock_.now()};
  if (!IdempotencyKeyRepository(tx).add(request.actor(), key, use)) inWork();
}

// The effect is there whatever becomes of this. When nothing was written, the key is noted now.
void IdempotencyKeys::keep(Request& request, const std::string& key, const Reply& reply,
                           bool noted) {
  const auto answer = keptAnswer(reply);
  if (!answer || (noted && request.keptAnswer())) return;
  request.keepAnswer(reply);
  try {
    database_.write([&](db::Transaction& tx) {
      if (noted) IdempotencyKeyRepository(tx).setAnswer(request.actor(), key, *answer);
    });
  } catch (const Error&) {
  }
}

Reply IdempotencyKeys::replay(const UsedKey& use, const Request& request) const {
  if (use.requestHash != hashOf(request))
    throw Error(ErrorKind::refused, "this Idempotency-Key was used for another request",
                "Give every request a key of its own; repeat one only unchanged.",
                "idempotency.other_request");
  if (!use.answer) {
    if (clock_.now() - use.at < kLongestWork) inWork();
    throw HttpError(409, "this request was carried out, but its answer was lost",
                    "Look at what it changed before you send it again with another key.",
                    "idempotency.answer_lost");
  }
  return Reply{use.answer->status, use.answer->headers, use.answer->body}.with(
      "Idempotent-Replayed", "true");
}

void IdempotencyKeys::prune() {
  const TimePoint before = clock_.now() - kept_;
  const auto some = [&](db::Transaction& tx) {
    return IdempotencyKeyRepository(tx).prune(before, kPrunedAtOnce);
  };
  while (database_.write(some) == kPrunedAtOnce) {
  }
}

}  // namespace clipcourier::http
