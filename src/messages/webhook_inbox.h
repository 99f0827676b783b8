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

// Webhooks between the provider's request and their effect: stored before the 200, applied after.
class WebhookInbox {
 public:
  explicit WebhookInbox(db::Database& database) : db_(database) {}

  // Returns when durable. `body` is the signed text; one that is no valid UTF-8 is refused with
  // Error(invalidInput), because JSON cannot be anything else.
  void store(const std::string& channel, const std::string& body, TimePoint now);
  std::vector<StoredWebhook> waiting(const std::string& channel, TimePoint now, int most);

  // Of these, the ones that still wait, kept from other nodes until the transaction ends.
  static std::vector<WebhookId> lock(db::Transaction& tx, const std::vector<WebhookId>& ids);
  static void markApplied(db::Transaction& tx, const std::vector<WebhookId>& ids, TimePoint now);
  // Applying failed: again at `due`, or never when `due` is none. `error` holds no contents.
  static void markFailed(db::Transaction& tx, WebhookId id, const std::string& error,
                         std::optional<TimePoint> due);

 private:
  db::Database& db_;
};

}  // namespace clipcourier::messages
