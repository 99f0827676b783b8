#include "campaigns/audience_reader.h"

#include <nlohmann/json.hpp>

#include "db/batch.h"

namespace clipcourier::campaigns {
namespace {

namespace sql {
// A phone number is preferred: it works for every kind of template.
constexpr auto from = R"sql(
  FROM consents k JOIN customers c ON c.id = k.customer_id
  LEFT JOIN customer_identities p ON p.customer_id = c.id AND p.kind = 'phone'
  LEFT JOIN customer_identities b ON b.customer_id = c.id AND b.kind = 'bsuid'
  WHERE k.channel = $1 AND k.purpose = $2 AND k.state = 'given' )sql";
constexpr auto reachable = " AND (p.value IS NOT NULL OR b.value IS NOT NULL) ";
constexpr auto notReachable = " AND p.value IS NULL AND b.value IS NULL ";
constexpr auto tagged = R"sql(
  AND EXISTS (SELECT 1 FROM customer_tags t WHERE t.customer_id = k.customer_id AND t.tag IN {texts $3}) )sql";
constexpr auto anyTag = " AND $3 = '[]' ";  // keeps the numbers of the placeholders
constexpr auto page = " AND k.customer_id > $4 ORDER BY k.customer_id LIMIT $5";
}  // namespace sql

}  // namespace

AudienceReader::AudienceReader(db::Connection& connection, Audience audience, std::string channel,
                               std::string purpose)
    : db_(connection),
      channel_(std::move(channel)),
      purpose_(std::move(purpose)),
      tags_(nlohmann::json(audience.tags).dump()),
      byTag_(!audience.tags.empty()) {}

std::vector<Member> AudienceReader::page(CustomerId after, int limit) {
  const std::string statement =
      std::string("SELECT k.customer_id, coalesce(p.value, b.value), c.locale") + sql::from +
      sql::reachable + (byTag_ ? sql::tagged : sql::anyTag) + sql::page;
  std::vector<Member> members;
  for (auto& [customer, address, locale] : db_.query<CustomerId, std::string, std::string>(
           db::forBatch(statement, db_.engine()), channel_, purpose_, tags_, after, limit))
    members.push_back({customer, std::move(address), std::move(locale)});
  return members;
}

std::int64_t AudienceReader::count() {
  const std::string statement = std::string("SELECT count(*)") + sql::from + sql::reachable +
                                (byTag_ ? sql::tagged : sql::anyTag);
  return *db_.scalar<std::int64_t>(db::forBatch(statement, db_.engine()), channel_, purpose_,
                                   tags_);
}

std::map<std::string, std::int64_t> AudienceReader::locales() {
  const std::string statement = std::string("SELECT c.locale, count(*)") + sql::from +
                                sql::reachable + (byTag_ ? sql::tagged : sql::anyTag) +
                                " GROUP BY c.locale";
  std::map<std::string, std::int64_t> found;
  for (auto& [locale, count] : db_.query<std::string, std::int64_t>(
           db::forBatch(statement, db_.engine()), channel_, purpose_, tags_))
    found[locale] = count;
  return found;
}

FieldLengths AudienceReader::longest() {
  const std::string statement =
      std::string(
          "SELECT max(length(c.name)), max(length(c.external_ref)), max(length(c.attributes))") +
      sql::from + sql::reachable + (byTag_ ? sql::tagged : sql::anyTag);
  using Length = std::optional<std::int64_t>;
  const auto row = db_.queryOne<Length, Length, Length>(db::forBatch(statement, db_.engine()),
                                                        channel_, purpose_, tags_);
  const auto& [name, ref, attributes] = *row;
  return {name.value_or(0), ref.value_or(0), attributes.value_or(0)};
}

std::vector<Reader> AudienceReader::readers(CustomerId after, int limit) {
  const std::string statement =
      std::string("SELECT k.customer_id, c.locale, c.name, c.external_ref, c.attributes") +
      sql::from + sql::reachable + (byTag_ ? sql::tagged : sql::anyTag) + sql::page;
  std::vector<Reader> found;
  for (auto& [customer, locale, name, ref, attributes] :
       db_.query<CustomerId, std::string, std::string, std::string, std::string>(
           db::forBatch(statement, db_.engine()), channel_, purpose_, tags_, after, limit))
    found.push_back({customer, std::move(locale), messages::recipientOf(name, ref, attributes)});
  return found;
}

std::int64_t AudienceReader::unreachable() {
  const std::string statement = std::string("SELECT count(*)") + sql::from + sql::notReachable +
                                (byTag_ ? sql::tagged : sql::anyTag);
  return *db_.scalar<std::int64_t>(db::forBatch(statement, db_.engine()), channel_, purpose_,
                                   tags_);
}

}  // namespace clipcourier::campaigns
