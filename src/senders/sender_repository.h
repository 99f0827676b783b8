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

  // Error(conflict) when the channel has a sender of that external id.
  Sender add(const SenderInput& input, TimePoint now);
  // False when the row is gone or has another version.
  bool update(SenderId id, std::int64_t version, const SenderInput& input, TimePoint now);
  // What the provider said; no edit, so the version stays.
  void setDetails(SenderId id, const std::string& json, const std::string& displayAddress);

 private:
  db::Connection& connection_;
};

}  // namespace clipcourier::senders
