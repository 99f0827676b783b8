#include "messages/webhook_inbox.h"

#include <algorithm>

#include "db/batch.h"
#include "messages/id_list.h"

namespace clipcourier::messages {
namespace {

namespace sql {
constexpr auto waiting = R"sql(
  SELECT id, length(body) FROM webhooks
  WHERE state = 'stored' AND channel = $1 AND due_at_ms <= $2 ORDER BY due_at_ms, id LIMIT $3)sql";
constexpr auto load = R"sql(
  SELECT id, channel, body, attempts FROM webhooks WHERE id IN {ids $1} ORDER BY due_at_ms, id)sql";
constexpr auto unknown = "UPDATE webhooks SET unknown_parts = $1 WHERE id = $2";
constexpr auto prune = R"sql(
  DELETE FROM webhooks WHERE id IN (
    SELECT id FROM webhooks WHERE state <> 'stored' AND received_at_ms < $1
      AND received_at_ms < CASE WHEN state = 'applied' AND unknown_parts = 0 THEN CAST($2 AS BIGINT)
                                ELSE CAST($3 AS BIGINT) END
    ORDER BY received_at_ms LIMIT $4))sql";
constexpr auto lock = "SELECT id FROM webhooks WHERE id IN {ids $1} AND state = 'stored'";
constexpr auto applied = R"sql(
  UPDATE webhooks SET state = 'applied', applied_at_ms = $1, error = NULL WHERE id IN {ids $2})sql";
constexpr auto failed = R"sql(
  UPDATE webhooks SET state = $1, attempts = attempts + 1, error = $2,
    due_at_ms = coalesce($3, due_at_ms)
  WHERE id = $4)sql";
}  // namespace sql

constexpr std::int64_t kMostCharacters = 8'000'000;  // of bodies that are read at once
constexpr int kPrunedAtOnce = 100;                   // bodies may be large: short transactions
constexpr int kMostPruneRounds = 200;

}  // namespace

std::vector<StoredWebhook> WebhookInbox::waiting(const std::string& of, TimePoint now, int most) {
  const std::vector<WebhookId> ids = next(of, now, most);
  std::vector<StoredWebhook> list;
  if (ids.empty()) return list;
  db_.read([&](db::Connection& connection) {
    for (auto& [id, channel, body, attempts] :
         connection.query<WebhookId, std::string, std::string, int>(
             db::forBatch(sql::load, connection.engine()), idList(ids)))
      list.push_back({id, channel, std::move(body), attempts});
  });
  return list;
}

std::vector<WebhookId> WebhookInbox::next(const std::string& of, TimePoint now, int most) {
  std::vector<WebhookId> ids;
  std::int64_t characters = 0;
  db_.snapshot([&](db::Connection& connection) {
    // In the index's order: statistics never know how many wait, and sorting all of them for each
    // batch would make a long queue longer. For this statement alone.
    if (connection.engine() == db::Engine::postgresql)
      connection.run("SET LOCAL enable_sort = off");
    for (auto& [id, length] :
         connection.query<WebhookId, std::int64_t>(sql::waiting, of, now, most)) {
      characters += length;
      if (!ids.empty() && characters > kMostCharacters) break;
      ids.push_back(id);
    }
  });
  return ids;
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

void WebhookInbox::markUnknown(db::Transaction& tx, WebhookId id, int parts) {
  tx.run(sql::unknown, parts, id);
}

void WebhookInbox::markFailed(db::Transaction& tx, WebhookId id, const std::string& error,
                              std::optional<TimePoint> due) {
  tx.run(sql::failed, due ? "stored" : "failed", error, due, id);
}

std::int64_t WebhookInbox::prune(TimePoint applied, TimePoint others) {
  std::int64_t gone = 0;
  for (int round = 0; round < kMostPruneRounds; ++round) {
    const std::int64_t some = db_.write([&](db::Transaction& tx) {
      return tx.run(sql::prune, std::max(applied, others), applied, others, kPrunedAtOnce);
    });
    gone += some;
    if (some < kPrunedAtOnce) break;
  }
  return gone;
}

}  // namespace clipcourier::messages
