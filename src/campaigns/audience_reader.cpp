#include "campaigns/audience_reader.h"

#include <nlohmann/json.hpp>

#include "db/batch.h"
#include "messages/unreached.h"

namespace clipcourier::campaigns {
namespace {

namespace sql {
// A phone number is preferred: it works for every kind of template.
constexpr auto from = R"sql(
  FROM consents k JOIN customers c ON c.id = k.customer_id
  LEFT JOIN customer_identities p ON p.customer_id = c.id AND p.kind = 'phone'
  LEFT JOIN customer_identities b ON b.customer_id = c.id AND b.kind = 'bsuid'
  WHERE k.channel = $1 AND k.purpose = $2 AND k.state = 'given' )sql";
// See messages/unreached.h.
const std::string unreached = R"sql( EXISTS (
  SELECT 1 FROM unreached u
  WHERE u.customer_id = k.customer_id AND u.channel = k.channel
    AND u.address = coalesce(p.value, b.value) AND u.at_ms >= k.changed_at_ms
    AND u.campaigns >= )sql" + std::to_string(messages::kMostCampaignsUnreached) +
                              R"sql(
    AND NOT EXISTS (SELECT 1 FROM session_windows w JOIN senders s ON s.id = w.sender_id
                    WHERE w.customer_id = u.customer_id AND s.channel = u.channel
                      AND w.last_inbound_ms > u.at_ms)) )sql";
const std::string reachable =
    " AND (p.value IS NOT NULL OR b.value IS NOT NULL) AND NOT" + unreached;
const std::string notReached = " AND" + unreached;
constexpr auto noAddress = " AND p.value IS NULL AND b.value IS NULL ";
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
      select("k.customer_id, coalesce(p.value, b.value), c.locale", sql::reachable, sql::page);
  std::vector<Member> members;
  for (auto& [customer, address, locale] : db_.query<CustomerId, std::string, std::string>(
           statement, channel_, purpose_, tags_, after, limit))
    members.push_back({customer, std::move(address), std::move(locale)});
  return members;
}

std::int64_t AudienceReader::count() { return number(sql::reachable); }
std::int64_t AudienceReader::withoutAddress() { return number(sql::noAddress); }
std::int64_t AudienceReader::unreached() { return number(sql::notReached); }

std::map<std::string, std::int64_t> AudienceReader::locales() {
  const std::string statement = select("c.locale, count(*)", sql::reachable, " GROUP BY c.locale");
  std::map<std::string, std::int64_t> found;
  for (auto& [locale, count] :
       db_.query<std::string, std::int64_t>(statement, channel_, purpose_, tags_))
    found[locale] = count;
  return found;
}

FieldLengths AudienceReader::longest() {
  const std::string statement =
      select("max(length(c.name)), max(length(c.external_ref)), max(length(c.attributes))",
             sql::reachable);
  using Length = std::optional<std::int64_t>;
  const auto row = db_.queryOne<Length, Length, Length>(statement, channel_, purpose_, tags_);
  const auto& [name, ref, attributes] = *row;
  return {name.value_or(0), ref.value_or(0), attributes.value_or(0)};
}

std::vector<Reader> AudienceReader::readers(CustomerId after, int limit) {
  const std::string statement = select(
      "k.customer_id, c.locale, c.name, c.external_ref, c.attributes", sql::reachable, sql::page);
  std::vector<Reader> found;
  for (auto& [customer, locale, name, ref, attributes] :
       db_.query<CustomerId, std::string, std::string, std::string, std::string>(
           statement, channel_, purpose_, tags_, after, limit))
    found.push_back({customer, std::move(locale), messages::recipientOf(name, ref, attributes)});
  return found;
}

std::string AudienceReader::select(const std::string& columns, const std::string& who,
                                   const std::string& end) const {
  return db::forBatch(
      "SELECT " + columns + sql::from + who + (byTag_ ? sql::tagged : sql::anyTag) + end,
      db_.engine());
}

std::int64_t AudienceReader::number(const std::string& who) {
  return *db_.scalar<std::int64_t>(select("count(*)", who), channel_, purpose_, tags_);
}

}  // namespace clipcourier::campaigns
