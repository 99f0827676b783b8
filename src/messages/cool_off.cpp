#include "messages/cool_off.h"

#include "db/batch.h"
#include "messages/id_list.h"

namespace clipcourier::messages {
namespace {

namespace sql {
constexpr auto note = R"sql(
  INSERT INTO cool_offs (customer_id, channel, purpose, code, until_ms)
  SELECT m.customer_id, s.channel, c.purpose, $1, $2
  FROM messages m JOIN senders s ON s.id = m.sender_id JOIN campaigns c ON c.id = m.campaign_id
  WHERE m.id = $3
  ON CONFLICT (customer_id, channel, purpose) DO UPDATE
    SET code = excluded.code, until_ms = excluded.until_ms
    WHERE cool_offs.until_ms < excluded.until_ms)sql";
// Mostly there is none, and a claim is spared the look at each message.
constexpr auto any = "SELECT 1 FROM cool_offs WHERE until_ms > $1 LIMIT 1";
constexpr auto of = R"sql(
  SELECT m.id, o.code, o.until_ms FROM messages m JOIN cool_offs o ON o.customer_id = m.customer_id
  WHERE m.id IN {ids $1} AND o.channel = $2 AND o.purpose = $3 AND o.until_ms > $4)sql";
}  // namespace sql

}  // namespace

void CoolOffRepository::note(MessageId message, const CoolOff& coolOff) {
  db_.run(sql::note, coolOff.code, coolOff.until, message);
}

std::map<MessageId, CoolOff> CoolOffRepository::of(const std::vector<MessageId>& messages,
                                                   const std::string& channel,
                                                   const std::string& purpose, TimePoint now) {
  std::map<MessageId, CoolOff> found;
  if (messages.empty() || !db_.scalar<int>(sql::any, now)) return found;
  for (auto& [id, code, until] : db_.query<MessageId, std::string, TimePoint>(
           db::forBatch(sql::of, db_.engine()), idList(messages), channel, purpose, now))
    found[id] = {code, until};
  return found;
}

}  // namespace clipcourier::messages
