#include "messages/inbound_applier.h"

#include <algorithm>

#include "base/phone_number.h"
#include "base/text.h"
#include "channels/opt_out.h"
#include "messages/counters.h"
#include "messages/session_outbox.h"

namespace clipcourier::messages {
namespace {

namespace sql {
constexpr auto sender = "SELECT id FROM senders WHERE channel = $1 AND external_id = $2";
constexpr auto locale = "SELECT locale FROM customers WHERE id = $1";
constexpr auto answered = R"sql(
  SELECT m.id, m.campaign_id, m.customer_id FROM attempts a JOIN messages m ON m.id = a.message_id
  WHERE a.provider_id = $1)sql";
constexpr auto latest = R"sql(
  SELECT id, campaign_id, customer_id FROM messages
  WHERE customer_id = $1 AND sender_id = $2 AND state_at_ms > $3
    AND state IN ('unknown', 'accepted', 'sent', 'delivered', 'read')
  ORDER BY id DESC LIMIT 1)sql";
constexpr auto store = R"sql(
  INSERT INTO inbound_messages (sender_id, provider_id, customer_id, message_id, kind, received_at_ms)
  VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (sender_id, provider_id) DO NOTHING)sql";
constexpr auto markReplied = R"sql(
  UPDATE messages SET replied_at_ms = $1 WHERE id = $2 AND replied_at_ms IS NULL)sql";
constexpr auto markTapped = R"sql(
  UPDATE messages SET tapped = $1, tapped_at_ms = $2 WHERE id = $3 AND tapped_at_ms IS NULL)sql";
constexpr auto markOptedOut = R"sql(
  UPDATE messages SET opted_out_at_ms = $1 WHERE id = $2 AND opted_out_at_ms IS NULL)sql";
constexpr auto event = R"sql(
  INSERT INTO message_events (message_id, attempt, kind, code, at_ms) VALUES ($1, 0, $2, $3, $4)
  ON CONFLICT (message_id, attempt, kind, at_ms) DO NOTHING)sql";
// The latest message counts, not the last to come.
constexpr auto openWindow = R"sql(
  INSERT INTO session_windows (sender_id, customer_id, last_inbound_ms) VALUES ($1, $2, $3)
  ON CONFLICT (sender_id, customer_id) DO UPDATE SET last_inbound_ms = excluded.last_inbound_ms
    WHERE session_windows.last_inbound_ms < excluded.last_inbound_ms)sql";
// A campaign that has the new address already keeps its message to it. The condition on the first
// character is that of the index.
constexpr auto readdress = R"sql(
  UPDATE messages SET address = $1
  WHERE customer_id = $2 AND address = $3 AND state IN ('queued', 'held')
    AND NOT EXISTS (SELECT 1 FROM messages o WHERE o.campaign_id = messages.campaign_id
                      AND o.address = $1 AND substr(o.address, 1, 1) <> '+'))sql";
}  // namespace sql

using customers::Identity;
using customers::IdentityKind;

constexpr Millis kLately{7 * 24 * 3'600'000LL};
constexpr std::size_t kLongestPayload = 100;  // of a button, as it is counted

// What the provider itself writes into a chat is nobody's answer.
bool isWritten(const channels::InboundMessage& message) {
  return message.type != "system" && message.type != "unsupported" && message.type != "ephemeral" &&
         message.type != "request_welcome" && !message.type.empty();
}

bool digitsOnly(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// A STOP without a time was said just now; it must not look older than the consent it ends. One
// from the future would outlive a consent that is given after it.
TimePoint actedAt(TimePoint told, TimePoint now) {
  return told == TimePoint{} || told > now ? now : told;
}

constexpr auto kStoppedDe =
    "Sie sind abgemeldet und erhalten von uns keine Nachrichten mehr über diesen Kanal.";
constexpr auto kStoppedEn =
    "You have been unsubscribed and will get no more messages from us on this channel.";

bool readsGerman(const std::string& locale, const std::string& waId) {
  if (const auto language = text::language(locale)) return *language == "de";
  return waId.starts_with("49") || waId.starts_with("43");
}

// Every way the sender of a webhook may be known to us.
std::vector<Identity> identities(const std::string& waId, const std::string& userId) {
  std::vector<Identity> list;
  if (digitsOnly(waId)) {
    if (const auto phone = PhoneNumber::parse("+" + waId))
      list.push_back({IdentityKind::phone, phone->e164()});
    list.push_back({IdentityKind::whatsapp, waId});
  }
  if (!userId.empty()) list.push_back({IdentityKind::bsuid, userId});
  return list;
}

}  // namespace

