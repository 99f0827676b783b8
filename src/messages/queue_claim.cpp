#include <nlohmann/json.hpp>

#include "db/batch.h"
#include "messages/cool_off.h"
#include "messages/id_list.h"
#include "messages/queue.h"
#include "messages/rate_limit.h"
#include "messages/sender_rate.h"

namespace clipcourier::messages {
namespace {

namespace sql {
constexpr auto lanes = R"sql(
  SELECT c.id, c.sender_id, s.channel, c.purpose, s.messages_per_second, r.per_second,
    r.changed_at_ms
  FROM campaigns c JOIN senders s ON s.id = c.sender_id
    LEFT JOIN sender_rates r ON r.sender_id = s.id
  WHERE )sql";
constexpr auto inOrder = " ORDER BY c.sender_id, c.id";
constexpr auto lane = "SELECT 1 FROM campaigns c JOIN senders s ON s.id = c.sender_id WHERE ";
constexpr auto ofCampaign = " AND c.id = $2";
// Of templates it is looked at with the supplies.
constexpr auto isOpen = R"sql(
  c.state = 'running' AND s.state = 'active' AND NOT EXISTS (
    SELECT 1 FROM holds h WHERE (h.until_ms IS NULL OR h.until_ms > $1) AND (
      h.scope = 'everything'
      OR (h.scope = 'channel' AND h.scope_key = s.channel)
      OR (h.scope = 'sender' AND h.scope_key = CAST(s.id AS TEXT))
      OR (h.scope = 'campaign' AND h.scope_key = CAST(c.id AS TEXT)))))sql";

// One index look-up per running campaign.
constexpr auto nextDue = R"sql(
  SELECT min((SELECT min(m.due_at_ms) FROM messages m
              WHERE m.campaign_id = c.id AND m.state IN ('queued', 'held') AND m.due_at_ms > $1))
  FROM campaigns c WHERE c.state = 'running')sql";

// The consent by a look-up of its own for each message: a join may begin with every consent there
// is, on PostgreSQL when they are newer than its statistics.
constexpr auto candidates = R"sql(
  SELECT m.id, m.state, m.reason, (
    SELECT c.id FROM consents c WHERE c.customer_id = m.customer_id AND c.channel = $1
      AND c.purpose = $2 AND c.state = 'given')
  FROM messages m WHERE m.campaign_id = $3 AND m.state IN ('queued', 'held') AND m.due_at_ms <= $4
  ORDER BY m.due_at_ms LIMIT $5)sql";

// As candidates, for a lane where only some languages can be sent; asked for one at a time.
constexpr auto candidatesOf = R"sql(
  SELECT m.id, m.state, m.reason, (
    SELECT c.id FROM consents c WHERE c.customer_id = m.customer_id AND c.channel = $1
      AND c.purpose = $2 AND c.state = 'given')
  FROM messages m WHERE m.campaign_id = $3 AND m.language = $4 AND m.state IN ('queued', 'held')
    AND m.due_at_ms <= $5
  ORDER BY m.due_at_ms LIMIT $6)sql";

constexpr auto recipients = R"sql(
  SELECT m.id, m.customer_id, m.address, m.language, c.name, c.external_ref, c.attributes
  FROM messages m JOIN customers c ON c.id = m.customer_id
  WHERE m.id IN {ids $1} ORDER BY m.due_at_ms, m.id)sql";

constexpr auto reasons = R"sql(
  SELECT id, reason FROM messages WHERE id IN {ids $1} AND state = $2)sql";

constexpr auto skip = R"sql(
  UPDATE messages SET state = 'skipped', reason = $1, state_at_ms = $2
  WHERE id IN {ids $3} AND state = $4 RETURNING id, campaign_id)sql";

constexpr auto putOff = R"sql(
  UPDATE messages SET state = 'held', reason = $1, state_at_ms = $2, due_at_ms = $3
  WHERE id = $4 AND state = $5)sql";

constexpr auto waitingOf = R"sql(
  SELECT m.id, m.state FROM messages m JOIN senders s ON s.id = m.sender_id
  WHERE m.customer_id = $1 AND s.channel = $2 AND m.state IN ('queued', 'held'))sql";

