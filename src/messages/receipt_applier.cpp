#include "messages/receipt_applier.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "db/batch.h"
#include "messages/media_failures.h"
#include "messages/queue.h"
#include "messages/read_times.h"
#include "messages/receipt.h"

namespace clipcourier::messages {
namespace {

namespace sql {
constexpr auto byProviderId = R"sql(
  SELECT provider_id, message_id, number FROM attempts WHERE provider_id IN {texts $1})sql";

// An attempt that failed without ever getting a provider's id was refused in the HTTP answer.
// "sent" then proves that the provider took it all the same: trying again would send it twice.
constexpr auto advance = R"sql(
  UPDATE attempts SET state = x.state, state_rank = x.state_rank,
    provider_id = coalesce(attempts.provider_id, x.provider_id),
    error_code = coalesce(x.code, attempts.error_code),
    finished_at_ms = coalesce(attempts.finished_at_ms, $1)
  FROM {rows $2 id bigint, number integer, state text, state_rank integer, provider_id text, code text}
  WHERE attempts.message_id = x.id AND attempts.number = x.number
    AND (attempts.state_rank < x.state_rank
         OR (x.state = 'sent' AND attempts.state = 'failed' AND attempts.provider_id IS NULL))
  RETURNING attempts.message_id, attempts.number, attempts.sender_id, attempts.started_at_ms)sql";

constexpr auto confirm = R"sql(
  INSERT INTO confirmed_attempts (sender_id, started_at_ms) VALUES ($1, $2)
  ON CONFLICT (sender_id) DO UPDATE SET started_at_ms = excluded.started_at_ms
    WHERE confirmed_attempts.started_at_ms < excluded.started_at_ms)sql";

// Only attempts that exist; the same receipt twice is one row, and returned only once.
constexpr auto events = R"sql(
  INSERT INTO message_events (message_id, attempt, kind, code, at_ms)
  SELECT x.id, x.number, x.state, x.code, x.at_ms
  FROM {rows $1 id bigint, number integer, state text, code text, at_ms bigint}
  JOIN attempts a ON a.message_id = x.id AND a.number = x.number
  WHERE true ON CONFLICT (message_id, attempt, kind, at_ms) DO NOTHING
  RETURNING message_id, kind, at_ms)sql";

constexpr auto messages = R"sql(
  SELECT id, campaign_id, customer_id, state, reason, attempts, delivered_at_ms, read_at_ms
  FROM messages WHERE id IN {ids $1})sql";

// Some get only another time. One statement for both, because each costs the row's indexes.
constexpr auto change = R"sql(
  UPDATE messages SET state = x.state,
    reason = CASE WHEN messages.state = x.state THEN messages.reason ELSE x.code END,
    state_at_ms = CASE WHEN messages.state = x.state THEN messages.state_at_ms ELSE $1 END,
    due_at_ms = coalesce(x.due_at_ms, messages.due_at_ms),
    delivered_at_ms = x.delivered_at_ms, read_at_ms = x.read_at_ms
  FROM {rows $2 id bigint, state text, code text, due_at_ms bigint, delivered_at_ms bigint, read_at_ms bigint}
  WHERE messages.id = x.id)sql";
}  // namespace sql

nlohmann::json msOrNull(const std::optional<TimePoint>& time) {
  return time ? nlohmann::json(toMs(*time)) : nlohmann::json();
}

nlohmann::json codeOf(const channels::StatusEvent& event) {
  return event.errorCode == 0 ? nlohmann::json() : nlohmann::json(std::to_string(event.errorCode));
}

}  // namespace

// A receipt and the attempt it belongs to.
struct ReceiptApplier::Matched {
  AttemptRef attempt;
  MessageState state;
  const channels::StatusEvent* event;

