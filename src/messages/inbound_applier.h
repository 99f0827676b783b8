#pragma once

#include <vector>

#include "channels/webhook_event.h"
#include "customers/customer_repository.h"
#include "db/connection.h"
#include "messages/counters.h"
#include "messages/opt_out.h"

namespace clipcourier::messages {

struct InboundSummary {
  int replies = 0, taps = 0, optOuts = 0, repeated = 0;
  int unmatched = 0;  // to a number that is not ours
};

// What people wrote and tapped: a STOP is obeyed at once; it, the first tap of another button and
// the first reply are counted once per message. Whoever writes without quoting answers the newest
// message that reached them lately. A STOP from an address we do not know makes a customer that
// holds nothing but the address and the withdrawal, so that a later import cannot bring it back.
// Thread-safe; borrows its arguments.
class InboundApplier {
 public:
  // With `confirmStops` the first STOP since a person agreed is answered once, without advertising.
  InboundApplier(std::string channel, const OptOut& optOut, bool confirmStops = false)
      : channel_(std::move(channel)), optOut_(optOut), confirmStops_(confirmStops) {}

  void apply(db::Transaction& tx, const channels::WebhookEvent& event,
             const channels::InboundMessage& message, TimePoint now, InboundSummary& summary) const;
  void apply(db::Transaction& tx, const channels::PreferenceEvent& preference, TimePoint now,
             InboundSummary& summary) const;
  // The consent was that of the old number: what waits for it is skipped, the consent ends, and the
  // new number is written down as somebody who has agreed to nothing yet.
  void apply(db::Transaction& tx, const channels::NumberChanged& change, TimePoint now,
             InboundSummary& summary) const;
  // The same person under another id of the provider.
  void apply(db::Transaction& tx, const channels::UserIdChanged& change, TimePoint now) const;

 private:
  struct Answered;
  std::optional<Answered> answered(db::Transaction& tx, const std::string& providerId) const;
  std::optional<CustomerId> writer(db::Transaction& tx, const std::string& waId,
                                   const std::string& userId) const;
  CustomerId newCustomer(db::Transaction& tx, const std::string& waId, const std::string& userId,
                         TimePoint now) const;
  CustomerId writerOrNew(db::Transaction& tx, const std::string& waId, const std::string& userId,
                         TimePoint now) const;
  void learn(db::Transaction& tx, CustomerId customer, const channels::InboundMessage& message,
             TimePoint now) const;
  void optOut(db::Transaction& tx, CustomerId customer, const channels::WebhookEvent& event,
              const channels::InboundMessage& message, TimePoint now,
              InboundSummary& summary) const;
  void confirmStop(db::Transaction& tx, SenderId sender, CustomerId customer,
                   const channels::InboundMessage& message, TimePoint now) const;
  std::optional<Answered> latest(db::Transaction& tx, CustomerId customer, SenderId sender,
                                 TimePoint now) const;
  void mark(db::Transaction& tx, const Answered& message, const channels::InboundMessage& answer,
            bool stop, TimePoint at, InboundSummary& summary) const;

  std::string channel_;
  const OptOut& optOut_;
  bool confirmStops_;
};

}  // namespace clipcourier::messages
