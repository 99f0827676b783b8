#include <nlohmann/json.hpp>

#include "db/batch.h"
#include "messages/id_list.h"
#include "messages/queue.h"
#include "messages/receipt.h"

namespace clipcourier::messages {
namespace {

namespace sql {
// On PostgreSQL this sees what was committed since the messages were claimed.
constexpr auto begin = R"sql(
  UPDATE messages SET state = 'sending', reason = NULL, attempts = attempts + 1, state_at_ms = $1,
    consent_id = x.consent
  FROM {rows $2 id bigint, consent bigint}
  WHERE messages.id = x.id AND messages.state IN ('queued', 'held')
    AND (SELECT c.state FROM consents c WHERE c.id = x.consent) = 'given'
  RETURNING messages.id, messages.attempts)sql";

constexpr auto addAttempts = R"sql(
  INSERT INTO attempts (message_id, number, sender_id, state, state_rank, started_at_ms, deadline_at_ms)
  SELECT x.id, x.number, $1, 'sending', 0, $2, $3 FROM {rows $4 id bigint, number integer})sql";

constexpr auto events = R"sql(
  INSERT INTO message_events (message_id, attempt, kind, code, at_ms)
  SELECT x.id, x.number, x.kind, x.code, $1
  FROM {rows $2 id bigint, number integer, kind text, code text}
  WHERE true ON CONFLICT (message_id, attempt, kind, at_ms) DO NOTHING)sql";

// A receipt may have overtaken our answer: then only the provider's id is news.
constexpr auto answer = R"sql(
  UPDATE attempts SET
    provider_id = coalesce(attempts.provider_id, x.provider_id), finished_at_ms = $1,
    error_code = CASE WHEN attempts.state_rank = 0 THEN x.code ELSE attempts.error_code END,
    state = CASE WHEN attempts.state_rank = 0 THEN x.state ELSE attempts.state END,
    state_rank = CASE WHEN attempts.state_rank = 0 THEN x.state_rank ELSE attempts.state_rank END
  FROM {rows $2 id bigint, number integer, state text, state_rank integer, provider_id text, code text}
  WHERE attempts.message_id = x.id AND attempts.number = x.number)sql";

constexpr auto move = R"sql(
  UPDATE messages SET state = x.state, reason = x.code, state_at_ms = $1,
    due_at_ms = coalesce(x.due_at_ms, messages.due_at_ms)
  FROM {rows $2 id bigint, number integer, state text, code text, due_at_ms bigint}
  WHERE messages.id = x.id AND messages.attempts = x.number AND messages.state = $3
  RETURNING messages.id, messages.campaign_id, messages.state, messages.reason)sql";

// Its rank stays the lowest, so that whatever a receipt says later is news.
constexpr auto decided = R"sql(
  UPDATE attempts SET state = 'failed', error_code = x.code, finished_at_ms = $1
  FROM {rows $2 id bigint, number integer, code text}
  WHERE attempts.message_id = x.id AND attempts.number = x.number AND attempts.state = 'unknown')sql";

constexpr auto fail = R"sql(
  UPDATE messages SET state = 'failed', reason = $1, state_at_ms = $2
  WHERE id IN {ids $3} AND state IN ('queued', 'held') RETURNING id)sql";

// Locked on PostgreSQL, so that none of the campaigns completes meanwhile.
constexpr auto campaignsOf = R"sql(
  SELECT m.id, c.id, c.state FROM messages m JOIN campaigns c ON c.id = m.campaign_id
  WHERE m.id IN {ids $1} ORDER BY c.id, m.id)sql";
constexpr auto runAgain = R"sql(
  UPDATE campaigns SET state = 'running', finished_at_ms = NULL, updated_at_ms = $1
  WHERE id = $2 AND state = 'completed')sql";
}  // namespace sql

nlohmann::json textOrNull(const std::string& text) {
  return text.empty() ? nlohmann::json() : nlohmann::json(text);
}

std::string answerRows(const std::vector<AttemptResult>& results) {
  nlohmann::json rows = nlohmann::json::array();
  for (const AttemptResult& result : results)
    rows.push_back({{"id", result.attempt.message.value},
                    {"number", result.attempt.number},
                    {"state", name(result.attemptBecomes)},
                    {"state_rank", attemptRank(result.attemptBecomes)},
                    {"provider_id", textOrNull(result.providerId)},
                    {"code", textOrNull(result.code)}});
  return rows.dump();
}

std::string messageRows(const std::vector<AttemptResult>& results) {
  nlohmann::json rows = nlohmann::json::array();
  for (const AttemptResult& result : results)
    rows.push_back(
        {{"id", result.attempt.message.value},
         {"number", result.attempt.number},
         {"state", name(result.messageBecomes)},
         {"code", textOrNull(result.code)},
         {"due_at_ms", result.dueAt ? nlohmann::json(toMs(*result.dueAt)) : nlohmann::json()}});
  return rows.dump();
}

std::string attemptRows(const std::vector<AttemptRef>& attempts, std::string_view kind) {
  nlohmann::json rows = nlohmann::json::array();
  for (const AttemptRef& attempt : attempts)
    rows.push_back({{"id", attempt.message.value},
                    {"number", attempt.number},
                    {"kind", kind},
                    {"code", nullptr}});
  return rows.dump();
}

}  // namespace

