#include "messages/sender_event_applier.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "messages/holds.h"
#include "senders/sender_repository.h"
#include "senders/template_repository.h"

namespace clipcourier::messages {
namespace {

using nlohmann::json;
using senders::Sender;
using senders::SenderRepository;
using senders::SenderTemplate;
using senders::TemplateRepository;

// Stands above "system": a short rest after an error does not shorten what the provider said.
constexpr auto kProvider = "provider";

std::string digitsOf(const std::string& text) {
  std::string digits;
  for (const char c : text)
    if (c >= '0' && c <= '9') digits += c;
  return digits;
}

// Whether a template may be sent after this event; none when that does not change.
std::optional<bool> sendableAfter(const std::string& event) {
  for (const char* good : {"APPROVED", "REINSTATED", "UNARCHIVED", "UNLOCKED"})
    if (event == good) return true;
  for (const char* bad : {"REJECTED", "PENDING", "PAUSED", "DISABLED", "IN_APPEAL", "LOCKED",
                          "ARCHIVED", "DELETED", "PENDING_DELETION"})
    if (event == bad) return false;
  return std::nullopt;
}

template <class What>
std::vector<SenderTemplate> templatesOf(db::Transaction& tx, const std::string& channel,
                                        const channels::WebhookEvent& of, const What& event) {
  TemplateRepository templates(tx);
  auto found = templates.ofAccount(channel, of.businessId, event.templateName, event.language,
                                   event.templateId);
  // One we have not seen yet: the next look at the provider's list brings it.
  if (found.empty()) SenderRepository(tx).wantTemplates(channel, of.businessId);
  return found;
}

void change(db::Transaction& tx, const SenderTemplate& to, TimePoint now) {
  TemplateRepository(tx).change(to);
  settleTemplateHold(tx, to, now);
}

}  // namespace

void settleTemplateHold(db::Transaction& tx, const SenderTemplate& now, TimePoint at) {
  const std::string key = templateKey(now.sender, now.what.name, now.what.language);
  HoldRepository holds(tx);
  std::string reason;
  if (now.missingSince != TimePoint{})
    reason = "template_status:DELETED";
  else if (now.what.status != "APPROVED")
    reason = "template_status:" + now.what.status;
  else if (now.what.quality == "RED")
    reason = "template_quality";
  if (reason.empty())
    holds.releaseOf("template", key, kProvider);
  else
    holds.holdFor({"template", key, reason, kProvider, at, std::nullopt});
}

void SenderEventApplier::apply(db::Transaction& tx, const channels::WebhookEvent& event,
                               TimePoint now) const {
  std::visit(
      [&](const auto& what) {
        if constexpr (requires { on(tx, event, what, now); }) on(tx, event, what, now);
      },
      event.what);
}

void SenderEventApplier::on(db::Transaction& tx, const channels::WebhookEvent& of,
                            const channels::TemplateStatusEvent& event, TimePoint now) const {
  const auto sendable = sendableAfter(event.event);
  for (SenderTemplate& one : templatesOf(tx, channel_, of, event)) {
    if (sendable) one.what.status = *sendable ? "APPROVED" : event.event;
    if (!event.category.empty()) one.what.category = event.category;
    one.what.rejectedReason = event.event == "REJECTED" ? event.reason : "";
    change(tx, one, now);
  }
}

void SenderEventApplier::on(db::Transaction& tx, const channels::WebhookEvent& of,
                            const channels::TemplateQualityEvent& event, TimePoint now) const {
  for (SenderTemplate& one : templatesOf(tx, channel_, of, event)) {
    one.what.quality = event.current;
    change(tx, one, now);
  }
}

// The new components are not told: they are read from the provider's list.
void SenderEventApplier::on(db::Transaction& tx, const channels::WebhookEvent& of,
                            const channels::TemplateChangedEvent& event, TimePoint now) const {
  for (SenderTemplate& one : templatesOf(tx, channel_, of, event)) {
    if (event.category.empty()) continue;
    one.what.category = event.category;
    change(tx, one, now);
  }
  SenderRepository(tx).wantTemplates(channel_, of.businessId);
}

void SenderEventApplier::on(db::Transaction& tx, const channels::WebhookEvent& of,
                            const channels::NumberQualityEvent& event, TimePoint now) const {
  const std::string number = digitsOf(event.displayNumber);
  auto senders = SenderRepository(tx).ofAccount(channel_, of.businessId);
  if (senders.size() > 1)
    std::erase_if(senders, [&](const Sender& s) { return digitsOf(s.displayAddress) != number; });
  json news = {{"number_event", event.event}, {"number_event_at", toIso(now)}};
  if (!event.limit.empty()) news["messaging_limit"] = event.limit;
  if (event.event == "THROUGHPUT_UPGRADE") news["throughput"] = "HIGH";
  for (const Sender& sender : senders) SenderRepository(tx).mergeDetails(sender.id, news.dump());
}

void SenderEventApplier::on(db::Transaction& tx, const channels::WebhookEvent& of,
                            const channels::CapabilityEvent& event, TimePoint) const {
  if (event.messagingLimit.empty()) return;
  const std::string news = json{{"messaging_limit", event.messagingLimit}}.dump();
  for (const Sender& sender : SenderRepository(tx).ofAccount(channel_, of.businessId))
    SenderRepository(tx).mergeDetails(sender.id, news);
}

void SenderEventApplier::on(db::Transaction& tx, const channels::WebhookEvent& of,
                            const channels::AccountEvent& event, TimePoint now) const {
  const std::string news = json{
      {"account_event", event.event.empty() ? event.field : event.event},
      {"account_event_field", event.field},
      {"account_event_at",
       toIso(now)}}.dump(-1, ' ', false, json::error_handler_t::replace);
  for (const Sender& sender : SenderRepository(tx).ofAccount(channel_, of.businessId)) {
    SenderRepository(tx).mergeDetails(sender.id, news);
    const std::string key = std::to_string(sender.id.value);
    if (event.haltsSending) {
      const bool ends = event.haltsUntil > now;
      HoldRepository(tx).holdFor({"sender", key, "account_event:" + event.event, kProvider, now,
                                  ends ? std::optional(event.haltsUntil) : std::nullopt});
    } else if (event.resumesSending) {
      HoldRepository(tx).releaseOf("sender", key, kProvider);
    }
  }
}

}  // namespace clipcourier::messages