// Both states are named so that the index of the open attempts serves; they are few, attempts many.
constexpr auto interrupted = R"sql(
  UPDATE attempts SET state = 'unknown', error_code = 'interrupted', finished_at_ms = $1
  WHERE state IN ('sending', 'unknown') AND state = 'sending' AND deadline_at_ms < $2
  RETURNING message_id, number)sql";

constexpr auto events = R"sql(
  INSERT INTO message_events (message_id, attempt, kind, code, at_ms)
  SELECT x.id, 0, $1, $2, $3 FROM {rows $4 id bigint}
  WHERE true ON CONFLICT (message_id, attempt, kind, at_ms) DO NOTHING)sql";
}  // namespace sql

// Of looking for somebody whom the provider does not spare.
constexpr int kMostRounds = 5;
// Far enough away that every deadline lies before it.
constexpr TimePoint kEndOfTime = fromMs(253'402'300'799'000);

std::string eventRows(const std::vector<MessageId>& ids) {
  nlohmann::json rows = nlohmann::json::array();
  for (const MessageId id : ids) rows.push_back({{"id", id.value}});
  return rows.dump();
}

}  // namespace

std::vector<Lane> openLanes(db::Connection& connection, TimePoint now) {
  std::vector<Lane> lanes;
  for (auto& [campaign, sender, channel, purpose, perSecond, limited, changed] :
       connection.query<CampaignId, SenderId, std::string, std::string, int, std::optional<double>,
                        TimePoint>(std::string(sql::lanes) + sql::isOpen + sql::inOrder, now)) {
    if (limited)
      perSecond = static_cast<int>(SenderRate{*limited, changed, {}, {}}.at(now, perSecond));
    lanes.push_back({campaign, sender, channel, purpose, perSecond, {}});
  }
  return lanes;
}

std::optional<TimePoint> nextDue(db::Connection& connection, TimePoint after) {
  const auto due = connection.scalar<std::optional<TimePoint>>(sql::nextDue, after);
  return due ? *due : std::nullopt;
}

std::vector<Queue::Candidate> Queue::candidates(const Lane& lane, int most) {
  const std::string lock =
      tx_.engine() == db::Engine::postgresql ? " FOR NO KEY UPDATE OF m SKIP LOCKED" : "";
  std::vector<Candidate> found;
  const auto take = [&](const auto& rows) {
    for (auto& [id, state, reason, consent] : rows)
      found.push_back({id, {*messageState(state), reason}, consent});
  };
  if (lane.languages.empty())
    take(tx_.query<MessageId, std::string, std::string, std::optional<customers::ConsentId>>(
        sql::candidates + lock, lane.channel, lane.purpose, lane.campaign, now_, most));
  for (const std::string& language : lane.languages)
    if (const int still = most - static_cast<int>(found.size()); still > 0)
      take(tx_.query<MessageId, std::string, std::string, std::optional<customers::ConsentId>>(
          sql::candidatesOf + lock, lane.channel, lane.purpose, lane.campaign, language, now_,
          still));
  return found;
}

std::vector<Claimed> Queue::claim(const Lane& lane, int most) {
  RateLimit rate(tx_, lane.sender, lane.perSecond, now_);  // may wait for another node
  if (!isOpen(lane)) return {};
  most = std::min(most, rate.available());
  lackedTokens_ = most <= 0;
  if (lackedTokens_) return {};
  std::vector<Candidate> found;
  for (int round = 0; round < kMostRounds && found.empty(); ++round) {
    found = candidates(lane, most);
    if (found.empty()) break;
    putOffSpared(lane, found);
  }
  std::vector<Claimed> claimed = recipients(skipRefused(found));
  if (!claimed.empty()) rate.take(static_cast<int>(claimed.size()));
  return claimed;
}

bool Queue::isOpen(const Lane& lane) {
  return tx_
      .scalar<int>(std::string(sql::lane) + sql::isOpen + sql::ofCampaign, now_, lane.campaign)
      .has_value();
}

