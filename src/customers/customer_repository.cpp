#include "customers/customer_repository.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>

#include "base/error.h"
#include "customers/json_rows.h"

namespace clipcourier::customers {
namespace {

using Json = nlohmann::json;

namespace sql {
constexpr auto load = R"sql(
  SELECT c.id, c.external_ref, c.name, c.locale, c.attributes, c.created_at_ms, c.updated_at_ms,
         c.version
  FROM {rows} JOIN customers c ON c.id = CAST(e.value->>'id' AS BIGINT) ORDER BY c.id)sql";
constexpr auto loadIdentities = R"sql(
  SELECT i.customer_id, i.kind, i.value
  FROM {rows} JOIN customer_identities i ON i.customer_id = CAST(e.value->>'id' AS BIGINT))sql";
constexpr auto loadTags = R"sql(
  SELECT t.customer_id, t.tag
  FROM {rows} JOIN customer_tags t ON t.customer_id = CAST(e.value->>'id' AS BIGINT)
  ORDER BY t.customer_id, t.tag)sql";

constexpr auto listAll = "SELECT id FROM customers WHERE id > $1 ORDER BY id LIMIT $2";
constexpr auto listTagged = R"sql(
  SELECT customer_id FROM customer_tags WHERE tag = $1 AND customer_id > $2
  ORDER BY customer_id LIMIT $3)sql";

constexpr auto owners = R"sql(
  SELECT i.kind, i.value, i.customer_id
  FROM {rows} JOIN customer_identities i ON i.kind = e.value->>'kind' AND i.value = e.value->>'value')sql";
constexpr auto ownersOfRefs = R"sql(
  SELECT c.external_ref, c.id FROM {rows} JOIN customers c ON c.external_ref = e.value->>'ref')sql";

constexpr auto newIdsPostgres =
    "SELECT nextval(pg_get_serial_sequence('customers', 'id')) FROM generate_series(1, $1)";
// The one writer inserts with these ids in the same transaction, which moves the sequence on.
constexpr auto lastIdSqlite = "SELECT seq FROM sqlite_sequence WHERE name = 'customers'";

constexpr auto insert = R"sql(
  INSERT INTO customers (id, external_ref, name, locale, attributes, created_at_ms, updated_at_ms)
  SELECT CAST(e.value->>'id' AS BIGINT), e.value->>'ref', e.value->>'name', e.value->>'locale',
         e.value->>'attributes', CAST(e.value->>'at' AS BIGINT), CAST(e.value->>'at' AS BIGINT)
  FROM {rows})sql";
constexpr auto update = R"sql(
  UPDATE customers SET external_ref = e.value->>'ref', name = e.value->>'name',
    locale = e.value->>'locale', attributes = e.value->>'attributes',
    updated_at_ms = CAST(e.value->>'at' AS BIGINT), version = version + 1
  FROM {rows}
  WHERE customers.id = CAST(e.value->>'id' AS BIGINT)
    AND customers.version = CAST(e.value->>'version' AS BIGINT))sql";
constexpr auto dropIdentities = R"sql(
  DELETE FROM customer_identities
  WHERE customer_id IN (SELECT CAST(e.value->>'id' AS BIGINT) FROM {rows}))sql";
constexpr auto dropTags = R"sql(
  DELETE FROM customer_tags
  WHERE customer_id IN (SELECT CAST(e.value->>'id' AS BIGINT) FROM {rows}))sql";
constexpr auto addIdentities = R"sql(
  INSERT INTO customer_identities (customer_id, kind, value, created_at_ms)
  SELECT CAST(e.value->>'id' AS BIGINT), e.value->>'kind', e.value->>'value',
         CAST(e.value->>'at' AS BIGINT)
  FROM {rows})sql";
constexpr auto learn = R"sql(
  INSERT INTO customer_identities (customer_id, kind, value, created_at_ms)
  VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING)sql";
constexpr auto rename = R"sql(
  UPDATE customer_identities SET value = $1 WHERE kind = $2 AND value = $3
    AND NOT EXISTS (SELECT 1 FROM customer_identities o WHERE o.kind = $2 AND o.value = $1))sql";
constexpr auto addTags = R"sql(
  INSERT INTO customer_tags (customer_id, tag)
  SELECT CAST(e.value->>'id' AS BIGINT), e.value->>'tag' FROM {rows})sql";
}  // namespace sql

