#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "db/database.h"

namespace clipcourier::messages {

using WebhookId = Id<struct WebhookTag>;

struct StoredWebhook {
  WebhookId id;
  std::string channel, body;
  int attempts = 0;
};

// Webhooks between the provider's request and their effect; WebhookIntake stores them.
class WebhookInbox {
 public:
  explicit WebhookInbox(db::Database& database) : db_(database) {}

  // The oldest that are due: at most `most`, and no more bytes than fit into memory at once.
  std::vector<StoredWebhook> waiting(const std::string& channel, TimePoint now, int most);

  // Of these, the ones that still wait, kept from other nodes until the transaction ends.
  static std::vector<WebhookId> lock(db::Transaction& tx, const std::vector<WebhookId>& ids);
  static void markApplied(db::Transaction& tx, const std::vector<WebhookId>& ids, TimePoint now);
  // A part of it, or all, is of a kind we do not know: it is kept longer.
  static void markUnknown(db::Transaction& tx, WebhookId id, int parts);
  // Applying failed: again at `due`, or never when `due` is none. `error` holds no contents.
  static void markFailed(db::Transaction& tx, WebhookId id, const std::string& error,
                         std::optional<TimePoint> due);

  // Deletes what arrived before `applied` and is done, and what arrived before `others` and holds
  // unknown parts or could not be applied; what waits stays. In short transactions, a limited
  // number of them: returns how many are gone.
  std::int64_t prune(TimePoint applied, TimePoint others);

 private:
  std::vector<WebhookId> next(const std::string& channel, TimePoint now, int most);

  db::Database& db_;
};

}  // namespace clipcourier::messages
