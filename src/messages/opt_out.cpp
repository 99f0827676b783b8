#include "messages/opt_out.h"

#include "customers/consent_rules.h"

namespace clipcourier::messages {
namespace {

constexpr auto kConsentSince = R"sql(
  SELECT 1 FROM consents
  WHERE customer_id = $1 AND channel = $2 AND state = 'given' AND changed_at_ms > $3 LIMIT 1)sql";

}  // namespace

int OptOut::apply(db::Transaction& tx, CustomerId customer, const std::string& channel,
                  const customers::ConsentProof& proof, TimePoint at, TimePoint now,
                  const std::string& reason) const {
  int skipped = 0;
  // Word of it may come late, or again; what was agreed to since then stands.
  if (!tx.scalar<int>(kConsentSince, customer, channel, at + customers::kClockTolerance)) {
    Queue queue(tx, now);  // first: the ledger is to be locked last and shortest
    skipped = queue.skipWaiting(customer, channel, reason);
    queue.finish();
  }
  consents_.withdraw(tx, {customer, channel, std::string(customers::kEvery), proof, at,
                          Actor{"customer", std::to_string(customer.value), ""}});
  return skipped;
}

}  // namespace clipcourier::messages
