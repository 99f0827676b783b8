#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "db/connection.h"

namespace clipcourier::messages {

// The provider spares this person for a time: what any campaign has for them on the same channel
// and for the same purpose waits until then.
struct CoolOff {
  std::string code;  // of the provider's refusal
  TimePoint until;
};

// Every statement of the table `cool_offs`. Borrows a connection; note() needs a transaction.
class CoolOffRepository {
 public:
  explicit CoolOffRepository(db::Connection& connection) : db_(connection) {}
  // The provider refused this message to spare whom it is for. Of two cool-offs the longer counts.
  void note(MessageId message, const CoolOff& coolOff);
  // Those of these messages, all of one channel and purpose, whose recipients are spared now.
  std::map<MessageId, CoolOff> of(const std::vector<MessageId>& messages,
                                  const std::string& channel, const std::string& purpose,
                                  TimePoint now);

 private:
  db::Connection& db_;
};

}  // namespace clipcourier::messages
