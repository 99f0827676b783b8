#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "customers/customer.h"
#include "db/connection.h"

namespace clipcourier::customers {

struct CustomerFilter {
  CustomerId after;  // ids above this one
  int limit = 50;
  std::optional<std::string> tag;
};

// Every statement of customers, customer_identities and customer_tags. Works on one connection,
// which it borrows; what it changes needs a transaction. One thread.
class CustomerRepository {
 public:
  explicit CustomerRepository(db::Connection& connection) : connection_(connection) {}

  std::optional<Customer> find(CustomerId id);
  std::vector<Customer> list(const CustomerFilter& filter);        // by rising id
  std::vector<Customer> load(const std::vector<CustomerId>& ids);  // those that exist, by rising id

  // Who an address belongs to. A WhatsApp id is also looked for as a phone number, and the other
  // way.
  std::optional<CustomerId> owner(const Identity& identity);
  std::optional<CustomerId> ownerOfRef(const std::string& externalRef);

  // Owners of many at once; what belongs to nobody is missing.
  struct IdentityOwner {
    Identity identity;
    CustomerId customer;
  };
  struct RefOwner {
    std::string externalRef;
    CustomerId customer;
  };
  std::vector<IdentityOwner> owners(const std::vector<Identity>& identities);
  std::vector<RefOwner> ownersOfRefs(const std::vector<std::string>& externalRefs);

  // Addresses that a provider told us, when neither they nor this kind of the customer's are known
  // yet.
  void learn(const std::vector<IdentityOwner>& told, TimePoint now);
  // Gives an identity another value. False when it is not there or the new one is somebody's.
  bool rename(const Identity& from, const Identity& to);
  // New rows; each customer gets its id, version 1 and times. Error(conflict) when an address or
  // external_ref is taken.
  void insert(std::vector<Customer>& customers, TimePoint now);
  // Replaces all data of rows that exist, and raises their versions. Error(conflict) when a row was
  // changed since it was read, by its version; nothing may be kept then.
  void replace(std::vector<Customer>& customers, TimePoint now);

 private:
  void writeDetails(const std::vector<Customer>& customers, TimePoint now);
  std::vector<CustomerId> newIds(std::size_t count);

  db::Connection& connection_;
};

}  // namespace clipcourier::customers
