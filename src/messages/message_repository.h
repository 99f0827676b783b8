#pragma once

#include <optional>
#include <vector>

#include "db/connection.h"
#include "messages/attempt_token.h"
#include "messages/message.h"

namespace clipcourier::messages {

// Narrows a list; all that is given must hold.
struct MessageFilter {
  std::optional<CampaignId> campaign;
  std::optional<CustomerId> customer;
  std::optional<MessageState> state;  // only together with a campaign or a customer
};

// Messages whose answer was lost; all that is given must hold.
struct UnknownFilter {
  std::optional<CampaignId> campaign;
  std::optional<SenderId> sender;
  TimePoint triedBefore;           // their newest attempt began
  bool probablyNeverSent = false;  // only those
  int mostAttempts = 0;            // made so far; 0: any number
};

// Messages as people look at them; what changes them is in queue.h and the appliers. Borrows the
// connection.
class MessageRepository {
 public:
  explicit MessageRepository(db::Connection& connection) : db_(connection) {}

  std::optional<Message> find(MessageId id);
  // Newest first; those older than `before`, all when that is 0. Reads about `limit` rows however
  // many there are. Throws Error(invalidInput) for a state alone.
  std::vector<Message> list(const MessageFilter& filter, MessageId before, int limit);
  // As list(), but of the unknown ones, of which an index leads the way. `patience` as below.
  std::vector<Message> unknown(const UnknownFilter& filter, MessageId before, int limit,
                               TimePoint now, Millis patience);
  // Their newest attempts, by message, after `after`.
  std::vector<AttemptRef> unknownAttempts(const UnknownFilter& filter, MessageId after, int limit,
                                          TimePoint now, Millis patience);
  std::int64_t countUnknown(const UnknownFilter& filter, TimePoint now, Millis patience);
  // In the order things happened, beginning with 'queued'.
  std::vector<MessageEvent> timeline(const Message& message);
  std::vector<Attempt> attempts(MessageId id);  // by number
  // When the youngest attempt of this sender began of which a receipt says that it was sent.
  std::optional<TimePoint> youngestConfirmed(SenderId sender);

 private:
  std::string sendersOf(const UnknownFilter& filter, TimePoint now, Millis patience);
  db::Connection& db_;
};

// Whether a message whose answer was lost will hardly have been sent: its attempt is older than
// `patience`, and the sender's younger attempts have got their receipts.
bool probablyNeverSent(const Message& message, std::optional<TimePoint> youngestConfirmed,
                       TimePoint now, Millis patience);

}  // namespace clipcourier::messages
