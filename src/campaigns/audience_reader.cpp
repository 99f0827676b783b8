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

std::int64_t AudienceReader::unreachable() {
  const std::string statement = std::string("SELECT count(*)") + sql::from + sql::notReachable +
                                (byTag_ ? sql::tagged : sql::anyTag);
  return *db_.scalar<std::int64_t>(db::forBatch(statement, db_.engine()), channel_, purpose_,
                                   tags_);
}

}  // namespace clipcourier::campaigns
