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
  if (!text::isUtf8(body) || body.find('\0') != std::string::npos)
    throw Error(ErrorKind::invalidInput, "the webhook is no UTF-8 text", "send JSON in UTF-8");
  if (db_.engine() == db::Engine::sqlite)
    return db_.write([&](db::Transaction& tx) { tx.run(sql::store, channel, now, body); });
  Waiting mine{channel, body, now};
  std::unique_lock lock(mutex_);
  waiting_.push_back(&mine);
  stored_.wait(lock, [&] { return mine.done || !storing_; });
  if (!mine.done) {  // my turn, with all that came meanwhile
    storing_ = true;
    const std::vector<Waiting*> list = std::exchange(waiting_, {});
    lock.unlock();
    storeAll(list);
    lock.lock();
    storing_ = false;
    for (Waiting* one : list) one->done = true;
    stored_.notify_all();
  }
  if (mine.error) std::rethrow_exception(mine.error);
}

void WebhookIntake::storeAll(Some list) noexcept {
  while (!list.empty()) {
    std::size_t count = 1, bytes = list[0]->body.size();
    while (count < list.size() && (bytes += list[count]->body.size()) <= kMostTogether) ++count;
    storeTogether(list.first(count));
    list = list.subspan(count);
  }
}

// What only one of them is to blame for takes no other with it.
void WebhookIntake::storeTogether(Some list) noexcept {
  try {
    nlohmann::json rows = nlohmann::json::array();
    for (const Waiting* one : list)
      rows.push_back({{"channel", one->channel}, {"at_ms", toMs(one->at)}, {"body", one->body}});
    const std::string text = rows.dump();
    db_.write([&](db::Transaction& tx) { tx.run(db::forBatch(sql::storeAll, tx.engine()), text); });
  } catch (const std::exception& e) {
    if (list.size() > 1 && !isTemporary(e))
      for (std::size_t i = 0; i < list.size(); ++i) storeTogether(list.subspan(i, 1));
    else
      for (Waiting* one : list) one->error = std::current_exception();
  }
}

}  // namespace clipcourier::messages
