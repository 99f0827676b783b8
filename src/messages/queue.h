#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "customers/consent.h"
#include "db/connection.h"
#include "messages/attempt_token.h"
#include "messages/composer.h"
#include "messages/counters.h"
#include "messages/message.h"

// The send queue: what the dispatcher does to the tables messages and attempts.
namespace clipcourier::messages {

// A campaign whose messages may go out now: running, and none of its scopes is held.
struct Lane {
  CampaignId campaign;
  SenderId sender;
  std::string channel, purpose;
  int perSecond = 80;                       // of the sender now, shared by its lanes
  std::vector<std::string> languages = {};  // only these can be sent now; empty: all
};

// A due message that may go out.
struct Claimed {
  MessageId id;
  CustomerId customer;
  std::string address, language;
  Recipient recipient;
};

// What came of an attempt, as it is recorded.
struct AttemptResult {
  AttemptRef attempt;
  MessageState attemptBecomes = MessageState::unknown;  // accepted, failed or unknown
  MessageState messageBecomes = MessageState::unknown;  // accepted, failed, unknown or held (retry)
  std::string providerId;                               // accepted only
  std::string code;                                     // failed, held or unknown: why
  std::optional<TimePoint> dueAt;                       // held only
};

std::vector<Lane> openLanes(db::Connection& connection, TimePoint now);
// When the next message of a running campaign is due, later than `after`; none when none waits.
std::optional<TimePoint> nextDue(db::Connection& connection, TimePoint after);

// Works inside one transaction; call finish() at its end.
class Queue {
 public:
  Queue(db::Transaction& tx, TimePoint now) : tx_(tx), now_(now) {}

  // The due messages of a lane, no more than `most` and than its sender's rate allows, whose tokens
  // are taken. Until the transaction ends nobody else changes them. Whoever has no consent any more
  // is skipped instead; a lane that is paused or held by now gives nothing.
  std::vector<Claimed> claim(const Lane& lane, int most);
  // Whether the last claim() got nothing only because the sender's rate allows nothing yet.
  bool lackedTokens() const { return lackedTokens_; }
  // Of claimed messages, writes the attempts that are about to be made. Only the returned ones may
  // be sent, once the transaction is durable; the others were stopped, and of a lane that is paused
  // or held by now it is none.
  std::vector<AttemptRef> begin(const Lane& lane, const std::vector<MessageId>& ids,
                                TimePoint deadline);
  // Claimed messages that cannot be composed: failed for good, without an attempt.
  void fail(const Lane& lane, const std::vector<MessageId>& ids, const std::string& code);
  void record(const std::vector<AttemptResult>& results);
  // Unknown messages whose fate a person decided on: these attempts, if they are still their
  // newest. Resent ones wait for their next turn, given up ones have failed; a late receipt of the
  // attempt still counts. Returns how many.
  int resend(const std::vector<AttemptRef>& attempts);
  int giveUp(const std::vector<AttemptRef>& attempts);

  // What a crash left: attempts without an answer become unknown once their time is over. With
  // `all`, every one of them, because no other dispatcher can be at work. Returns how many.
  int recover(bool all);
  // Everything of this customer that waits on this channel is skipped. Returns how many.
  int skipWaiting(CustomerId customer, const std::string& channel, const std::string& code);

  // These wait for another try, which needs a campaign that sends: a completed one runs again, and
  // of a cancelled one they are skipped.
  void waitAgain(const std::vector<MessageId>& held);

  // Those of them that are still in `from`: never sent, for this reason. Returns how many.
  int skip(const std::vector<MessageId>& ids, MessageState from, const std::string& code);

  void finish() { counters_.write(tx_); }

 private:
  struct Candidate {
    MessageId id;
    CountedState state;
    std::optional<customers::ConsentId> consent;
  };
  struct Before {  // of a claimed message
    CountedState state;
    customers::ConsentId consent;
  };
  std::vector<Candidate> candidates(const Lane& lane, int most);
  // Those whose recipients the provider spares wait for the end of that, and are left out.
  void putOffSpared(const Lane& lane, std::vector<Candidate>& candidates);
  bool isOpen(const Lane& lane);
  std::vector<MessageId> skipRefused(const std::vector<Candidate>& candidates);
  std::vector<Claimed> recipients(const std::vector<MessageId>& ids);
  std::map<MessageId, std::string> reasonsOf(const std::vector<MessageId>& ids, MessageState state);
  void addEvent(const std::vector<MessageId>& ids, const std::string& kind,
                const std::string& code);
  std::vector<MessageId> apply(const std::vector<AttemptResult>& results, MessageState from);
  void addEvents(const std::vector<AttemptResult>& results);
  int settleUnknown(const std::vector<AttemptRef>& attempts, AttemptResult becomes);

  db::Transaction& tx_;
  TimePoint now_;
  CounterChanges counters_;
  std::map<MessageId, Before> claimed_;
  bool lackedTokens_ = false;
};

}  // namespace clipcourier::messages
