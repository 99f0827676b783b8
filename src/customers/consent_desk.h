#pragma once

#include <optional>
#include <string>
#include <vector>

#include "customers/consent_service.h"
#include "customers/wording_repository.h"
#include "users/audit_log.h"

namespace clipcourier::customers {

// An act of a customer as a caller reports it.
struct ConsentAct {
  std::string channel, purpose;
  std::string wording;  // "name@version/language"; not for a withdrawal
  ConsentProof proof;
  std::optional<TimePoint> at;  // now when missing
};

// All that proves, or disproves, what one customer agreed to.
struct ConsentHistory {
  std::vector<Consent> current;
  std::vector<LedgerEntry> entries;  // by seq; a part of them
};

// Consents and wordings for callers from outside: one transaction each, with its audit row.
// Thread-safe; borrows its arguments. Errors as ConsentService, and notFound for the customer.
class ConsentDesk {
 public:
  ConsentDesk(db::Database& database, const ConsentService& consents, const users::AuditLog& audit,
              const Clock& clock)
      : database_(database), consents_(consents), audit_(audit), clock_(clock) {}

  Consent request(CustomerId customer, const ConsentAct& act, const Actor& actor);
  Consent give(CustomerId customer, const ConsentAct& act, const Actor& actor);
  std::vector<Consent> withdraw(CustomerId customer, const ConsentAct& act, const Actor& actor);
  // With the first `limit` entries of a seq above `after`.
  ConsentHistory history(CustomerId customer, std::int64_t after, int limit) const;

  // Throws Error(invalidInput) with a detail for each mistake.
  Wording addWording(const Wording& wording, const Actor& actor);
  std::vector<Wording> wordings(WordingId after, int limit) const;

 private:
  ConsentFact factOf(db::Transaction& tx, CustomerId customer, const ConsentAct& act,
                     const Actor& actor) const;
  void record(db::Transaction& tx, const Actor& actor, const char* action,
              const ConsentFact& fact) const;

  db::Database& database_;
  const ConsentService& consents_;
  const users::AuditLog& audit_;
  const Clock& clock_;
};

}  // namespace clipcourier::customers
