#pragma once

#include <string>
#include <vector>

#include "channels/channel.h"
#include "messages/opt_out.h"
#include "messages/queue.h"
#include "messages/retry_policy.h"

namespace clipcourier::messages {

// What the provider said to one attempt, or that nothing came.
struct Answer {
  AttemptRef attempt;
  CustomerId customer;
  std::string address;  // it was sent to
  SenderId sender;
  std::string templateKey;  // templateKey(...) of what was sent
  const channels::Channel* channel = nullptr;
  channels::SendOutcome outcome;
};

// Turns answers into states: accepted, held for another try, failed, or unknown. An error that
// speaks of more than this message (token, number, account, template) holds that scope and keeps
// the message. Pure but for the transaction; thread-safe.
class AnswerRecorder {
 public:
  AnswerRecorder(const OptOut& optOut, RetryPolicy retry, Millis scopeHold)
      : optOut_(optOut), retry_(retry), scopeHold_(scopeHold) {}

  void record(db::Transaction& tx, const std::vector<Answer>& answers, TimePoint now) const;

 private:
  AttemptResult resultOf(const Answer& answer, TimePoint now) const;
  AttemptResult held(const Answer& answer, int code, Millis after, TimePoint now) const;
  void react(db::Transaction& tx, const Answer& answer, TimePoint now) const;
  void learnIdentity(db::Transaction& tx, const Answer& answer, TimePoint now) const;

  const OptOut& optOut_;
  RetryPolicy retry_;
  Millis scopeHold_;
};

}  // namespace clipcourier::messages
