#include "tracking/message_export.h"

namespace clipcourier::tracking {
namespace {

namespace sql {
// The ids of a campaign lie close together. Its index is by state first, so each is asked alone.
constexpr auto bounds = R"sql(
  SELECT coalesce(min(id), 0), coalesce(max(id), 0) FROM messages
  WHERE campaign_id = $1 AND state = $2)sql";

#define SELECT_EXPORTED                                                                            \
  "SELECT m.id, m.customer_id, c.external_ref, c.name, m.address, m.language, m.state, m.reason, " \
  "m.attempts, m.created_at_ms, m.state_at_ms, m.delivered_at_ms, m.read_at_ms, m.opened_at_ms, "  \
  "m.replied_at_ms, m.tapped_at_ms, m.opted_out_at_ms, m.watch_rank, m.tapped "                    \
  "FROM messages m LEFT JOIN customers c ON c.id = m.customer_id "

constexpr auto all =
    SELECT_EXPORTED "WHERE m.id > $1 AND m.id <= $2 AND m.campaign_id = $3 ORDER BY m.id LIMIT $4";
constexpr auto ofState = SELECT_EXPORTED
    "WHERE m.id > $1 AND m.id <= $2 AND m.campaign_id = $3 AND m.state = $4 "
    "ORDER BY m.id LIMIT $5";
}  // namespace sql

using Text = std::string;
using Time = std::optional<TimePoint>;

template <class... Args>
std::vector<ExportedMessage> select(db::Connection& connection, const char* statement,
                                    const Args&... args) {
  std::vector<ExportedMessage> page;
  for (auto& [id, customer, ref, name, address, language, state, reason, attempts, created, stateAt,
              delivered, read, opened, replied, tappedAt, optedOut, rank, tapped] :
       connection.query<MessageId, CustomerId, Text, Text, Text, Text, Text, Text, int, TimePoint,
                        TimePoint, Time, Time, Time, Time, Time, Time, int, Text>(statement,
                                                                                  args...)) {
    ExportedMessage one;
    one.id = id;
    one.customer = customer;
    one.externalRef = ref;
    one.customerName = name;
    one.address = address;
    one.language = language;
    one.state = *messages::messageState(state);
    one.reason = reason;
    one.attempts = attempts;
    one.createdAt = created;
    one.stateAt = stateAt;
    one.deliveredAt = delivered;
    one.readAt = read;
    one.openedAt = opened;
    one.repliedAt = replied;
    one.tappedAt = tappedAt;
    one.optedOutAt = optedOut;
    one.watchRank = rank;
    one.tapped = tapped;
    page.push_back(std::move(one));
  }
  return page;
}

}  // namespace

MessageExport::MessageExport(db::Database& database, CampaignId campaign,
                             std::optional<messages::MessageState> state, int pageSize)
    : database_(database), campaign_(campaign), state_(state), pageSize_(pageSize) {
  database_.snapshot([&](db::Connection& connection) {
    MessageId first{INT64_MAX};
    for (int i = 0; i < messages::kMessageStates; ++i) {
      const auto each = static_cast<messages::MessageState>(i);
      const auto [least, most] =
          *connection.queryOne<MessageId, MessageId>(sql::bounds, campaign_, name(each));
      if (most.value == 0) continue;
      first = std::min(first, least);
      last_ = std::max(last_, most);
    }
    after_ = {last_.value == 0 ? 0 : first.value - 1};
  });
}

std::vector<ExportedMessage> MessageExport::next() {
  if (after_.value >= last_.value) return {};
  auto page = database_.read([&](db::Connection& connection) {
    return state_ ? select(connection, sql::ofState, after_, last_, campaign_, name(*state_),
                           pageSize_)
                  : select(connection, sql::all, after_, last_, campaign_, pageSize_);
  });
  after_ = page.empty() ? last_ : page.back().id;
  return page;
}

}  // namespace clipcourier::tracking