struct InboundApplier::Answered {
  MessageId message;
  CampaignId campaign;
  CustomerId customer;
};

void InboundApplier::apply(db::Transaction& tx, const channels::WebhookEvent& event,
                           const channels::InboundMessage& message, TimePoint now,
                           InboundSummary& summary) const {
  const bool stop = channels::asksToStop(message);
  const auto sender = tx.scalar<SenderId>(sql::sender, channel_, event.numberId);
  if (!sender) {
    ++summary.unmatched;
    // To a number of ours that we do not send with: they are obeyed all the same.
    if (stop)
      optOut(tx, writerOrNew(tx, message.waId, message.userId, now), event, message, now, summary);
    return;
  }
  auto original = answered(tx, message.contextId);
  auto customer = writer(tx, message.waId, message.userId);
  if (!customer && original) customer = original->customer;
  if (!customer && stop) customer = newCustomer(tx, message.waId, message.userId, now);
  const auto answeredId = original ? std::optional(original->message) : std::nullopt;
  if (tx.run(sql::store, *sender, message.providerMessageId, customer, answeredId, message.type,
             message.at) == 0) {
    ++summary.repeated;
    return;
  }
  if (customer) {
    learn(tx, *customer, message, now);
    tx.run(sql::openWindow, *sender, *customer, actedAt(message.at, now));
  }
  if (!original && customer && isWritten(message)) original = latest(tx, *customer, *sender, now);
  if (original) mark(tx, *original, message, stop, actedAt(message.at, now), summary);
  if (stop && customer) {
    if (confirmStops_ && SessionOutbox(tx).isFirstStop(*customer, channel_))
      confirmStop(tx, *sender, *customer, message, now);
    optOut(tx, *customer, event, message, now, summary);
  }
}

void InboundApplier::optOut(db::Transaction& tx, CustomerId customer,
                            const channels::WebhookEvent& event,
                            const channels::InboundMessage& message, TimePoint now,
                            InboundSummary& summary) const {
  const bool tapped = channels::isStopPayload(message.payload);
  optOut_.apply(tx, customer, channel_,
                {tapped ? "button" : "inbound_message", channel_ + ":" + event.numberId,
                 message.providerMessageId + " \"" + message.text + "\""},
                actedAt(message.at, now), now);
  ++summary.optOuts;
}

void InboundApplier::apply(db::Transaction& tx, const channels::PreferenceEvent& preference,
                           TimePoint now, InboundSummary& summary) const {
  if (!preference.stop) return;  // "resume" lifts the provider's block; it is no new consent
  optOut_.apply(tx, writerOrNew(tx, preference.waId, preference.userId, now), channel_,
                {"provider_preference", channel_, "user_preferences: stop " + preference.category},
                actedAt(preference.at, now), now);
  ++summary.optOuts;
}

void InboundApplier::confirmStop(db::Transaction& tx, SenderId sender, CustomerId customer,
                                 const channels::InboundMessage& message, TimePoint now) const {
  const bool byNumber = digitsOnly(message.waId);
  if (!byNumber && message.userId.empty()) return;
  const auto locale = tx.scalar<std::string>(sql::locale, customer).value_or("");
  SessionOutbox(tx).add(sender, customer, byNumber ? "+" + message.waId : message.userId,
                        "stop_confirmation", message.providerMessageId,
                        readsGerman(locale, message.waId) ? kStoppedDe : kStoppedEn,
                        actedAt(message.at, now), now);
}

void InboundApplier::apply(db::Transaction& tx, const channels::NumberChanged& change,
                           TimePoint now, InboundSummary& summary) const {
  const auto before = writer(tx, change.oldWaId, "");
  const auto after = writer(tx, change.newWaId, "");
  if (before && before == after) return;
  if (before) {
    optOut_.apply(tx, *before, channel_,
                  {"provider_number_change", channel_, "the provider reports another number"},
                  actedAt(change.at, now), now, "number_changed");
    ++summary.optOuts;
  }
  if (!after && digitsOnly(change.newWaId)) newCustomer(tx, change.newWaId, "", now);
}

