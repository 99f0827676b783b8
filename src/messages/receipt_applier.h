#pragma once

#include <vector>

#include "channels/channel.h"
#include "db/connection.h"
#include "messages/attempt_token.h"
#include "messages/counters.h"
#include "messages/message.h"
#include "messages/reactions.h"

namespace clipcourier::messages {

struct ReceiptSummary {
  int advanced = 0;                                        // attempts that moved
  int unmatched = 0;                                       // receipts of nothing we sent
  std::vector<std::pair<CustomerId, TimePoint>> optedOut;  // the provider says they want no more
};

// Writes what receipts tell, in any order and number: attempts move forward by rank, in SQL, so
// that two workers cannot race; a message shows its best attempt; failures have the same effect as
// refusals in an answer. Thread-safe; borrows its arguments.
class ReceiptApplier {
 public:
  ReceiptApplier(const AttemptToken& tokens, const channels::Channel& channel, Reactions reactions)
      : tokens_(tokens), channel_(channel), reactions_(reactions) {}
  ReceiptSummary apply(db::Transaction& tx, const std::vector<channels::StatusEvent>& events,
                       TimePoint now) const;

 private:
  struct Matched;
  struct News {  // a receipt that did not come before, of delivery or reading
    MessageId message;
    MessageState state;
    TimePoint at;
  };
  std::vector<Matched> match(db::Transaction& tx, const std::vector<channels::StatusEvent>& events,
                             ReceiptSummary& summary) const;
  std::vector<Matched> advanceAttempts(db::Transaction& tx, const std::vector<Matched>& matched,
                                       TimePoint now) const;
  std::vector<News> addEvents(db::Transaction& tx, const std::vector<Matched>& matched) const;
  void advanceMessages(db::Transaction& tx, const std::vector<Matched>& advanced,
                       const std::vector<News>& news, TimePoint now, ReceiptSummary& summary) const;

  const AttemptToken& tokens_;
  const channels::Channel& channel_;
  Reactions reactions_;
};

}  // namespace clipcourier::messages
