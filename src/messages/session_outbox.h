#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "channels/webhook_event.h"
#include "db/connection.h"
#include "messages/message.h"

namespace clipcourier::messages {

using SessionMessageId = Id<struct SessionMessageTag>;

// A free message that is about to be sent.
struct SessionDue {
  SessionMessageId id;
  SenderId sender;
  std::string address;  // "+491701234567" or a business-scoped user id
  std::string text;
};

// What came of it.
struct SessionResult {
  SessionMessageId id;
  MessageState state = MessageState::unknown;  // accepted, failed, unknown, or queued: once more
  std::string providerId, code;
  TimePoint dueAt{};  // queued only
};

// The table session_messages: free messages within a day of what a person wrote. The same
// discipline as for attempts: a message is `sending` and committed before its request, and one
// whose answer was lost is `unknown` until a receipt tells; it is never sent again.
class SessionOutbox {
 public:
  explicit SessionOutbox(db::Transaction& tx) : tx_(tx) {}

  // Does nothing when the customer has one for the same cause. `cause` is what it answers, sent by
  // the customer at `answers`: from then on the provider's 24 hours count.
  void add(SenderId sender, CustomerId customer, const std::string& address,
           const std::string& kind, const std::string& cause, const std::string& text,
           TimePoint answers, TimePoint now);
  std::vector<SessionDue> begin(TimePoint now, int most);
  void record(const std::vector<SessionResult>& results, TimePoint now);
  void apply(const std::vector<channels::StatusEvent>& receipts, TimePoint now);
  // What was interrupted becomes unknown, and what was not sent while it was allowed is skipped.
  int settle(TimePoint now);

  // Whether a STOP of this customer is the first since they last agreed. To be asked before it
  // takes effect.
  bool isFirstStop(CustomerId customer, const std::string& channel);

  // Travels as biz_opaque_callback_data: "s1.7".
  static std::string opaque(SessionMessageId id);

 private:
  db::Transaction& tx_;
};

}  // namespace clipcourier::messages
