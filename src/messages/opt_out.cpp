#include "messages/opt_out.h"

namespace clipcourier::messages {

int OptOut::apply(db::Transaction& tx, CustomerId customer, const std::string& channel,
                  const customers::ConsentProof& proof, TimePoint at, TimePoint now) const {
  Queue queue(tx, now);  // first: the ledger is to be locked last and shortest
  const int skipped = queue.skipWaiting(customer, channel, "opt_out");
  queue.finish();
  consents_.withdraw(tx, {customer, channel, std::string(customers::kEvery), proof, at,
                          Actor{"customer", std::to_string(customer.value), ""}});
  return skipped;
}

}  // namespace clipcourier::messages
