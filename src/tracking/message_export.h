#pragma once

#include <optional>
#include <string>
#include <vector>

#include "db/database.h"
#include "messages/message.h"

namespace clipcourier::tracking {

// One message of a campaign with all that became of it.
struct ExportedMessage {
  MessageId id;
  CustomerId customer;
  std::string externalRef, customerName, address, language;
  messages::MessageState state = messages::MessageState::queued;
  std::string reason;
  int attempts = 0;
  TimePoint createdAt, stateAt;
  std::optional<TimePoint> deliveredAt, readAt, openedAt, repliedAt, tappedAt, optedOutAt;
  int watchRank = 0;  // messages.watch_rank
  std::string tapped;
};

// All messages of a campaign, page by page in the order of their ids, each at most once. Every page
// is a read of its own, so nothing is held while the caller writes; a message shows what it was
// when its page was read. With a state, only those that are in it then. Borrows the database.
class MessageExport {
 public:
  MessageExport(db::Database& database, CampaignId campaign,
                std::optional<messages::MessageState> state, int pageSize = 500);
  std::vector<ExportedMessage> next();  // empty at the end

 private:
  db::Database& database_;
  const CampaignId campaign_;
  const std::optional<messages::MessageState> state_;
  const int pageSize_;
  MessageId after_{0}, last_{0};
};

}  // namespace clipcourier::tracking
