#include "http/message_endpoints.h"

#include <nlohmann/json.hpp>

#include "http/message_json.h"
#include "messages/holds.h"

namespace clipcourier::http {
namespace {

using messages::Message;
using messages::MessageRepository;
using messages::MessageState;

constexpr std::int64_t kMaxId = INT64_MAX;
constexpr std::int64_t kMaxMinutes = 366 * 24 * 60;

messages::MessageFilter filterOf(const Request& request) {
  messages::MessageFilter filter;
  if (const auto id = request.queryNumber("campaign", 1, kMaxId)) filter.campaign = CampaignId{*id};
  if (const auto id = request.queryNumber("customer", 1, kMaxId)) filter.customer = CustomerId{*id};
  if (const auto state =
          request.queryOneOf("state", {"queued", "held", "sending", "unknown", "accepted", "sent",
                                       "failed", "delivered", "read", "skipped"}))
    filter.state = messages::messageState(*state);
  return filter;
}

// Unknown messages have an index of their own and more to choose by; none for every other list.
std::optional<messages::UnknownFilter> unknownFilterOf(const Request& request,
                                                       const messages::MessageFilter& filter,
                                                       TimePoint now) {
  const auto sender = request.queryNumber("sender", 1, kMaxId);
  const auto minutes = request.queryNumber("older_than_minutes", 0, kMaxMinutes);
  const bool probably = request.queryFlag("probably_never_sent");
  if (filter.state != MessageState::unknown || filter.customer) {
    if (sender || minutes || probably)
      throw Error(ErrorKind::invalidInput,
                  "sender, older_than_minutes and probably_never_sent are for unknown messages",
                  "Add state=unknown and leave the customer out.", "messages.filter");
    return std::nullopt;
  }
  messages::UnknownFilter unknown;
  unknown.campaign = filter.campaign;
  if (sender) unknown.sender = SenderId{*sender};
  unknown.triedBefore = now - std::chrono::minutes(minutes.value_or(0)) + Millis(minutes ? 0 : 1);
  unknown.probablyNeverSent = probably;
  return unknown;
}

Message get(db::Connection& connection, const Request& request) {
  auto message = MessageRepository(connection).find(request.id<MessageId>());
  if (!message)
    throw Error(ErrorKind::notFound, "there is no such message",
                "Ids of messages are in the lists of a campaign or a customer.",
                "message.not_found");
  return *std::move(message);
}

// A timeline by keys in its order: the message was queued before all else, then by time, then as it
// came. What comes late changes no other key. Numbers have equal length, to be sorted as text.
std::map<std::string, nlohmann::json> timelineByKey(
    const std::vector<messages::MessageEvent>& timeline, const std::string& channel) {
  constexpr std::int64_t kTimes = 1'000'000'000'000'000, kPlaces = 10'000;
  std::map<std::string, nlohmann::json> events;
  events["0"] = http::toJson(timeline.at(0), channel);
  std::int64_t place = 0;  // among those of one time
  for (std::size_t i = 1; i < timeline.size(); ++i) {
    const messages::MessageEvent& event = timeline[i];
    place = i > 1 && event.at == timeline[i - 1].at ? place + 1 : 0;
    events[std::to_string(kTimes + toMs(event.at)) + '.' + std::to_string(kPlaces + place)] =
        http::toJson(event, channel);
  }
  return events;
}

bool waits(const Message& message) {
  return message.state == MessageState::queued || message.state == MessageState::held;
}

}  // namespace

MessageEndpoints::MessageEndpoints(db::Database& database, const messages::WatchToken& tokens,
                                   const Clock& clock, SupplyWaits supplyWaits,
                                   MessageViewSettings settings)
    : database_(database),
      tokens_(tokens),
      clock_(clock),
      supplyWaits_(std::move(supplyWaits)),
      settings_(std::move(settings)) {}

std::vector<Route> MessageEndpoints::routes() {
  const RouteOptions listed{.query = {"campaign", "customer", "state", "sender",
                                      "older_than_minutes", "probably_never_sent", "limit",
                                      "cursor"}};
  const RouteOptions paged{.query = {"limit", "cursor"}};
  return {
      {Method::get, "/api/v1/messages", Scope::messagesRead, [this](Request& r) { return list(r); },
       listed},
      {Method::get, "/api/v1/messages/{id}", Scope::messagesRead,
       [this](Request& r) { return show(r); }},
      {Method::get, "/api/v1/messages/{id}/timeline", Scope::messagesRead,
       [this](Request& r) { return timeline(r); }, paged},
  };
}

Reply MessageEndpoints::list(Request& request) const {
  const PageRequest page = request.page();
  const messages::MessageFilter filter = filterOf(request);
  const auto unknown = unknownFilterOf(request, filter, clock_.now());
  const MessageId before{page.afterId()};
  return database_.read([&](db::Connection& connection) {
    MessageRepository messages(connection);
    auto found = unknown ? messages.unknown(*unknown, before, page.limit + 1, clock_.now(),
                                            settings_.patience)
                         : messages.list(filter, before, page.limit + 1);
    const bool more = found.size() > static_cast<std::size_t>(page.limit);
    if (more) found.pop_back();
    return pageReply(itemsOf(connection, found, request.scopes()),
                     more ? std::optional(std::to_string(found.back().id.value)) : std::nullopt);
  });
}

nlohmann::json MessageEndpoints::itemsOf(db::Connection& connection,
                                         const std::vector<Message>& messages,
                                         const users::Scopes& scopes) const {
  std::map<SenderId, std::optional<TimePoint>> confirmed;  // asked once for each sender
  nlohmann::json items = nlohmann::json::array();
  for (const Message& message : messages) {
    std::optional<TimePoint> youngest;
    if (message.state == MessageState::unknown) {
      const auto [place, isNew] = confirmed.try_emplace(message.sender);
      if (isNew) place->second = MessageRepository(connection).youngestConfirmed(message.sender);
      youngest = place->second;
    }
    items.push_back(toJson(
        message, probablyNeverSent(message, youngest, clock_.now(), settings_.patience), scopes));
  }
  return items;
}

// Beside its own reason a message waits for what its campaign waits for.
nlohmann::json MessageEndpoints::waitsOf(db::Connection& connection, const Message& message) const {
  nlohmann::json result = nlohmann::json::array();
  if (!waits(message)) return result;
  const auto holds = messages::HoldRepository(connection).active(clock_.now());
  for (const auto& queue : messages::campaignQueues(connection, holds, supplyWaits_())) {
    if (queue.campaign != message.campaign) continue;
    for (const auto& wait : queue.waits)
      if (wait.language.empty() || wait.language == message.language)
        result.push_back(toJson(wait, queue.channel));
  }
  return result;
}

Reply MessageEndpoints::show(Request& request) const {
  return database_.snapshot([&](db::Connection& connection) {
    const Message message = get(connection, request);
    nlohmann::json result = itemsOf(connection, {message}, request.scopes()).front();
    result["attempts"] = nlohmann::json::array();
    for (const auto& attempt : MessageRepository(connection).attempts(message.id))
      result["attempts"].push_back(toJson(attempt, message.channel));
    result["waits"] = waitsOf(connection, message);
    if (request.scopes().has(Scope::messagesWrite))
      result["watch_url"] = settings_.publicUrl + "/w/" + tokens_.make(message.id);
    return ok(result);
  });
}

Reply MessageEndpoints::timeline(Request& request) const {
  return database_.snapshot([&](db::Connection& connection) {
    const Message message = get(connection, request);
    const auto events =
        timelineByKey(MessageRepository(connection).timeline(message), message.channel);
    nlohmann::json answer = pageJsonOfAll(events, request.page());
    answer["message_id"] = message.id.value;
    return ok(answer);
  });
}

}  // namespace clipcourier::http
