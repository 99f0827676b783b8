#include "customers/consent_repository.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "customers/json_rows.h"

namespace clipcourier::customers {
namespace {

using Json = nlohmann::json;

namespace sql {
constexpr auto head = "SELECT seq, chain, mac FROM consent_ledger_head WHERE id = 1";
constexpr auto headForUpdate =
    "SELECT seq, chain, mac FROM consent_ledger_head WHERE id = 1 FOR UPDATE";
constexpr auto setHead =
    "UPDATE consent_ledger_head SET seq = $1, chain = $2, mac = $3 WHERE id = 1";
constexpr auto append = R"sql(
  INSERT INTO consent_ledger (seq, customer_id, payload, salt, payload_hash, chain, created_at_ms)
  SELECT CAST(e.value->>'seq' AS BIGINT), CAST(e.value->>'customer' AS BIGINT),
         e.value->>'payload', e.value->>'salt', e.value->>'hash', e.value->>'chain',
         CAST(e.value->>'at' AS BIGINT)
  FROM {rows})sql";
constexpr auto entriesAfter = R"sql(
  SELECT seq, customer_id, payload, salt, payload_hash, chain, created_at_ms
  FROM consent_ledger WHERE seq > $1 ORDER BY seq LIMIT $2)sql";
constexpr auto entriesOf = R"sql(
  SELECT l.seq, l.customer_id, l.payload, l.salt, l.payload_hash, l.chain, l.created_at_ms
  FROM {rows} JOIN consent_ledger l ON l.customer_id = CAST(e.value->>'id' AS BIGINT)
  ORDER BY l.seq)sql";
constexpr auto entriesOfOne = R"sql(
  SELECT seq, customer_id, payload, salt, payload_hash, chain, created_at_ms
  FROM consent_ledger WHERE customer_id = $1 AND seq > $2 ORDER BY seq LIMIT $3)sql";
constexpr auto entriesWithoutState = R"sql(
  SELECT l.seq FROM consent_ledger l
  WHERE l.seq > $1 AND l.seq <= $2 AND l.payload IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM consents c WHERE c.customer_id = l.customer_id)
  ORDER BY l.seq)sql";

constexpr auto of = R"sql(
  SELECT c.id, c.customer_id, c.channel, c.purpose, c.state, c.wording_id, c.tracking, c.ledger_seq,
         c.changed_at_ms
  FROM {rows} JOIN consents c ON c.customer_id = CAST(e.value->>'id' AS BIGINT)
  ORDER BY c.customer_id, c.channel, c.purpose)sql";
constexpr auto consentsAfter = R"sql(
  SELECT id, customer_id, channel, purpose, state, wording_id, tracking, ledger_seq, changed_at_ms
  FROM consents WHERE id > $1 ORDER BY id LIMIT $2)sql";
constexpr auto put = R"sql(
  INSERT INTO consents (customer_id, channel, purpose, state, wording_id, tracking, ledger_seq,
                        changed_at_ms)
  SELECT CAST(e.value->>'customer' AS BIGINT), e.value->>'channel', e.value->>'purpose',
         e.value->>'state', CAST(e.value->>'wording' AS BIGINT),
         CAST(e.value->>'tracking' AS INTEGER), CAST(e.value->>'seq' AS BIGINT),
         CAST(e.value->>'at' AS BIGINT)
  FROM {rows} WHERE true
  ON CONFLICT (customer_id, channel, purpose) DO UPDATE SET
    state = excluded.state, wording_id = excluded.wording_id, tracking = excluded.tracking,
    ledger_seq = excluded.ledger_seq, changed_at_ms = excluded.changed_at_ms)sql";

constexpr auto erasePayloads =
    "UPDATE consent_ledger SET payload = NULL, salt = NULL WHERE customer_id = $1";
constexpr auto eraseStates = "DELETE FROM consents WHERE customer_id = $1 AND state <> 'withdrawn'";

constexpr auto addresses = R"sql(
  SELECT i.customer_id, i.kind, i.value
  FROM {rows} JOIN customer_identities i ON i.customer_id = CAST(e.value->>'id' AS BIGINT))sql";
}  // namespace sql

std::string idRows(const std::vector<CustomerId>& ids) {
  Json rows = Json::array();
  for (const CustomerId id : ids) rows.push_back({{"id", id.value}});
  return rows.dump();
}

LedgerHead readHead(db::Connection& connection, std::string_view sql) {
  auto row = connection.queryOne<std::int64_t, std::string, std::string>(sql);
  if (!row)
    throw Error(ErrorKind::internal, "the end of the consent ledger is missing",
                "restore the database from a backup; run: clipcourier consent verify");
  auto& [seq, chain, mac] = *row;
  return {seq, std::move(chain), std::move(mac)};
}

