#pragma once

#include <string>
#include <vector>

#include "base/actor.h"
#include "base/crypto.h"
#include "customers/consent_repository.h"
#include "customers/consent_rules.h"
#include "db/database.h"

namespace clipcourier::customers {

// A withdrawal as it reaches us. kEvery as channel or purpose: all of them, also those to come.
struct Withdrawal {
  CustomerId customer;
  std::string channel, purpose;
  ConsentProof proof;
  TimePoint at;  // when the customer acted
  Actor actor;
};

struct ConsentOutcome {
  Verdict verdict = Verdict::record;
  Consent now;  // what is true afterwards; without id where nothing was ever recorded
};

// Records what customers agree to and take back: the ledger and the current state in the caller's
// transaction, so that it commits together with what follows from it. Thread-safe; borrows the
// clock.
//
//   database.write([&](db::Transaction& tx) {
//     consents.withdraw(tx, {customer, "whatsapp", std::string(kEvery), proof, at, actor});
//     skipWaiting(tx, customer);
//   });
//
// One writer at a time: the first call in a transaction waits for others that append, and holds
// them off until the transaction ends. So keep that transaction short, and take other locks before.
class ConsentService {
 public:
  ConsentService(const crypto::KeyRing& keys, const Clock& clock) : chain_(keys), clock_(clock) {}

  // Asked for (double opt-in): proves nothing yet, and revives nothing.
  ConsentOutcome request(db::Transaction& tx, const ConsentFact& fact) const;

  // Given by an act of the customer, with wording and proof. Throws Error(invalidInput) when
  // something that the law wants is missing or the wording does not cover channel and purpose, and
  // Error(conflict) "consent.withdrawn" when the customer withdrew later than `fact.at`.
  ConsentOutcome give(db::Transaction& tx, const ConsentFact& fact) const;

  // Never refused, and a moment in the future counts as now. Returns each row that is withdrawn
  // now.
  std::vector<ConsentOutcome> withdraw(db::Transaction& tx, const Withdrawal& withdrawal) const;

  // Many facts of an import, in order; their proof is complete. Never revives: such a fact comes
  // back as keptWithdrawn and leaves no trace.
  std::vector<ConsentOutcome> recordImported(db::Transaction& tx,
                                             const std::vector<ConsentFact>& facts) const;

 private:
  class Batch;
  ConsentChain chain_;
  const Clock& clock_;
};

// What is still missing in a fact that says "given", as problem codes; empty when nothing is.
std::vector<std::string> missingIn(const ConsentFact& fact, TimePoint now);

}  // namespace clipcourier::customers
