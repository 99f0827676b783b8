#include "messages/pair_wait.h"

#include "messages/counters.h"

namespace clipcourier::messages {
namespace {

namespace sql {
constexpr auto waiting = R"sql(
  SELECT id, campaign_id, state, reason FROM messages
  WHERE customer_id = $1 AND sender_id = $2 AND state IN ('queued', 'held') AND due_at_ms < $3
  ORDER BY id)sql";
constexpr auto putOff = R"sql(
  UPDATE messages SET state = 'held', reason = $1, state_at_ms = $2, due_at_ms = $3
  WHERE id = $4 AND state = $5)sql";
}  // namespace sql

}  // namespace

void putOffPair(db::Transaction& tx, SenderId sender, CustomerId customer, const std::string& code,
                TimePoint now, TimePoint until) {
  std::string statement = sql::waiting;
  if (tx.engine() == db::Engine::postgresql) statement += " FOR UPDATE SKIP LOCKED";
  CounterChanges counters;
  for (auto& [id, campaign, state, reason] :
       tx.query<MessageId, CampaignId, std::string, std::string>(statement, customer, sender,
                                                                 until))
    if (tx.run(sql::putOff, code, now, until, id, state) > 0)
      counters.moved(campaign, {*messageState(state), reason}, {MessageState::held, code});
  counters.write(tx);
}

}  // namespace clipcourier::messages
