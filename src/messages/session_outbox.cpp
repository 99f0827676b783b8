#include "messages/session_outbox.h"

#include <charconv>
#include <optional>

#include "messages/receipt.h"

namespace clipcourier::messages {
namespace {

using namespace std::chrono_literals;

constexpr Millis kWindow = 24h;
constexpr Millis kMargin = 5min;  // the provider's clock decides, and the way takes time
constexpr Millis kDeadline = 2min;
constexpr std::string_view kOpaque = "s1.";

namespace sql {
constexpr auto add = R"sql(
  INSERT INTO session_messages (sender_id, customer_id, address, kind, cause, body, state, due_at_ms,
    until_ms, created_at_ms, state_at_ms)
  VALUES ($1, $2, $3, $4, $5, $6, 'queued', $7, $8, $7, $7)
  ON CONFLICT (sender_id, customer_id, kind, cause) DO NOTHING)sql";
constexpr auto due = R"sql(
  SELECT m.id, m.sender_id, m.address, m.body FROM session_messages m
  WHERE m.state = 'queued' AND m.due_at_ms <= $1 AND m.until_ms > $1
    AND NOT EXISTS (SELECT 1 FROM holds h WHERE (h.until_ms IS NULL OR h.until_ms > $1) AND (
      h.scope = 'everything' OR (h.scope = 'sender' AND h.scope_key = CAST(m.sender_id AS TEXT))
      OR (h.scope = 'channel' AND h.scope_key =
            (SELECT s.channel FROM senders s WHERE s.id = m.sender_id))))
  ORDER BY m.due_at_ms, m.id LIMIT $2)sql";
constexpr auto begin = R"sql(
  UPDATE session_messages SET state = 'sending', attempts = attempts + 1, state_at_ms = $1,
    due_at_ms = $2 WHERE id = $3 AND state = 'queued')sql";
constexpr auto record = R"sql(
  UPDATE session_messages SET state = $1, provider_id = coalesce(provider_id, $2), error_code = $3,
    due_at_ms = $4, state_at_ms = $5 WHERE id = $6 AND state IN ('sending', 'unknown'))sql";
constexpr auto stateOf = "SELECT id, state FROM session_messages WHERE id = $1";
constexpr auto stateOfProviderId =
    "SELECT id, state FROM session_messages WHERE provider_id = $1 ORDER BY id LIMIT 1";
constexpr auto advance = R"sql(
  UPDATE session_messages SET state = $1, provider_id = coalesce(provider_id, $2), error_code = $3,
    state_at_ms = $4 WHERE id = $5)sql";
constexpr auto interrupted = R"sql(
  UPDATE session_messages SET state = 'unknown', error_code = 'interrupted', state_at_ms = $1
  WHERE state = 'sending' AND due_at_ms <= $1)sql";
constexpr auto tooLate = R"sql(
  UPDATE session_messages SET state = 'skipped', error_code = 'window_closed', state_at_ms = $1
  WHERE state = 'queued' AND until_ms <= $1)sql";
constexpr auto states = R"sql(
  SELECT count(*), coalesce(sum(CASE WHEN state = 'withdrawn' THEN 0 ELSE 1 END), 0) FROM consents
  WHERE customer_id = $1 AND channel IN ($2, '*'))sql";
}  // namespace sql

std::optional<SessionMessageId> idIn(std::string_view opaque) {
  if (!opaque.starts_with(kOpaque)) return std::nullopt;
  opaque.remove_prefix(kOpaque.size());
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(opaque.data(), opaque.data() + opaque.size(), id);
  if (error != std::errc() || end != opaque.data() + opaque.size() || id <= 0) return std::nullopt;
  return SessionMessageId{id};
}

std::optional<std::string> orNull(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

std::string SessionOutbox::opaque(SessionMessageId id) {
  return std::string(kOpaque) + std::to_string(id.value);
}

void SessionOutbox::add(SenderId sender, CustomerId customer, const std::string& address,
                        const std::string& kind, const std::string& cause, const std::string& text,
                        TimePoint answers, TimePoint now) {
  tx_.run(sql::add, sender, customer, address, kind, cause, text, now, answers + kWindow - kMargin);
}

std::vector<SessionDue> SessionOutbox::begin(TimePoint now, int most) {
  std::vector<SessionDue> begun;
  std::string statement = sql::due;
  if (tx_.engine() == db::Engine::postgresql) statement += " FOR UPDATE OF m SKIP LOCKED";
  for (auto& [id, sender, address, text] :
       tx_.query<SessionMessageId, SenderId, std::string, std::string>(statement, now, most))
    if (tx_.run(sql::begin, now, now + kDeadline, id) == 1)
      begun.push_back({id, sender, std::move(address), std::move(text)});
  return begun;
}

void SessionOutbox::record(const std::vector<SessionResult>& results, TimePoint now) {
  for (const SessionResult& result : results)
    tx_.run(sql::record, std::string(name(result.state)), orNull(result.providerId),
            orNull(result.code), result.state == MessageState::queued ? result.dueAt : now, now,
            result.id);
}

// Receipts come in any order: a message only moves forward.
void SessionOutbox::apply(const std::vector<channels::StatusEvent>& receipts, TimePoint now) {
  for (const channels::StatusEvent& receipt : receipts) {
    const auto becomes = stateOf(receipt.status);
    const auto id = idIn(receipt.opaque);
    if (!becomes || (!id && !receipt.opaque.empty())) continue;
    const auto row = id ? tx_.queryOne<SessionMessageId, std::string>(sql::stateOf, *id)
                        : tx_.queryOne<SessionMessageId, std::string>(sql::stateOfProviderId,
                                                                      receipt.providerMessageId);
    if (!row) continue;
    const auto& [found, before] = *row;
    if (attemptRank(*becomes) <= attemptRank(*messageState(before))) continue;
    const std::string code = receipt.errorCode == 0 ? "" : std::to_string(receipt.errorCode);
    tx_.run(sql::advance, std::string(name(*becomes)), orNull(receipt.providerMessageId),
            orNull(code), now, found);
  }
}

int SessionOutbox::settle(TimePoint now) {
  return static_cast<int>(tx_.run(sql::interrupted, now) + tx_.run(sql::tooLate, now));
}

bool SessionOutbox::isFirstStop(CustomerId customer, const std::string& channel) {
  const auto row = tx_.queryOne<std::int64_t, std::int64_t>(sql::states, customer, channel);
  const auto& [all, open] = *row;
  return all == 0 || open > 0;
}

}  // namespace clipcourier::messages
