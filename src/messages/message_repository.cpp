#include "messages/message_repository.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "db/batch.h"
#include "messages/id_list.h"

namespace clipcourier::messages {
namespace {

namespace sql {
#define SELECT_MESSAGES                                                                           \
  "SELECT m.id, m.campaign_id, m.customer_id, m.sender_id, m.address, m.language, m.state, "      \
  "m.reason, m.due_at_ms, m.state_at_ms, m.created_at_ms, m.attempts, m.opened_at_ms, "           \
  "m.replied_at_ms, s.channel, "                                                                  \
  "(SELECT a.started_at_ms FROM attempts a WHERE a.message_id = m.id AND a.number = m.attempts) " \
  "FROM messages m JOIN senders s ON s.id = m.sender_id "

constexpr auto find = SELECT_MESSAGES "WHERE m.id = $1";
constexpr auto list = SELECT_MESSAGES "WHERE m.id < $1 ORDER BY m.id DESC LIMIT $2";
constexpr auto ofState = SELECT_MESSAGES
    "WHERE m.campaign_id = $1 AND m.state = $2 AND m.id < $3 ORDER BY m.id DESC LIMIT $4";
// A customer has one message of a campaign, and few at all.
constexpr auto ofCustomer = SELECT_MESSAGES
    "WHERE m.customer_id = $1 AND m.id < $2 AND ($3 = 0 OR m.campaign_id = $4) "
    "AND ($5 = '' OR m.state = $6) ORDER BY m.id DESC LIMIT $7";

constexpr auto events = R"sql(
  SELECT kind, attempt, code, at_ms FROM message_events
  WHERE message_id = $1 ORDER BY at_ms, id LIMIT 1000)sql";
constexpr auto attempts = R"sql(
  SELECT number, state, provider_id, error_code, started_at_ms, finished_at_ms
  FROM attempts WHERE message_id = $1 ORDER BY number LIMIT 1000)sql";

// Both states are named so that the index of the open attempts serves. x says how old an attempt of
// each sender must be.
#define FROM_UNKNOWN                                                                \
  "FROM {rows $1 sender_id bigint, before_ms bigint} "                              \
  "JOIN attempts u ON u.sender_id = x.sender_id AND u.started_at_ms < x.before_ms " \
  "AND u.state IN ('sending', 'unknown') AND u.state = 'unknown' "                  \
  "JOIN messages m ON m.id = u.message_id AND m.attempts = u.number AND m.state = 'unknown' "
#define IS_WANTED                                       \
  "(CAST($2 AS BIGINT) = 0 OR m.campaign_id = $2) AND " \
  "(CAST($3 AS INTEGER) = 0 OR u.number <= $3) "
constexpr auto unknownIds =
    "SELECT m.id " FROM_UNKNOWN "WHERE " IS_WANTED "AND m.id < $4 ORDER BY m.id DESC LIMIT $5";
constexpr auto unknownAttempts =
    "SELECT m.id, u.number " FROM_UNKNOWN "WHERE " IS_WANTED "AND m.id > $4 ORDER BY m.id LIMIT $5";
constexpr auto countUnknown = "SELECT count(*) " FROM_UNKNOWN "WHERE " IS_WANTED;
constexpr auto ofIds = SELECT_MESSAGES "WHERE m.id IN {ids $1} ORDER BY m.id DESC";
constexpr auto senders =
    "SELECT id FROM senders WHERE (CAST($1 AS BIGINT) = 0 OR id = $1) ORDER BY id";

constexpr auto youngestConfirmed =
    "SELECT started_at_ms FROM confirmed_attempts WHERE sender_id = $1";
}  // namespace sql

constexpr MessageId kNewest{INT64_MAX};

template <class... Args>
std::vector<Message> select(db::Connection& db, std::string_view statement, const Args&... args) {
  using Text = std::string;
  using Time = std::optional<TimePoint>;
  std::vector<Message> messages;
  for (auto& [id, campaign, customer, sender, address, language, state, reason, due, stateAt,
              created, attempts, opened, replied, channel, tried] :
       db.query<MessageId, CampaignId, CustomerId, SenderId, Text, Text, Text, Text, TimePoint,
                TimePoint, TimePoint, int, Time, Time, Text, Time>(statement, args...))
    messages.push_back({id, campaign, customer, sender, address, language, *messageState(state),
                        reason, due, stateAt, created, attempts, opened, replied, channel, tried});
  return messages;
}

// The index leads through one state at a time; so each is asked for its newest, and these are
// merged.
std::vector<Message> ofCampaign(db::Connection& db, CampaignId campaign, MessageId before,
                                int limit) {
  std::vector<Message> all;
  for (int i = 0; i < kMessageStates; ++i) {
    const auto state = static_cast<MessageState>(i);
    auto some = select(db, sql::ofState, campaign, name(state), before, limit);
    std::move(some.begin(), some.end(), std::back_inserter(all));
  }
  std::ranges::sort(all, std::ranges::greater{}, &Message::id);
  // One that moved while we asked may have been met in two states.
  const auto twice = std::ranges::unique(all, {}, &Message::id);
  all.erase(twice.begin(), twice.end());
  if (all.size() > static_cast<std::size_t>(limit)) all.resize(static_cast<std::size_t>(limit));
  return all;
}

}  // namespace

