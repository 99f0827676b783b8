#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "customers/consent_chain.h"
#include "db/database.h"

namespace clipcourier::customers {

// What does not hold, by the first entry or row of its kind. Never holds a payload.
struct ConsentFault {
  std::int64_t seq = 0;      // of the ledger entry; 0 when it is about a current-state row
  std::int64_t consent = 0;  // id of the current-state row, or 0
  std::string what;
};

struct ConsentReport {
  std::int64_t entries = 0, erased = 0, consents = 0;
  std::int64_t headSeq = 0;
  std::string headChain;             // write it down elsewhere: it proves the ledger up to here
  std::vector<ConsentFault> faults;  // the chain's first, then at most a hundred of the state
  bool whole() const { return faults.empty(); }
};

// Walks the ledger in pages, recomputes the chain, and checks that what is true now follows from
// it. Runs beside writers; entries appended meanwhile are left out. Memory is bounded by a page.
class ConsentVerifier {
 public:
  ConsentVerifier(db::Database& database, const crypto::KeyRing& keys, int pageSize = 2'000)
      : database_(database), chain_(keys), pageSize_(pageSize) {}

  ConsentReport verify();

 private:
  void verifyChain(ConsentReport& report);
  bool verifyPage(ConsentReport& report, std::int64_t& seq, std::string& chain);
  std::string faultOf(const LedgerEntry& entry, std::int64_t seq, const std::string& chain) const;
  void verifyState(ConsentReport& report);
  void verifyMissingRows(ConsentReport& report);

  db::Database& database_;
  ConsentChain chain_;
  int pageSize_;
};

// For people, a few lines ending with what to do.
std::string toText(const ConsentReport& report);

}  // namespace clipcourier::customers