void Queue::putOffSpared(const Lane& lane, std::vector<Candidate>& candidates) {
  std::vector<MessageId> ids;
  for (const Candidate& one : candidates) ids.push_back(one.id);
  const auto spared = CoolOffRepository(tx_).of(ids, lane.channel, lane.purpose, now_);
  if (spared.empty()) return;
  for (const Candidate& one : candidates) {
    const auto at = spared.find(one.id);
    if (at == spared.end()) continue;
    const CoolOff& coolOff = at->second;
    tx_.run(sql::putOff, coolOff.code, now_, coolOff.until, one.id, name(one.state.state));
    counters_.moved(lane.campaign, one.state, {MessageState::held, coolOff.code});
  }
  std::erase_if(candidates, [&](const Candidate& one) { return spared.contains(one.id); });
}

// Whoever has no consent any more gets nothing; returns the others.
std::vector<MessageId> Queue::skipRefused(const std::vector<Candidate>& candidates) {
  std::vector<MessageId> allowed;
  std::map<MessageState, std::vector<MessageId>> refused;
  for (const Candidate& one : candidates) {
    if (!one.consent) {
      refused[one.state.state].push_back(one.id);
      continue;
    }
    allowed.push_back(one.id);
    claimed_.insert_or_assign(one.id, Before{one.state, *one.consent});
  }
  for (const auto& [state, ids] : refused) skip(ids, state, "no_consent");
  return allowed;
}

std::vector<Claimed> Queue::recipients(const std::vector<MessageId>& ids) {
  std::vector<Claimed> claimed;
  if (ids.empty()) return claimed;
  for (auto& [id, customer, address, language, name, ref, attributes] :
       tx_.query<MessageId, CustomerId, std::string, std::string, std::string, std::string,
                 std::string>(db::forBatch(sql::recipients, tx_.engine()), idList(ids)))
    claimed.push_back({id, customer, address, language, recipientOf(name, ref, attributes)});
  return claimed;
}

// Why they were held is known only before they change; locked, so that it stays so until then.
std::map<MessageId, std::string> Queue::reasonsOf(const std::vector<MessageId>& ids,
                                                  MessageState state) {
  std::map<MessageId, std::string> reasons;
  if (state != MessageState::held || ids.empty()) return reasons;
  std::string statement = db::forBatch(sql::reasons, tx_.engine());
  if (tx_.engine() == db::Engine::postgresql) statement += " ORDER BY id FOR NO KEY UPDATE";
  for (auto& [id, reason] :
       tx_.query<MessageId, std::string>(statement, idList(ids), std::string(name(state))))
    reasons[id] = reason;
  return reasons;
}

int Queue::skip(const std::vector<MessageId>& ids, MessageState from, const std::string& code) {
  std::map<MessageId, std::string> before = reasonsOf(ids, from);
  std::vector<MessageId> skipped;
  for (auto& [id, campaign] :
       tx_.query<MessageId, CampaignId>(db::forBatch(sql::skip, tx_.engine()), code, now_,
                                        idList(ids), std::string(name(from)))) {
    skipped.push_back(id);
    counters_.moved(campaign, {from, before[id]}, {MessageState::skipped, code});
  }
  addEvent(skipped, "skipped", code);
  return static_cast<int>(skipped.size());
}

int Queue::skipWaiting(CustomerId customer, const std::string& channel, const std::string& code) {
  std::string statement = sql::waitingOf;
  if (tx_.engine() == db::Engine::postgresql) statement += " FOR NO KEY UPDATE OF m";
  std::map<MessageState, std::vector<MessageId>> waiting;
  for (auto& [id, state] : tx_.query<MessageId, std::string>(statement, customer, channel))
    waiting[*messageState(state)].push_back(id);
  int count = 0;
  for (const auto& [state, ids] : waiting) count += skip(ids, state, code);
  return count;
}

int Queue::recover(bool all) {
  const TimePoint before = all ? kEndOfTime : now_;
  std::vector<AttemptResult> unknown;
  for (auto& [message, number] : tx_.query<MessageId, int>(sql::interrupted, now_, before))
    unknown.push_back(
        {{message, number}, MessageState::unknown, MessageState::unknown, "", "interrupted", {}});
  record(unknown);
  return static_cast<int>(unknown.size());
}

void Queue::addEvent(const std::vector<MessageId>& ids, const std::string& kind,
                     const std::string& code) {
  if (ids.empty()) return;
  tx_.run(db::forBatch(sql::events, tx_.engine()), kind, code, now_, eventRows(ids));
}

}  // namespace clipcourier::messages