  nlohmann::json row() const {
    return {{"id", attempt.message.value},
            {"number", attempt.number},
            {"state", name(state)},
            {"state_rank", attemptRank(state)},
            {"provider_id", event->providerMessageId.empty()
                                ? nlohmann::json()
                                : nlohmann::json(event->providerMessageId)},
            {"code", codeOf(*event)},
            {"at_ms", toMs(event->at)}};
  }
  static std::string rows(const std::vector<Matched>& list) {
    nlohmann::json rows = nlohmann::json::array();
    for (const Matched& one : list) rows.push_back(one.row());
    return rows.dump();
  }
};

// The token we sent along names the attempt; only receipts without one are looked up.
std::vector<ReceiptApplier::Matched> ReceiptApplier::match(
    db::Transaction& tx, const std::vector<channels::StatusEvent>& events,
    ReceiptSummary& summary) const {
  std::vector<Matched> matched;
  std::vector<const channels::StatusEvent*> nameless;
  nlohmann::json providerIds = nlohmann::json::array();
  for (const channels::StatusEvent& event : events) {
    const auto state = stateOf(event.status);
    if (!state) continue;
    if (const auto attempt = tokens_.open(event.opaque)) {
      matched.push_back({*attempt, *state, &event});
    } else {
      nameless.push_back(&event);
      providerIds.push_back(event.providerMessageId);
    }
  }
  std::map<std::string, AttemptRef> byProviderId;
  if (!nameless.empty())
    for (auto& [providerId, message, number] : tx.query<std::string, MessageId, int>(
             db::forBatch(sql::byProviderId, tx.engine()), providerIds.dump()))
      byProviderId[providerId] = {message, number};
  for (const channels::StatusEvent* event : nameless) {
    const auto at = byProviderId.find(event->providerMessageId);
    if (at == byProviderId.end())
      ++summary.unmatched;
    else
      matched.push_back({at->second, *stateOf(event->status), event});
  }
  return matched;
}

ReceiptSummary ReceiptApplier::apply(db::Transaction& tx,
                                     const std::vector<channels::StatusEvent>& events,
                                     TimePoint now) const {
  ReceiptSummary summary;
  const std::vector<Matched> matched = match(tx, events, summary);
  if (matched.empty()) return summary;
  const std::vector<Matched> advanced = advanceAttempts(tx, matched, now);
  summary.advanced = static_cast<int>(advanced.size());
  advanceMessages(tx, advanced, addEvents(tx, matched), now, summary);
  return summary;
}

std::vector<ReceiptApplier::News> ReceiptApplier::addEvents(
    db::Transaction& tx, const std::vector<Matched>& matched) const {
  std::vector<News> news;
  for (auto& [message, kind, at] : tx.query<MessageId, std::string, TimePoint>(
           db::forBatch(sql::events, tx.engine()), Matched::rows(matched))) {
    const auto state = messageState(kind);
    const bool timed = at != TimePoint{};  // the provider left the time out
    if (timed && (state == MessageState::delivered || state == MessageState::read))
      news.push_back({message, *state, at});
  }
  return news;
}

// Of several receipts of one attempt the best decides; returns those whose attempt moved.
std::vector<ReceiptApplier::Matched> ReceiptApplier::advanceAttempts(
    db::Transaction& tx, const std::vector<Matched>& matched, TimePoint now) const {
  std::map<AttemptRef, Matched> best;
  for (const Matched& one : matched) {
    const auto [at, isNew] = best.try_emplace(one.attempt, one);
    if (!isNew && attemptRank(at->second.state) < attemptRank(one.state)) at->second = one;
  }
  std::vector<Matched> list;
  for (const auto& [attempt, one] : best) list.push_back(one);
  std::vector<Matched> advanced;
  std::map<SenderId, TimePoint> confirmed;
  for (auto& [message, number, sender, started] : tx.query<MessageId, int, SenderId, TimePoint>(
           db::forBatch(sql::advance, tx.engine()), now, Matched::rows(list))) {
    advanced.push_back(best.at({message, number}));
    if (advanced.back().state != MessageState::failed)
      confirmed[sender] = std::max(confirmed[sender], started);
  }
  for (const auto& [sender, started] : confirmed) tx.run(sql::confirm, sender, started);
  return advanced;
}

