#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
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

// A message lent to one dispatcher until its lease ends.
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

  // Takes as many tokens of the sender's rate as there are due messages, at most `most`, and lends
  // that many to `owner`. Whoever has no consent any more is skipped instead.
  std::vector<Claimed> claim(const Lane& lane, int most, const std::string& owner, TimePoint lease);
  // Whether the last claim() got nothing only because the sender's rate allows nothing yet.
  bool lackedTokens() const { return lackedTokens_; }
  // Writes the attempts that are about to be made. Only the returned ones may be sent; the others
  // were stopped, paused or lost their lease since, and are given back.
  std::vector<AttemptRef> begin(const std::vector<MessageId>& ids, const std::string& owner,
                                TimePoint deadline);
  void record(const std::vector<AttemptResult>& results);
  // Unknown messages whose fate a person decided on: these attempts, if they are still their
  // newest. Resent ones wait for their next turn, given up ones have failed; a late receipt of the
  // attempt still counts. Returns how many.
  int resend(const std::vector<AttemptRef>& attempts);
  int giveUp(const std::vector<AttemptRef>& attempts);
  // Claimed messages that cannot be composed: failed for good, without an attempt.
  void fail(const std::vector<MessageId>& ids, const std::string& owner, const std::string& code);
  void giveBack(const std::vector<MessageId>& ids, const std::string& owner);

  // What a crash left: leases that ended go back, attempts without an answer become unknown. With
  // `all`, every one of them, because no other dispatcher can be at work. Returns how many
  // attempts.
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
    bool consented;
  };
  std::vector<Candidate> candidates(const Lane& lane, int most);
  // Those whose recipients the provider spares wait for the end of that, and are left out.
  void putOffSpared(const Lane& lane, std::vector<Candidate>& candidates);
  std::vector<MessageId> notHeld(const std::vector<MessageId>& ids);
  std::vector<Claimed> lend(const Lane& lane, const std::vector<Candidate>& candidates,
                            const std::string& owner, TimePoint lease);
  std::map<MessageId, std::string> reasonsOf(const std::vector<MessageId>& ids, MessageState state);
  void addEvent(const std::vector<MessageId>& ids, const std::string& kind,
                const std::string& code);
  std::vector<MessageId> apply(const std::vector<AttemptResult>& results, MessageState from);
  void addEvents(const std::vector<AttemptResult>& results);
  int settleUnknown(const std::vector<AttemptRef>& attempts, AttemptResult becomes);

  db::Transaction& tx_;
  TimePoint now_;
  CounterChanges counters_;
  bool lackedTokens_ = false;
};

}  // namespace clipcourier::messages
