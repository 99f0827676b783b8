#pragma once

#include <string>
#include <vector>

#include "channels/channel.h"
#include "messages/opt_out.h"
#include "messages/queue.h"
#include "messages/reactions.h"

namespace clipcourier::messages {

// What the provider said to one attempt, or that nothing came.
struct Answer {
  AttemptRef attempt;
  CustomerId customer;
  std::string address;  // it was sent to
  SenderId sender;
  const channels::Channel* channel = nullptr;
  channels::SendOutcome outcome;
};

// Turns answers into states: accepted, held for another try, failed, or unknown, and has errors
// that speak of more than this message their effect. Pure but for the transaction; thread-safe.
class AnswerRecorder {
 public:
  AnswerRecorder(const OptOut& optOut, Reactions reactions)
      : optOut_(optOut), reactions_(reactions) {}

  void record(db::Transaction& tx, const std::vector<Answer>& answers, TimePoint now) const;

 private:
  AttemptResult resultOf(const Answer& answer, TimePoint now) const;
  void obeyOptOut(db::Transaction& tx, const Answer& answer, int code, TimePoint now) const;
  void learnIdentities(db::Transaction& tx, const std::vector<Answer>& answers,
                       TimePoint now) const;

  const OptOut& optOut_;
  Reactions reactions_;
};

}  // namespace clipcourier::messages
