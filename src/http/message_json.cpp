#include "http/message_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/phone_number.h"
#include "base/text.h"
#include "channels/registry.h"
#include "messages/reasons.h"

namespace clipcourier::http {
namespace {

using nlohmann::json;

json timeOrNull(const std::optional<TimePoint>& time) { return time ? json(toIso(*time)) : json(); }
json textOrNull(const std::string& text) { return text.empty() ? json() : json(text); }

// {"code": ..., "text": {"de": ..., "en": ...}}, or null without a code.
json reasonOrNull(const std::string& code, const std::string& channel) {
  if (code.empty()) return json();
  return {{"code", code}, {"text", messages::explain(code, channels::find(channel))}};
}

std::string shown(const std::string& address, const users::Scopes& scopes) {
  if (scopes.has(users::Scope::customersRead)) return address;
  if (const auto number = PhoneNumber::parse(address)) return number->masked();
  return text::truncate(address, 3) + "…";
}

// A hold of the system has the code of a provider; with one channel there is no doubt whose.
const channels::Channel* anyChannel() { return channels::all().front(); }

constexpr const char* kEverythingKey = "all";

std::string replaced(std::string text, char from, char to) {
  std::ranges::replace(text, from, to);
  return text;
}

}  // namespace

std::string pathKey(const std::string& scope, const std::string& key) {
  if (scope == "everything") return kEverythingKey;
  return scope == "template" ? replaced(key, '/', ':') : key;
}

std::string keyOfPath(const std::string& scope, const std::string& pathKey) {
  if (scope == "everything" && pathKey == kEverythingKey) return "";
  return scope == "template" ? replaced(pathKey, ':', '/') : pathKey;
}

json toJson(const messages::Message& message, bool probablyNeverSent, const users::Scopes& scopes) {
  json result = {{"id", message.id.value},
                 {"campaign_id", message.campaign.value},
                 {"customer_id", message.customer.value},
                 {"sender_id", message.sender.value},
                 {"channel", message.channel},
                 {"address", shown(message.address, scopes)},
                 {"language", message.language},
                 {"state", name(message.state)},
                 {"reason", reasonOrNull(message.reason, message.channel)},
                 {"due_at", toIso(message.dueAt)},
                 {"state_at", toIso(message.stateAt)},
                 {"created_at", toIso(message.createdAt)},
                 {"attempts_made", message.attempts},
                 {"opened_at", timeOrNull(message.openedAt)},
                 {"replied_at", timeOrNull(message.repliedAt)},
                 {"outlook", nullptr}};
  if (message.state == messages::MessageState::unknown)
    result["outlook"] = {{"probably_never_sent", probablyNeverSent},
                         {"text", messages::explainUnknown(probablyNeverSent)}};
  return result;
}

json toJson(const messages::Attempt& attempt, const std::string& channel) {
  return {{"number", attempt.number},
          {"state", name(attempt.state)},
          {"provider_id", textOrNull(attempt.providerId)},
          {"error", reasonOrNull(attempt.errorCode, channel)},
          {"started_at", toIso(attempt.startedAt)},
          {"finished_at", timeOrNull(attempt.finishedAt)}};
}

json toJson(const messages::MessageEvent& event, const std::string& channel) {
  return {{"kind", event.kind},
          {"attempt", event.attempt > 0 ? json(event.attempt) : json()},
          {"at", toIso(event.at)},
          {"reason", reasonOrNull(event.code, channel)}};
}

json toJson(const messages::Hold& hold) {
  return {
      {"scope", hold.scope},
      {"key", pathKey(hold.scope, hold.key)},
      {"reason", {{"code", hold.reason}, {"text", messages::explain(hold.reason, anyChannel())}}},
      {"held_by", hold.heldBy},
      {"since", toIso(hold.since)},
      {"until", timeOrNull(hold.until)}};
}

json toJson(const messages::CampaignWait& wait, const std::string& channel) {
  return {{"scope", wait.scope},
          {"reason", reasonOrNull(wait.code, channel)},
          {"until", timeOrNull(wait.until)},
          {"language", textOrNull(wait.language)}};
}

json toJson(const messages::CampaignQueue& queue) {
  json waits = json::array();
  for (const messages::CampaignWait& wait : queue.waits)
    waits.push_back(toJson(wait, queue.channel));
  return {{"campaign_id", queue.campaign.value},
          {"name", queue.name},
          {"state", queue.state},
          {"channel", queue.channel},
          {"sender_id", queue.sender.value},
          {"counts", queue.counts},
          {"waits", std::move(waits)},
          {"next_due_at", timeOrNull(queue.nextDueAt)}};
}

json toJson(const messages::SenderQueue& queue) {
  return {{"sender_id", queue.sender.value},
          {"name", queue.name},
          {"channel", queue.channel},
          {"active", queue.active},
          {"messages_per_second", queue.perSecond},
          {"in_flight", queue.inFlight},
          {"unknown", queue.unknown},
          {"limit", toJson(queue.limit, queue.channel)}};
}

json toJson(const std::optional<messages::SenderLimit>& limit, const std::string& channel) {
  if (!limit) return json();
  return {{"per_second", limit->perSecond},
          {"since", toIso(limit->since)},
          {"reason", reasonOrNull(limit->code, channel)}};
}

json toJson(const messages::Resolution& resolution) {
  const messages::UnknownFilter& filter = resolution.filter;
  return {{"id", resolution.id.value},
          {"action", resolution.resend ? "resend" : "give_up"},
          {"campaign_id", filter.campaign ? json(filter.campaign->value) : json()},
          {"sender_id", filter.sender ? json(filter.sender->value) : json()},
          {"tried_before", toIso(filter.triedBefore)},
          {"probably_never_sent", filter.probablyNeverSent},
          {"state", resolution.state},
          {"total", resolution.total},
          {"seen", resolution.seen},
          {"resolved", resolution.resolved},
          {"created_by", resolution.createdBy},
          {"created_at", toIso(resolution.createdAt)},
          {"finished_at", timeOrNull(resolution.finishedAt)},
          {"error", textOrNull(resolution.error)}};
}

}  // namespace clipcourier::http