void InboundApplier::apply(db::Transaction& tx, const channels::UserIdChanged& change,
                           TimePoint) const {
  customers::CustomerRepository repository(tx);
  const Identity from{IdentityKind::bsuid, change.previousUserId};
  const Identity to{IdentityKind::bsuid, change.currentUserId};
  const auto customer = repository.owner(from);
  if (!customer || !repository.rename(from, to)) return;
  tx.run(sql::readdress, to.value, *customer, from.value);
}

// In both directions: who is known by a number may later write under a user id, and the other way.
void InboundApplier::learn(db::Transaction& tx, CustomerId customer,
                           const channels::InboundMessage& message, TimePoint now) const {
  std::vector<customers::CustomerRepository::IdentityOwner> told;
  if (digitsOnly(message.waId)) told.push_back({{IdentityKind::whatsapp, message.waId}, customer});
  if (!message.userId.empty()) told.push_back({{IdentityKind::bsuid, message.userId}, customer});
  customers::CustomerRepository(tx).learn(told, now);
}

std::optional<InboundApplier::Answered> InboundApplier::answered(
    db::Transaction& tx, const std::string& providerId) const {
  if (providerId.empty()) return std::nullopt;
  const auto row = tx.queryOne<MessageId, CampaignId, CustomerId>(sql::answered, providerId);
  if (!row) return std::nullopt;
  const auto& [message, campaign, customer] = *row;
  return Answered{message, campaign, customer};
}

std::optional<CustomerId> InboundApplier::writer(db::Transaction& tx, const std::string& waId,
                                                 const std::string& userId) const {
  customers::CustomerRepository repository(tx);
  for (const Identity& identity : identities(waId, userId))
    if (const auto owner = repository.owner(identity)) return owner;
  return std::nullopt;
}

CustomerId InboundApplier::writerOrNew(db::Transaction& tx, const std::string& waId,
                                       const std::string& userId, TimePoint now) const {
  const auto known = writer(tx, waId, userId);
  return known ? *known : newCustomer(tx, waId, userId, now);
}

CustomerId InboundApplier::newCustomer(db::Transaction& tx, const std::string& waId,
                                       const std::string& userId, TimePoint now) const {
  std::vector<customers::Customer> made(1);
  made.front().identities = identities(waId, userId);
  customers::CustomerRepository(tx).insert(made, now);
  return made.front().id;
}

std::optional<InboundApplier::Answered> InboundApplier::latest(db::Transaction& tx,
                                                               CustomerId customer, SenderId sender,
                                                               TimePoint now) const {
  const auto row =
      tx.queryOne<MessageId, CampaignId, CustomerId>(sql::latest, customer, sender, now - kLately);
  if (!row) return std::nullopt;
  const auto& [message, campaign, owner] = *row;
  return Answered{message, campaign, owner};
}

void InboundApplier::mark(db::Transaction& tx, const Answered& message,
                          const channels::InboundMessage& answer, bool stop, TimePoint at,
                          InboundSummary& summary) const {
  CounterChanges counters;
  const auto note = [&](const char* kind, const std::optional<std::string>& code) {
    tx.run(sql::event, message.message, kind, code, at);
  };
  if (stop) {
    note("opted_out", std::nullopt);
    if (tx.run(sql::markOptedOut, at, message.message) > 0)
      counters.add(message.campaign, "opted_out");
  } else if (!answer.payload.empty()) {
    const std::string payload = text::truncate(answer.payload, kLongestPayload);
    note("tapped", payload);
    ++summary.taps;
    if (tx.run(sql::markTapped, payload, at, message.message) > 0) {
      counters.add(message.campaign, "tapped");
      counters.add(message.campaign, "tapped:" + payload);
    }
  } else {
    note("replied", std::nullopt);
    ++summary.replies;
    if (tx.run(sql::markReplied, at, message.message) > 0)
      counters.add(message.campaign, "replied");
  }
  counters.write(tx);
}

}  // namespace clipcourier::messages
