#pragma once

#include <optional>
#include <string>
#include <vector>

#include "channels/channel.h"
#include "db/connection.h"
#include "messages/attempt_token.h"
#include "messages/retry_policy.h"

namespace clipcourier::messages {

// What a provider refused, in an answer or in a failed receipt.
struct Problem {
  AttemptRef attempt;
  int code = 0;  // 0: without one
  channels::Reaction reaction = channels::Reaction::fix;
  bool temporary = false;
  bool listed = true;  // the channel knows this code
  Millis after{0};     // temporary: at least so long
  Millis asked{0};     // what the provider itself asked for; 0: nothing
  int maxTries = 0;    // temporary: give up after so many; 0: the policy's limit
  bool byReceipt = false;
};
// None for an answer that refuses nothing.
std::optional<Problem> problemOf(AttemptRef attempt, const channels::SendOutcome& outcome,
                                 const channels::Channel& channel);
// Of a failed receipt.
Problem problemOf(AttemptRef attempt, const channels::ErrorInfo& error, int code);
std::string codeText(const Problem& problem, const char* without);

struct ReactionSettings {
  Millis scopeHold{60'000};  // how long a scope rests at least
  // A campaign pauses itself when so many of so many sends were refused for what they are.
  int guardFailures = 20, guardWindow = 50;
};

// What errors ask for, whichever way they came. Each concerns its message (tried again, or given
// up) and may concern more: the recipient's other messages, now or in later campaigns, the sender's
// rate, a template in one language, a number, an account, everything with the same token, or the
// whole campaign. Pure but for the transaction; thread-safe.
class Reactions {
 public:
  Reactions(RetryPolicy retry, ReactionSettings settings) : retry_(retry), settings_(settings) {}

  // How long the message waits for its next try; none: it has failed for good. A message whose
  // whole scope waits never fails for that, unless the error itself limits the tries.
  std::optional<Millis> nextTry(const Problem& problem) const;

  // Writes what reaches beyond the messages themselves, which have been moved before.
  void apply(db::Transaction& tx, const std::vector<Problem>& problems, TimePoint now) const;

 private:
  struct Subject;
  struct Extent;
  void collect(const Problem& problem, const Subject& subject, Extent& extent) const;
  Millis holdFor(const Problem& problem) const;

  RetryPolicy retry_;
  ReactionSettings settings_;
};

}  // namespace clipcourier::messages