std::optional<Message> MessageRepository::find(MessageId id) {
  auto found = select(db_, sql::find, id);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<Message> MessageRepository::list(const MessageFilter& filter, MessageId before,
                                             int limit) {
  if (before.value == 0) before = kNewest;
  const std::string state(filter.state ? name(*filter.state) : "");
  if (filter.customer) {
    const auto campaign = filter.campaign.value_or(CampaignId{0});
    return select(db_, sql::ofCustomer, *filter.customer, before, campaign, campaign, state, state,
                  limit);
  }
  if (filter.campaign && filter.state)
    return select(db_, sql::ofState, *filter.campaign, state, before, limit);
  if (filter.campaign) return ofCampaign(db_, *filter.campaign, before, limit);
  if (filter.state)
    throw Error(ErrorKind::invalidInput, "a state alone would search through all messages",
                "Name a campaign or a customer too.", "messages.filter_too_wide");
  return select(db_, sql::list, before, limit);
}

std::string MessageRepository::sendersOf(const UnknownFilter& filter, TimePoint now,
                                         Millis patience) {
  nlohmann::json rows = nlohmann::json::array();
  for (auto& [sender] : db_.query<SenderId>(sql::senders, filter.sender.value_or(SenderId{0}))) {
    TimePoint before = filter.triedBefore;
    if (filter.probablyNeverSent) {
      const auto youngest = youngestConfirmed(sender);
      if (!youngest) continue;
      before = std::min({before, *youngest, now - patience + Millis(1)});
    }
    rows.push_back({{"sender_id", sender.value}, {"before_ms", toMs(before)}});
  }
  return rows.dump();
}

std::vector<Message> MessageRepository::unknown(const UnknownFilter& filter, MessageId before,
                                                int limit, TimePoint now, Millis patience) {
  std::vector<MessageId> ids;
  for (auto& [id] : db_.query<MessageId>(
           db::forBatch(sql::unknownIds, db_.engine()), sendersOf(filter, now, patience),
           filter.campaign.value_or(CampaignId{0}), filter.mostAttempts,
           before.value == 0 ? kNewest : before, limit))
    ids.push_back(id);
  return select(db_, db::forBatch(sql::ofIds, db_.engine()), idList(ids));
}

std::vector<AttemptRef> MessageRepository::unknownAttempts(const UnknownFilter& filter,
                                                           MessageId after, int limit,
                                                           TimePoint now, Millis patience) {
  std::vector<AttemptRef> attempts;
  for (auto& [id, number] : db_.query<MessageId, int>(
           db::forBatch(sql::unknownAttempts, db_.engine()), sendersOf(filter, now, patience),
           filter.campaign.value_or(CampaignId{0}), filter.mostAttempts, after, limit))
    attempts.push_back({id, number});
  return attempts;
}

std::int64_t MessageRepository::countUnknown(const UnknownFilter& filter, TimePoint now,
                                             Millis patience) {
  return *db_.scalar<std::int64_t>(db::forBatch(sql::countUnknown, db_.engine()),
                                   sendersOf(filter, now, patience),
                                   filter.campaign.value_or(CampaignId{0}), filter.mostAttempts);
}

std::vector<MessageEvent> MessageRepository::timeline(const Message& message) {
  std::vector<MessageEvent> events{{"queued", 0, "", message.createdAt}};
  for (auto& [kind, attempt, code, at] :
       db_.query<std::string, int, std::string, TimePoint>(sql::events, message.id))
    events.push_back({kind, attempt, code, at});
  return events;
}

std::vector<Attempt> MessageRepository::attempts(MessageId id) {
  std::vector<Attempt> attempts;
  for (auto& [number, state, providerId, code, started, finished] :
       db_.query<int, std::string, std::string, std::string, TimePoint, std::optional<TimePoint>>(
           sql::attempts, id))
    attempts.push_back({number, *messageState(state), providerId, code, started, finished});
  return attempts;
}

std::optional<TimePoint> MessageRepository::youngestConfirmed(SenderId sender) {
  const auto began = db_.scalar<std::optional<TimePoint>>(sql::youngestConfirmed, sender);
  return began ? *began : std::nullopt;
}

bool probablyNeverSent(const Message& message, std::optional<TimePoint> youngestConfirmed,
                       TimePoint now, Millis patience) {
  if (message.state != MessageState::unknown || !message.lastTriedAt) return false;
  return *message.lastTriedAt + patience <= now && youngestConfirmed &&
         *youngestConfirmed > *message.lastTriedAt;
}

}  // namespace clipcourier::messages