std::string rowsOf(const std::vector<Customer>& customers, TimePoint now) {
  Json rows = Json::array();
  for (const Customer& c : customers) {
    Json row = {{"id", c.id.value},   {"name", c.name},
                {"locale", c.locale}, {"attributes", Json(c.attributes).dump()},
                {"at", toMs(now)},    {"version", c.version}};
    if (c.externalRef) row["ref"] = *c.externalRef;
    rows.push_back(std::move(row));
  }
  return rows.dump();
}

Json idRow(CustomerId id) { return {{"id", id.value}}; }

template <class Range>
std::string idRows(const Range& ids) {
  Json rows = Json::array();
  for (const CustomerId id : ids) rows.push_back(idRow(id));
  return rows.dump();
}

Identity sameNumber(const Identity& identity) {
  if (identity.kind == IdentityKind::whatsapp) return {IdentityKind::phone, "+" + identity.value};
  if (identity.kind == IdentityKind::phone)
    return {IdentityKind::whatsapp, identity.value.substr(1)};
  return identity;
}

}  // namespace

std::optional<Customer> CustomerRepository::find(CustomerId id) {
  auto found = load({id});
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<Customer> CustomerRepository::list(const CustomerFilter& filter) {
  const auto rows =
      filter.tag
          ? connection_.query<CustomerId>(sql::listTagged, *filter.tag, filter.after, filter.limit)
          : connection_.query<CustomerId>(sql::listAll, filter.after, filter.limit);
  std::vector<CustomerId> ids;
  for (const auto& [id] : rows) ids.push_back(id);
  return load(ids);
}

std::vector<Customer> CustomerRepository::load(const std::vector<CustomerId>& ids) {
  std::vector<Customer> customers;
  if (ids.empty()) return customers;
  const std::string rows = idRows(ids);
  std::unordered_map<CustomerId, std::size_t> at;
  for (auto& [id, ref, name, locale, attributes, created, updated, version] :
       connection_.query<CustomerId, std::optional<std::string>, std::string, std::string,
                         std::string, TimePoint, TimePoint, int>(overRows(connection_, sql::load),
                                                                 rows)) {
    if (!at.emplace(id, customers.size()).second) continue;  // asked for twice
    Customer c;
    c.id = id;
    c.externalRef = std::move(ref);
    c.name = std::move(name);
    c.locale = std::move(locale);
    c.attributes = Json::parse(attributes).get<Attributes>();
    c.createdAt = created;
    c.updatedAt = updated;
    c.version = version;
    customers.push_back(std::move(c));
  }
  for (auto& [id, kind, value] : connection_.query<CustomerId, std::string, std::string>(
           overRows(connection_, sql::loadIdentities), rows))
    if (const auto found = at.find(id); found != at.end())
      customers[found->second].identities.push_back({*identityKind(kind), std::move(value)});
  for (auto& [id, tag] :
       connection_.query<CustomerId, std::string>(overRows(connection_, sql::loadTags), rows))
    if (const auto found = at.find(id); found != at.end())
      customers[found->second].tags.push_back(std::move(tag));
  for (Customer& c : customers) {  // sorted as the database does not: by bytes
    std::ranges::sort(c.identities);
    std::ranges::sort(c.tags);
    c.tags.erase(std::ranges::unique(c.tags).begin(), c.tags.end());
    c.identities.erase(std::ranges::unique(c.identities).begin(), c.identities.end());
  }
  return customers;
}

std::optional<CustomerId> CustomerRepository::owner(const Identity& identity) {
  const auto found = owners({identity, sameNumber(identity)});
  for (const IdentityOwner& o : found)
    if (o.identity == identity) return o.customer;
  if (found.empty()) return std::nullopt;
  return found.front().customer;
}

void CustomerRepository::learn(const std::vector<IdentityOwner>& told, TimePoint now) {
  std::vector<Identity> identities;
  for (const IdentityOwner& each : told) {
    identities.push_back(each.identity);
    identities.push_back(sameNumber(each.identity));
  }
  std::set<Identity> known;
  for (const IdentityOwner& each : owners(identities)) known.insert(each.identity);
  for (const auto& [identity, customer] : told)
    if (!known.contains(sameNumber(identity)) && known.insert(identity).second)
      connection_.run(sql::learn, customer, std::string(name(identity.kind)), identity.value, now);
}

bool CustomerRepository::rename(const Identity& from, const Identity& to) {
  return connection_.run(sql::rename, to.value, std::string(name(from.kind)), from.value) > 0;
}

std::optional<CustomerId> CustomerRepository::ownerOfRef(const std::string& externalRef) {
  return connection_.scalar<CustomerId>("SELECT id FROM customers WHERE external_ref = $1",
                                        externalRef);
}

std::vector<CustomerRepository::IdentityOwner> CustomerRepository::owners(
    const std::vector<Identity>& identities) {
  std::vector<IdentityOwner> result;
  if (identities.empty()) return result;
  Json rows = Json::array();
  for (const Identity& i : identities) rows.push_back({{"kind", name(i.kind)}, {"value", i.value}});
  for (auto& [kind, value, customer] : connection_.query<std::string, std::string, CustomerId>(
           overRows(connection_, sql::owners), rows.dump()))
    result.push_back({{*identityKind(kind), std::move(value)}, customer});
  return result;
}

std::vector<CustomerRepository::RefOwner> CustomerRepository::ownersOfRefs(
    const std::vector<std::string>& externalRefs) {
  std::vector<RefOwner> result;
  if (externalRefs.empty()) return result;
  Json rows = Json::array();
  for (const std::string& ref : externalRefs) rows.push_back({{"ref", ref}});
  for (auto& [ref, customer] : connection_.query<std::string, CustomerId>(
           overRows(connection_, sql::ownersOfRefs), rows.dump()))
    result.push_back({std::move(ref), customer});
  return result;
}

std::vector<CustomerId> CustomerRepository::newIds(std::size_t count) {
  std::vector<CustomerId> ids;
  if (connection_.engine() == db::Engine::postgresql) {
    for (const auto& [id] : connection_.query<CustomerId>(sql::newIdsPostgres, count))
      ids.push_back(id);
    return ids;
  }
  const auto last = connection_.scalar<std::int64_t>(sql::lastIdSqlite).value_or(0);
  for (std::size_t i = 1; i <= count; ++i) ids.push_back({last + static_cast<std::int64_t>(i)});
  return ids;
}

void CustomerRepository::insert(std::vector<Customer>& customers, TimePoint now) {
  if (customers.empty()) return;
  const auto ids = newIds(customers.size());
  for (std::size_t i = 0; i < customers.size(); ++i) {
    customers[i].id = ids[i];
    customers[i].version = 1;
    customers[i].createdAt = customers[i].updatedAt = now;
  }
  connection_.run(overRows(connection_, sql::insert), rowsOf(customers, now));
  writeDetails(customers, now);
}

void CustomerRepository::replace(std::vector<Customer>& customers, TimePoint now) {
  if (customers.empty()) return;
  const std::string rows = rowsOf(customers, now);
  const auto changed = connection_.run(overRows(connection_, sql::update), rows);
  if (changed != static_cast<std::int64_t>(customers.size()))
    throw Error(ErrorKind::conflict, "a customer was changed by somebody else",
                "read the customer again and repeat the change", "customer.changed");
  connection_.run(overRows(connection_, sql::dropIdentities), rows);
  connection_.run(overRows(connection_, sql::dropTags), rows);
  writeDetails(customers, now);
  for (Customer& c : customers) {
    ++c.version;
    c.updatedAt = now;
  }
}

void CustomerRepository::writeDetails(const std::vector<Customer>& customers, TimePoint now) {
  Json identities = Json::array(), tags = Json::array();
  for (const Customer& c : customers) {
    for (const Identity& i : c.identities)
      identities.push_back(
          {{"id", c.id.value}, {"kind", name(i.kind)}, {"value", i.value}, {"at", toMs(now)}});
    for (const std::string& tag : c.tags) tags.push_back({{"id", c.id.value}, {"tag", tag}});
  }
  if (!identities.empty())
    connection_.run(overRows(connection_, sql::addIdentities), identities.dump());
  if (!tags.empty()) connection_.run(overRows(connection_, sql::addTags), tags.dump());
}

}  // namespace clipcourier::customers
