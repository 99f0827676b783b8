#include "messages/webhook_intake.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "db/batch.h"

namespace clipcourier::messages {
namespace {

namespace sql {
constexpr auto store = R"sql(
  INSERT INTO webhooks (channel, received_at_ms, body, state, due_at_ms)
  VALUES ($1, $2, $3, 'stored', $2))sql";
constexpr auto storeAll = R"sql(
  INSERT INTO webhooks (channel, received_at_ms, body, state, due_at_ms)
  SELECT x.channel, x.at_ms, x.body, 'stored', x.at_ms
  FROM {rows $1 channel text, at_ms bigint, body text})sql";
}  // namespace sql

constexpr std::size_t kMostTogether = 1'000'000;  // bytes in one commit; one may be larger

}  // namespace

void WebhookIntake::store(const std::string& channel, const std::string& body, TimePoint now) {
  if (!text::isUtf8(body))
    throw Error(ErrorKind::invalidInput, "the webhook is no UTF-8 text", "send JSON in UTF-8");
  if (db_.engine() == db::Engine::sqlite)
    return db_.write([&](db::Transaction& tx) { tx.run(sql::store, channel, now, body); });
  Waiting mine{channel, body, now};
  std::unique_lock lock(mutex_);
  waiting_.push_back(&mine);
  stored_.wait(lock, [&] { return mine.done || !storing_; });
  if (!mine.done) storeWaiting(lock);  // my turn, with all that came meanwhile
  if (mine.error) std::rethrow_exception(mine.error);
}

void WebhookIntake::storeWaiting(std::unique_lock<std::mutex>& lock) noexcept {
  storing_ = true;
  const std::vector<Waiting*> list = std::exchange(waiting_, {});
  std::exception_ptr away;
  for (Some left = list; !left.empty();) {
    const Some some = left.first(fitting(left));
    left = left.subspan(some.size());
    lock.unlock();
    away = storeTogether(some, away);
    lock.lock();
    for (Waiting* one : some) one->done = true;
    stored_.notify_all();
  }
  storing_ = false;
  stored_.notify_all();
}

std::size_t WebhookIntake::fitting(Some list) {
  std::size_t count = 1, bytes = list[0]->body.size();
  while (count < list.size() && (bytes += list[count]->body.size()) <= kMostTogether) ++count;
  return count;
}

// What only one of them is to blame for takes no other with it. Returns the error of a database
// that is away, which ends the tries of all others too; `away` is that of earlier ones.
std::exception_ptr WebhookIntake::storeTogether(Some list, std::exception_ptr away) noexcept {
  if (!away) try {
      write(list);
      return nullptr;
    } catch (const std::exception& e) {
      if (isTemporary(e)) {
        away = std::current_exception();
      } else if (list.size() == 1) {
        list.front()->error = std::current_exception();
        return nullptr;
      }
    }
  for (std::size_t i = 0; i < list.size(); ++i)
    if (away)
      list[i]->error = away;
    else
      away = storeTogether(list.subspan(i, 1), nullptr);
  return away;
}

void WebhookIntake::write(Some list) {
  nlohmann::json rows = nlohmann::json::array();
  for (const Waiting* one : list)
    rows.push_back({{"channel", one->channel}, {"at_ms", toMs(one->at)}, {"body", one->body}});
  const std::string text = rows.dump();
  db_.write([&](db::Transaction& tx) { tx.run(db::forBatch(sql::storeAll, tx.engine()), text); });
}

}  // namespace clipcourier::messages
