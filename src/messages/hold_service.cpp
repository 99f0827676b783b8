#include "messages/hold_service.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "channels/registry.h"
#include "messages/sender_rate.h"

namespace clipcourier::messages {
namespace {

namespace sql {
constexpr auto hasSender = "SELECT id FROM senders WHERE CAST(id AS TEXT) = $1";
constexpr auto hasTemplate = R"sql(
  SELECT id FROM templates WHERE CAST(sender_id AS TEXT) || '/' || name || '/' || language = $1)sql";
constexpr auto hasCampaign = "SELECT id FROM campaigns WHERE CAST(id AS TEXT) = $1";
}  // namespace sql

bool exists(db::Connection& connection, const Hold& hold) {
  if (hold.scope == "everything") return hold.key.empty();
  if (hold.scope == "channel") return channels::find(hold.key) != nullptr;
  if (hold.scope == "sender")
    return connection.scalar<SenderId>(sql::hasSender, hold.key).has_value();
  if (hold.scope == "campaign")
    return connection.scalar<CampaignId>(sql::hasCampaign, hold.key).has_value();
  if (hold.scope == "template")
    return connection.scalar<std::int64_t>(sql::hasTemplate, hold.key).has_value();
  return false;
}

std::string nameOf(const std::string& scope, const std::string& key) {
  return key.empty() ? scope : scope + " " + key;
}

}  // namespace

HoldService::HoldService(db::Database& database, const users::AuditLog& audit, const Clock& clock,
                         std::function<void()> wakeDispatcher)
    : database_(database),
      audit_(audit),
      clock_(clock),
      wakeDispatcher_(std::move(wakeDispatcher)) {}

Hold HoldService::hold(Hold hold, const Actor& actor) {
  hold.since = clock_.now();
  hold.heldBy = actor.kind + ":" + actor.id;
  if (hold.until && *hold.until <= hold.since)
    throw Error(ErrorKind::invalidInput, "the end of the hold lies in the past",
                "Give a later time, or none to hold until it is released.", "hold.past");
  database_.write([&](db::Transaction& tx) {
    if (!exists(tx, hold))
      throw Error(ErrorKind::notFound, "there is nothing of this kind and key to hold",
                  "Hold everything, a channel by its name, a sender or campaign by its id, or a "
                  "template of a sender.",
                  "hold.unknown_scope");
    HoldRepository(tx).hold(hold);
    nlohmann::json details = {{"reason", hold.reason}};
    if (hold.until) details["until"] = toIso(*hold.until);
    audit_.record(tx, actor, "hold.set", "hold", nameOf(hold.scope, hold.key), details);
  });
  return hold;
}

void HoldService::release(const std::string& scope, const std::string& key, const Actor& actor) {
  database_.write([&](db::Transaction& tx) {
    HoldRepository holds(tx);
    const auto held = holds.find(scope, key);
    if (!holds.release(scope, key))
      throw Error(ErrorKind::notFound, "this is not held", "See which holds there are.",
                  "hold.not_found");
    // Who says that it is mended wants no slow start.
    if (scope == "sender" && held && held->heldBy == "system")
      SenderRates(tx).clear(SenderId{std::stoll(key)}, held->reason);
    audit_.record(tx, actor, "hold.release", "hold", nameOf(scope, key), nlohmann::json::object());
  });
  wakeDispatcher_();
}

}  // namespace clipcourier::messages
