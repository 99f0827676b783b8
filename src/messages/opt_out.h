#pragma once

#include <string>

#include "customers/consent_service.h"
#include "messages/queue.h"

namespace clipcourier::messages {

// Somebody wants no more messages on a channel: consent withdrawn and everything that waits
// skipped, in the caller's transaction, so that it is one commit. Thread-safe; borrows the consent
// service.
class OptOut {
 public:
  explicit OptOut(const customers::ConsentService& consents) : consents_(consents) {}

  // `at` is when the customer acted; `reason` is that of the skipped messages. Returns how many
  // were skipped: none when the customer has agreed again since then.
  int apply(db::Transaction& tx, CustomerId customer, const std::string& channel,
            const customers::ConsentProof& proof, TimePoint at, TimePoint now,
            const std::string& reason = "opt_out") const;

 private:
  const customers::ConsentService& consents_;
};

}  // namespace clipcourier::messages