std::vector<AttemptRef> Queue::begin(const Lane& lane, const std::vector<MessageId>& ids,
                                     TimePoint deadline) {
  // The last look before the requests.
  if (ids.empty() || !isOpen(lane)) return {};
  nlohmann::json rows = nlohmann::json::array();
  for (const MessageId id : ids)
    rows.push_back({{"id", id.value}, {"consent", claimed_.at(id).consent.value}});
  std::vector<AttemptRef> begun;
  for (auto& [id, number] :
       tx_.query<MessageId, int>(db::forBatch(sql::begin, tx_.engine()), now_, rows.dump())) {
    begun.push_back({id, number});
    counters_.moved(lane.campaign, claimed_.at(id).state, MessageState::sending);
  }
  if (begun.empty()) return begun;
  const std::string attempts = attemptRows(begun, "sending");
  tx_.run(db::forBatch(sql::addAttempts, tx_.engine()), lane.sender, now_, deadline, attempts);
  tx_.run(db::forBatch(sql::events, tx_.engine()), now_, attempts);
  return begun;
}

void Queue::record(const std::vector<AttemptResult>& results) {
  if (results.empty()) return;
  tx_.run(db::forBatch(sql::answer, tx_.engine()), now_, answerRows(results));
  addEvents(results);
  const std::vector<MessageId> moved = apply(results, MessageState::sending);
  if (moved.size() == results.size()) return;
  // The rest moved on by a receipt, or was given up as unknown while its answer was on the way.
  const std::set<MessageId> done(moved.begin(), moved.end());
  std::vector<AttemptResult> late;
  for (const AttemptResult& result : results)
    if (!done.contains(result.attempt.message) && result.messageBecomes != MessageState::unknown)
      late.push_back(result);
  apply(late, MessageState::unknown);
}

// Returns the messages that were in `from` and moved.
std::vector<MessageId> Queue::apply(const std::vector<AttemptResult>& results, MessageState from) {
  std::vector<MessageId> moved, held;
  if (results.empty()) return moved;
  for (auto& [id, campaign, state, reason] :
       tx_.query<MessageId, CampaignId, std::string, std::string>(
           db::forBatch(sql::move, tx_.engine()), now_, messageRows(results),
           std::string(name(from)))) {
    moved.push_back(id);
    if (*messageState(state) == MessageState::held) held.push_back(id);
    counters_.moved(campaign, from, {*messageState(state), reason});
  }
  waitAgain(held);
  return moved;
}

void Queue::waitAgain(const std::vector<MessageId>& held) {
  if (held.empty()) return;
  std::string statement = db::forBatch(sql::campaignsOf, tx_.engine());
  if (tx_.engine() == db::Engine::postgresql) statement += " FOR NO KEY UPDATE OF c";
  std::vector<MessageId> cancelled;
  std::set<CampaignId> completed;
  for (auto& [id, campaign, state] :
       tx_.query<MessageId, CampaignId, std::string>(statement, idList(held))) {
    if (state == "cancelled") cancelled.push_back(id);
    if (state == "completed") completed.insert(campaign);
  }
  if (!cancelled.empty()) skip(cancelled, MessageState::held, "cancelled");
  for (const CampaignId campaign : completed) tx_.run(sql::runAgain, now_, campaign);
}

void Queue::addEvents(const std::vector<AttemptResult>& results) {
  nlohmann::json rows = nlohmann::json::array();
  for (const AttemptResult& result : results) {
    const bool retried = result.messageBecomes == MessageState::held;
    rows.push_back({{"id", result.attempt.message.value},
                    {"number", result.attempt.number},
                    {"kind", retried ? "retry" : name(result.attemptBecomes)},
                    {"code", textOrNull(result.code)}});
  }
  tx_.run(db::forBatch(sql::events, tx_.engine()), now_, rows.dump());
}

int Queue::resend(const std::vector<AttemptRef>& attempts) {
  return settleUnknown(attempts,
                       {{}, MessageState::failed, MessageState::held, "", "resend", now_});
}

int Queue::giveUp(const std::vector<AttemptRef>& attempts) {
  return settleUnknown(attempts,
                       {{}, MessageState::failed, MessageState::failed, "", "given_up", {}});
}

int Queue::settleUnknown(const std::vector<AttemptRef>& attempts, AttemptResult becomes) {
  std::vector<AttemptResult> results;
  for (const AttemptRef& attempt : attempts) {
    results.push_back(becomes);
    results.back().attempt = attempt;
  }
  const std::vector<MessageId> moved = apply(results, MessageState::unknown);
  const std::set<MessageId> done(moved.begin(), moved.end());
  std::erase_if(results,
                [&](const AttemptResult& one) { return !done.contains(one.attempt.message); });
  if (results.empty()) return 0;
  nlohmann::json rows = nlohmann::json::array();
  for (const AttemptResult& one : results)
    rows.push_back({{"id", one.attempt.message.value},
                    {"number", one.attempt.number},
                    {"kind", one.code},
                    {"code", one.code}});
  tx_.run(db::forBatch(sql::decided, tx_.engine()), now_, rows.dump());
  for (auto& row : rows) row["code"] = nullptr;
  tx_.run(db::forBatch(sql::events, tx_.engine()), now_, rows.dump());
  return static_cast<int>(results.size());
}

void Queue::fail(const Lane& lane, const std::vector<MessageId>& ids, const std::string& code) {
  std::vector<MessageId> failed;
  for (auto& [id] :
       tx_.query<MessageId>(db::forBatch(sql::fail, tx_.engine()), code, now_, idList(ids))) {
    failed.push_back(id);
    counters_.moved(lane.campaign, claimed_.at(id).state, {MessageState::failed, code});
  }
  addEvent(failed, "failed", code);
}

}  // namespace clipcourier::messages
