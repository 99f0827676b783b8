#include "messages/unreached.h"

namespace clipcourier::messages {
namespace {

constexpr auto kNote = R"sql(
  INSERT INTO unreached (customer_id, channel, address, campaigns, last_campaign_id, at_ms)
  SELECT m.customer_id, s.channel, m.address, 1, m.campaign_id, $1
  FROM messages m JOIN senders s ON s.id = m.sender_id WHERE m.id = $2
  ON CONFLICT (customer_id, channel) DO UPDATE SET
    campaigns = CASE
      WHEN unreached.address <> excluded.address THEN 1
      WHEN unreached.last_campaign_id = excluded.last_campaign_id THEN unreached.campaigns
      WHEN EXISTS (SELECT 1 FROM messages d JOIN senders ds ON ds.id = d.sender_id
                   WHERE d.customer_id = excluded.customer_id AND ds.channel = excluded.channel
                     AND d.delivered_at_ms > unreached.at_ms) THEN 1
      ELSE unreached.campaigns + 1 END,
    address = excluded.address, last_campaign_id = excluded.last_campaign_id,
    at_ms = excluded.at_ms)sql";

}  // namespace

// One by one: a statement may meet a row only once, and few messages end like this.
void UnreachedRepository::note(const std::vector<MessageId>& messages, TimePoint now) {
  for (const MessageId id : messages) db_.run(kNote, now, id);
}

}  // namespace clipcourier::messages
