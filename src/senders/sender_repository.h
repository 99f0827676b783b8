#pragma once

#include <optional>
#include <string>
#include <vector>

#include "db/connection.h"
#include "senders/sender.h"

namespace clipcourier::senders {

// Every statement of the table senders. Borrows a connection; what it changes needs a transaction.
class SenderRepository {
 public:
  explicit SenderRepository(db::Connection& connection) : connection_(connection) {}

  std::optional<Sender> find(SenderId id);
  std::optional<Sender> findByExternalId(const std::string& channel, const std::string& externalId);
  std::vector<Sender> list(SenderId after, int limit);  // by rising id
  std::vector<Sender> ofChannel(const std::string& channel);
  std::vector<Sender> ofAccount(const std::string& channel, const std::string& accountId);

  // Error(conflict) when the channel has a sender of that external id.
  Sender add(const SenderInput& input, TimePoint now);
  // False when the row is gone or has another version.
  bool update(SenderId id, std::int64_t version, const SenderInput& input, TimePoint now);
  // What the provider said; no edit, so the version stays. The members of this JSON object replace
  // those of the same name; the others stay.
  void mergeDetails(SenderId id, const std::string& json);
  void setDisplayAddress(SenderId id, const std::string& displayAddress);  // an empty one: nothing

  // Active senders whose templates are to be read from the provider by now.
  std::vector<SenderId> templatesDue(TimePoint now);
  void setTemplatesDue(SenderId id, TimePoint due);
  // As soon as possible, for all senders of the account.
  void wantTemplates(const std::string& channel, const std::string& accountId);

 private:
  db::Connection& connection_;
};

}  // namespace clipcourier::senders