template <class... Args>
std::vector<LedgerEntry> readEntries(db::Connection& connection, std::string_view sql,
                                     const Args&... args) {
  std::vector<LedgerEntry> entries;
  for (auto& [seq, customer, payload, salt, hash, chain, at] :
       connection.query<std::int64_t, std::optional<CustomerId>, std::optional<std::string>,
                        std::optional<std::string>, std::string, std::string, TimePoint>(sql,
                                                                                         args...))
    entries.push_back({seq, customer, std::move(payload), std::move(salt), std::move(hash),
                       std::move(chain), at});
  return entries;
}

template <class... Args>
std::vector<Consent> readConsents(db::Connection& connection, std::string_view sql,
                                  const Args&... args) {
  std::vector<Consent> consents;
  for (auto& [id, customer, channel, purpose, state, wording, tracking, seq, at] :
       connection.query<ConsentId, CustomerId, std::string, std::string, std::string,
                        std::optional<WordingId>, bool, std::int64_t, TimePoint>(sql, args...))
    consents.push_back({id, customer, std::move(channel), std::move(purpose), *consentState(state),
                        wording, tracking, seq, at});
  return consents;
}

}  // namespace

LedgerHead ConsentRepository::head() { return readHead(connection_, sql::head); }

// SQLite has one writer anyway, and no FOR UPDATE.
LedgerHead ConsentRepository::lockHead() {
  return readHead(connection_, connection_.pick(sql::head, sql::headForUpdate));
}

void ConsentRepository::append(const std::vector<LedgerEntry>& entries, const LedgerHead& newHead) {
  if (entries.empty()) return;
  Json rows = Json::array();
  for (const LedgerEntry& e : entries)
    rows.push_back({{"seq", e.seq},
                    {"customer", e.customer->value},
                    {"payload", *e.payload},
                    {"salt", *e.salt},
                    {"hash", e.payloadHash},
                    {"chain", e.chain},
                    {"at", toMs(e.createdAt)}});
  connection_.run(overRows(connection_, sql::append), rows.dump());
  connection_.run(sql::setHead, newHead.seq, newHead.chain, newHead.mac);
}

std::vector<LedgerEntry> ConsentRepository::entriesAfter(std::int64_t seq, int limit) {
  return readEntries(connection_, sql::entriesAfter, seq, limit);
}

std::vector<LedgerEntry> ConsentRepository::entriesOf(const std::vector<CustomerId>& customers) {
  return readEntries(connection_, overRows(connection_, sql::entriesOf), idRows(customers));
}

std::vector<LedgerEntry> ConsentRepository::entriesOf(CustomerId customer, std::int64_t after,
                                                      int limit) {
  return readEntries(connection_, sql::entriesOfOne, customer, after, limit);
}

std::vector<std::int64_t> ConsentRepository::entriesWithoutState(std::int64_t after,
                                                                 std::int64_t upTo) {
  std::vector<std::int64_t> seqs;
  for (const auto& [seq] : connection_.query<std::int64_t>(sql::entriesWithoutState, after, upTo))
    seqs.push_back(seq);
  return seqs;
}

std::vector<Consent> ConsentRepository::of(const std::vector<CustomerId>& customers) {
  if (customers.empty()) return {};
  return readConsents(connection_, overRows(connection_, sql::of), idRows(customers));
}

std::vector<Consent> ConsentRepository::consentsAfter(ConsentId id, int limit) {
  return readConsents(connection_, sql::consentsAfter, id, limit);
}

void ConsentRepository::put(const std::vector<Consent>& consents) {
  if (consents.empty()) return;
  Json rows = Json::array();
  for (const Consent& c : consents) {
    Json row = {{"customer", c.customer.value},   {"channel", c.channel},
                {"purpose", c.purpose},           {"state", name(c.state)},
                {"tracking", c.tracking ? 1 : 0}, {"seq", c.ledgerSeq},
                {"at", toMs(c.changedAt)}};
    if (c.wording) row["wording"] = c.wording->value;
    rows.push_back(std::move(row));
  }
  connection_.run(overRows(connection_, sql::put), rows.dump());
}

void ConsentRepository::erase(CustomerId customer) {
  connection_.run(sql::erasePayloads, customer);
  connection_.run(sql::eraseStates, customer);
}

std::vector<ConsentRepository::Address> ConsentRepository::addresses(
    const std::vector<CustomerId>& customers) {
  std::vector<Address> result;
  for (auto& [customer, kind, value] : connection_.query<CustomerId, std::string, std::string>(
           overRows(connection_, sql::addresses), idRows(customers)))
    result.push_back({customer, std::move(kind), std::move(value)});
  return result;
}

}  // namespace clipcourier::customers