void ReceiptApplier::advanceMessages(db::Transaction& tx, const std::vector<Matched>& advanced,
                                     const std::vector<News>& news, TimePoint now,
                                     ReceiptSummary& summary) const {
  if (advanced.empty() && news.empty()) return;
  std::multimap<MessageId, const Matched*> byMessage;
  std::multimap<MessageId, const News*> newsOf;
  nlohmann::json ids = nlohmann::json::array(), rows = ids;
  for (const Matched& one : advanced) {
    byMessage.emplace(one.attempt.message, &one);
    ids.push_back(one.attempt.message.value);
  }
  for (const News& one : news) {
    newsOf.emplace(one.message, &one);
    ids.push_back(one.message.value);
  }
  CounterChanges counters;
  std::vector<MessageId> held;
  std::vector<Problem> problems;
  std::string statement = db::forBatch(sql::messages, tx.engine());
  if (tx.engine() == db::Engine::postgresql) statement += " ORDER BY id FOR NO KEY UPDATE";
  using Time = std::optional<TimePoint>;
  for (auto& [id, campaign, customer, stateName, reason, attempts, delivered, read] :
       tx.query<MessageId, CampaignId, CustomerId, std::string, std::string, int, Time, Time>(
           statement, ids.dump())) {
    const ReadTimes timesBefore{delivered, read};
    ReadTimes times = timesBefore;
    for (auto [at, end] = newsOf.equal_range(id); at != end; ++at)
      times.note(at->second->state, at->second->at);
    moveBucket(counters, campaign, timesBefore, times);
    const MessageState before = *messageState(stateName);
    MessageState state = before;
    nlohmann::json code, due;
    const auto [first, last] = byMessage.equal_range(id);
    for (auto at = first; at != last; ++at) {
      const Matched& one = *at->second;
      const int errorCode = one.event->errorCode;
      const Problem problem = problemOf(one.attempt, channel_.errorInfo(errorCode), errorCode);
      const bool mended =
          one.state == MessageState::failed &&
          healMedia(tx, channel_, one.attempt, errorCode, one.event->errorText, now);
      // Obeyed also when it comes too late to change this message.
      if (one.state == MessageState::failed && !mended) {
        problems.push_back(problem);
        if (problem.reaction == channels::Reaction::optOut)
          summary.optedOut.emplace_back(customer, one.event->at);
      }
      const auto next = advance(state, attempts, {one.state, one.attempt.number});
      if (!next) continue;
      state = *next;
      code = codeOf(*one.event);
      due = nullptr;
      if (state != MessageState::failed) continue;
      if (mended) {
        state = MessageState::held;
        due = toMs(now);
      } else if (const auto wait = reactions_.nextTry(problem)) {
        state = MessageState::held;
        due = toMs(now + *wait);
      }
    }
    if (state == before && times == timesBefore) continue;
    rows.push_back({{"id", id.value},
                    {"state", name(state)},
                    {"code", code},
                    {"due_at_ms", state == before ? nlohmann::json() : due},
                    {"delivered_at_ms", msOrNull(times.delivered)},
                    {"read_at_ms", msOrNull(times.read)}});
    if (state == before) continue;
    if (state == MessageState::held) held.push_back(id);
    counters.moved(campaign, {before, reason},
                   {state, code.is_null() ? std::string() : code.get<std::string>()});
  }
  if (!rows.empty()) tx.run(db::forBatch(sql::change, tx.engine()), now, rows.dump());
  counters.write(tx);
  Queue queue(tx, now);
  queue.waitAgain(held);
  queue.finish();
  reactions_.apply(tx, problems, now);
}

}  // namespace clipcourier::messages
