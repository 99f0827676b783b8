#include "http/queue_endpoints.h"

#include <nlohmann/json.hpp>

#include "http/json_fields.h"
#include "http/message_json.h"

namespace clipcourier::http {
namespace {

constexpr std::int64_t kMaxMinutes = 366 * 24 * 60;

template <class Items>
nlohmann::json list(const Items& items) {
  nlohmann::json result = nlohmann::json::array();
  for (const auto& item : items) result.push_back(toJson(item));
  return result;
}

}  // namespace

QueueEndpoints::QueueEndpoints(db::Database& database, messages::HoldService& holds,
                               const Clock& clock, SupplyWaits supplyWaits)
    : database_(database), holds_(holds), clock_(clock), supplyWaits_(std::move(supplyWaits)) {}

std::vector<Route> QueueEndpoints::routes() {
  constexpr auto scope = Scope::operations;
  return {
      {Method::get, "/api/v1/queue", scope, [this](Request& r) { return overview(r); }},
      {Method::get,
       "/api/v1/holds",
       scope,
       [this](Request& r) { return listHolds(r); },
       {.query = {"limit", "cursor"}}},
      {Method::post,
       "/api/v1/holds",
       scope,
       [this](Request& r) { return hold(r); },
       {.once = true}},
      {Method::del, "/api/v1/holds/{scope}/{key}", scope,
       [this](Request& r) { return release(r); }},
  };
}

Reply QueueEndpoints::overview(Request&) const {
  const auto supplies = supplyWaits_();
  return database_.snapshot([&](db::Connection& connection) {
    const auto holds = messages::HoldRepository(connection).active(clock_.now());
    return ok({{"at", toIso(clock_.now())},
               {"holds", list(holds)},
               {"campaigns", list(messages::campaignQueues(connection, holds, supplies))},
               {"senders", list(messages::senderQueues(connection, clock_.now()))}});
  });
}

Reply QueueEndpoints::listHolds(Request& request) const {
  const auto holds = database_.read([&](db::Connection& connection) {
    return messages::HoldRepository(connection).active(clock_.now());
  });
  std::map<std::string, nlohmann::json> byKey;
  for (const messages::Hold& hold : holds) byKey[hold.scope + '/' + hold.key] = toJson(hold);
  return pageOfAll(byKey, request.page());
}

Reply QueueEndpoints::hold(Request& request) {
  JsonFields fields(request.json());
  messages::Hold wanted;
  wanted.scope = fields.oneOf("scope", {"everything", "channel", "sender", "campaign", "template"});
  wanted.key = fields.optionalText("key", 100).value_or("");
  wanted.reason = fields.text("reason", 300);
  const auto minutes = fields.optionalNumber("minutes", 1, kMaxMinutes);
  wanted.key = keyOfPath(wanted.scope, wanted.key);
  if (wanted.scope == "everything" && !wanted.key.empty())
    fields.mistake("key", "Everything has no key: leave it out.");
  if (wanted.scope != "everything" && wanted.key.empty())
    fields.mistake("key",
                   "Give the channel's name, the id of the sender or campaign, or the template's "
                   "sender:name:language.");
  fields.check();
  if (minutes) wanted.until = clock_.now() + std::chrono::minutes(*minutes);
  const messages::Hold held = holds_.hold(wanted, request.actor());
  return created("/api/v1/holds/" + held.scope + "/" + pathKey(held.scope, held.key), toJson(held));
}

Reply QueueEndpoints::release(Request& request) {
  const std::string& scope = request.pathText("scope");
  holds_.release(scope, keyOfPath(scope, request.pathText("key")), request.actor());
  return noContent();
}

}  // namespace clipcourier::http
