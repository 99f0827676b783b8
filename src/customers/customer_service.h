#pragma once

#include <functional>
#include <string>

#include "base/actor.h"
#include "customers/customer_repository.h"
#include "db/database.h"
#include "users/audit_log.h"

namespace clipcourier::customers {

struct CustomerSettings {
  std::string region = "DE";  // whose numbering plan applies to numbers without a country code
};

// Making and changing customers. Thread-safe; borrows its arguments.
//
// Throws Error: invalidInput with a detail for each mistake; notFound; conflict "customer.taken"
// with a detail for each address or external_ref that belongs to somebody else (where = the field,
// what names that customer's id), and conflict "customer.changed" when `version` is not the current
// one. Nothing has changed then.
class CustomerService {
 public:
  CustomerService(db::Database& database, const Clock& clock, CustomerSettings settings,
                  const users::AuditLog& audit);

  Customer create(const CustomerData& data, const Actor& actor);
  // Changes what `edit` changes. `version` none: whatever is there (for single identities and
  // tags).
  Customer change(CustomerId id, std::optional<std::int64_t> version,
                  const std::function<void(CustomerData&)>& edit, const Actor& actor);

  Customer get(CustomerId id) const;
  std::vector<Customer> list(const CustomerFilter& filter) const;
  // By exact address, in any form people write it; none when nobody has it.
  std::optional<Customer> findByIdentity(IdentityKind kind, const std::string& value) const;
  std::optional<Customer> findByRef(const std::string& externalRef) const;

 private:
  void requireFree(db::Connection& connection, const CustomerData& data,
                   std::optional<CustomerId> except) const;
  template <class F>
  Customer writeOrExplain(F&& write);

  db::Database& database_;
  const Clock& clock_;
  CustomerSettings settings_;
  const users::AuditLog& audit_;
};

}  // namespace clipcourier::customers
