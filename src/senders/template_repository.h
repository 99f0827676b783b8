#pragma once

#include <optional>
#include <string>
#include <vector>

#include "db/connection.h"
#include "senders/sender.h"

namespace clipcourier::senders {

// Every statement of the table templates. Borrows a connection; what it changes needs a
// transaction.
class TemplateRepository {
 public:
  explicit TemplateRepository(db::Connection& connection) : connection_(connection) {}

  std::optional<SenderTemplate> find(SenderId sender, const std::string& name,
                                     const std::string& language);
  // By name and language; those that are gone at the provider too.
  std::vector<SenderTemplate> ofSender(SenderId sender);

  enum class Change { none, added, changed };
  Change put(SenderId sender, const channels::Template& what, TimePoint now);
  // Marks those a sync that began at `syncedAt` did not see. Returns how many are newly missing.
  std::int64_t markMissing(SenderId sender, TimePoint syncedAt);
  // The template of every sender of an account, as webhooks name it: "en-US" and "en_US" are the
  // same language. Without a name, by the provider's id.
  std::vector<SenderTemplate> ofAccount(const std::string& channel, const std::string& accountId,
                                        const std::string& name, const std::string& language,
                                        const std::string& providerId);
  // What a webhook says before the next sync: status, category, quality, reason.
  void change(const SenderTemplate& to);

 private:
  db::Connection& connection_;
};

}  // namespace clipcourier::senders
