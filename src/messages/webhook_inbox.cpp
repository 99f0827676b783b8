#include "messages/webhook_inbox.h"

#include "base/error.h"
#include "base/text.h"
#include "db/batch.h"
#include "messages/id_list.h"

namespace clipcourier::messages {
namespace {

namespace sql {
constexpr auto store = R"sql(
  INSERT INTO webhooks (channel, received_at_ms, body, state, due_at_ms)
  VALUES ($1, $2, $3, 'stored', $2))sql";
constexpr auto waiting = R"sql(
  SELECT id, channel, body, attempts FROM webhooks
  WHERE state = 'stored' AND channel = $1 AND due_at_ms <= $2 ORDER BY due_at_ms, id LIMIT $3)sql";
constexpr auto lock = "SELECT id FROM webhooks WHERE id IN {ids $1} AND state = 'stored'";
constexpr auto applied = R"sql(
  UPDATE webhooks SET state = 'applied', applied_at_ms = $1, error = NULL WHERE id IN {ids $2})sql";
constexpr auto failed = R"sql(
  UPDATE webhooks SET state = $1, attempts = attempts + 1, error = $2,
    due_at_ms = coalesce($3, due_at_ms)
  WHERE id = $4)sql";
}  // namespace sql

}  // namespace

void WebhookInbox::store(const std::string& channel, const std::string& body, TimePoint now) {
  if (!text::isUtf8(body))
    throw Error(ErrorKind::invalidInput, "the webhook is no UTF-8 text", "send JSON in UTF-8");
  db_.write([&](db::Transaction& tx) { tx.run(sql::store, channel, now, body); });
}

std::vector<StoredWebhook> WebhookInbox::waiting(const std::string& of, TimePoint now, int most) {
  std::vector<StoredWebhook> list;
  db_.read([&](db::Connection& connection) {
    for (auto& [id, channel, body, attempts] :
         connection.query<WebhookId, std::string, std::string, int>(sql::waiting, of, now, most))
      list.push_back({id, channel, std::move(body), attempts});
  });
  return list;
}

std::vector<WebhookId> WebhookInbox::lock(db::Transaction& tx, const std::vector<WebhookId>& ids) {
  std::string statement = db::forBatch(sql::lock, tx.engine());
  if (tx.engine() == db::Engine::postgresql) statement += " ORDER BY id FOR UPDATE SKIP LOCKED";
  std::vector<WebhookId> locked;
  for (auto& [id] : tx.query<WebhookId>(statement, idList(ids))) locked.push_back(id);
  return locked;
}

void WebhookInbox::markApplied(db::Transaction& tx, const std::vector<WebhookId>& ids,
                               TimePoint now) {
  tx.run(db::forBatch(sql::applied, tx.engine()), now, idList(ids));
}

void WebhookInbox::markFailed(db::Transaction& tx, WebhookId id, const std::string& error,
                              std::optional<TimePoint> due) {
  tx.run(sql::failed, due ? "stored" : "failed", error, due, id);
}

}  // namespace clipcourier::messages
