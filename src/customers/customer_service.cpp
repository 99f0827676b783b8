#include "customers/customer_service.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "customers/customer_input.h"

namespace clipcourier::customers {
namespace {

using Json = nlohmann::json;

Error noSuchCustomer() {
  return Error(ErrorKind::notFound, "there is no such customer", "look the id up in the list",
               "customer.unknown");
}

ErrorDetail takenBy(CustomerId owner, const std::string& where) {
  return {"customer.taken", where, "belongs to customer " + std::to_string(owner.value)};
}

// For the audit log: which fields, never what stands in them.
Json changedFields(const CustomerData& before, const CustomerData& now) {
  Json fields = Json::array();
  const auto add = [&](bool changed, const char* field) {
    if (changed) fields.push_back(field);
  };
  add(before.externalRef != now.externalRef, "external_ref");
  add(before.name != now.name, "name");
  add(before.locale != now.locale, "locale");
  add(before.identities != now.identities, "identities");
  add(before.tags != now.tags, "tags");
  add(before.attributes != now.attributes, "attributes");
  return {{"fields", std::move(fields)}};
}

}  // namespace

CustomerService::CustomerService(db::Database& database, const Clock& clock,
                                 CustomerSettings settings, const users::AuditLog& audit)
    : database_(database), clock_(clock), settings_(std::move(settings)), audit_(audit) {}

void CustomerService::requireFree(db::Connection& connection, const CustomerData& data,
                                  std::optional<CustomerId> except) const {
  CustomerRepository repository(connection);
  std::vector<ErrorDetail> taken;
  if (data.externalRef)
    if (const auto owner = repository.ownerOfRef(*data.externalRef); owner && owner != except)
      taken.push_back(takenBy(*owner, "external_ref"));
  for (const auto& owned : repository.owners(data.identities))
    if (owned.customer != except)
      taken.push_back(
          takenBy(owned.customer, "identities." + std::string(name(owned.identity.kind))));
  if (!taken.empty())
    throw Error(ErrorKind::conflict, "an address or external_ref belongs to another customer",
                "change that customer, or leave the address out", "customer.taken")
        .with(std::move(taken));
}

// Two requests may pass requireFree() at once; the loser meets the constraint, and asked again it
// gets the answer that names the winner.
template <class F>
Customer CustomerService::writeOrExplain(F&& write) {
  try {
    return database_.write(write);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::conflict || error.code() != name(ErrorKind::conflict)) throw;
  }
  return database_.write(write);
}

Customer CustomerService::create(const CustomerData& data, const Actor& actor) {
  const CustomerData clean = cleanCustomer(data, settings_.region);
  return writeOrExplain([&](db::Transaction& tx) {
    requireFree(tx, clean, std::nullopt);
    std::vector<Customer> created(1);
    static_cast<CustomerData&>(created[0]) = clean;
    CustomerRepository(tx).insert(created, clock_.now());
    audit_.record(tx, actor, "customer.created", "customer", created[0].id.value, Json::object());
    return created[0];
  });
}

Customer CustomerService::change(CustomerId id, std::optional<std::int64_t> version,
                                 const std::function<void(CustomerData&)>& edit,
                                 const Actor& actor) {
  return writeOrExplain([&](db::Transaction& tx) {
    CustomerRepository repository(tx);
    const auto before = repository.find(id);
    if (!before) throw noSuchCustomer();
    if (version && *version != before->version)
      throw Error(ErrorKind::conflict, "the customer was changed by somebody else",
                  "read the customer again and repeat the change", "customer.changed");
    CustomerData data = *before;
    edit(data);
    data = cleanCustomer(data, settings_.region);
    if (data == *before) return *before;
    requireFree(tx, data, id);
    std::vector<Customer> changed{*before};
    static_cast<CustomerData&>(changed[0]) = data;
    repository.replace(changed, clock_.now());
    audit_.record(tx, actor, "customer.changed", "customer", id.value,
                  changedFields(*before, data));
    return changed[0];
  });
}

Customer CustomerService::get(CustomerId id) const {
  auto found = database_.read([&](db::Connection& c) { return CustomerRepository(c).find(id); });
  if (!found) throw noSuchCustomer();
  return std::move(*found);
}

std::vector<Customer> CustomerService::list(const CustomerFilter& filter) const {
  return database_.read([&](db::Connection& c) { return CustomerRepository(c).list(filter); });
}

std::optional<Customer> CustomerService::findByIdentity(IdentityKind kind,
                                                        const std::string& value) const {
  const auto clean = cleanIdentity(kind, value, settings_.region);
  if (!clean.ok()) return std::nullopt;
  return database_.read([&](db::Connection& c) -> std::optional<Customer> {
    CustomerRepository repository(c);
    const auto owner = repository.owner({kind, clean.value});
    return owner ? repository.find(*owner) : std::nullopt;
  });
}

std::optional<Customer> CustomerService::findByRef(const std::string& externalRef) const {
  return database_.read([&](db::Connection& c) -> std::optional<Customer> {
    CustomerRepository repository(c);
    const auto owner = repository.ownerOfRef(externalRef);
    return owner ? repository.find(*owner) : std::nullopt;
  });
}

}  // namespace clipcourier::customers
