#pragma once

#include <vector>

#include "base/clock.h"
#include "db/connection.h"
#include "messages/message.h"

namespace clipcourier::messages {

// A person whom the channel could not reach in so many campaigns one after the other gets no more
// messages on it: each costs money and the number's good name. They are asked again with another
// address, after a newer consent, and when they write to us.
inline constexpr int kMostCampaignsUnreached = 3;

// Every statement that writes the table `unreached`. Borrows a connection in a transaction.
class UnreachedRepository {
 public:
  explicit UnreachedRepository(db::Connection& connection) : db_(connection) {}
  // The channel says of these messages that it cannot reach whom they are for. Each campaign counts
  // once; what was delivered meanwhile starts the count anew.
  void note(const std::vector<MessageId>& messages, TimePoint now);

 private:
  db::Connection& db_;
};

}  // namespace clipcourier::messages
