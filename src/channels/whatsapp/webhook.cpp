#include "channels/whatsapp/webhook.h"

#include "base/crypto.h"
#include "base/error.h"
#include "channels/whatsapp/whatsapp_channel.h"

namespace clipcourier::channels::whatsapp {

namespace {

void readChange(const Json& entry, const Json& change, std::vector<WebhookEvent>& out) {
  ChangeEvents events(entry, change, out);
  if (!change.is_object() || !events.value().is_object()) {
    events.addUnknown("malformed", change);
  } else if (events.field() == "messages") {
    readMessagesField(events);
  } else if (!readOtherField(events, change)) {
    events.addUnknown("field", change);
  }
}

}  // namespace

ChangeEvents::ChangeEvents(const Json& entry, const Json& change, std::vector<WebhookEvent>& out)
    : value_(member(change, "value")),
      out_(out),
      field_(text(change, "field")),
      businessId_(text(entry, "id")),
      numberId_(text(member(value_, "metadata"), "phone_number_id")),
      at_(time(member(entry, "time"))) {}

std::string ChangeEvents::contentKey() {
  if (hash_.empty()) {
    const std::string content =
        businessId_ + "\n" + std::to_string(toMs(at_)) + "\n" + field_ + "\n" + dump(value_);
    hash_ = crypto::hex(crypto::sha256(content));
  }
  return "change:" + hash_ + ":" + std::to_string(counted_++);
}

std::optional<std::string> WhatsAppChannel::answerChallenge(
    const std::map<std::string, std::string>& query, const Secret& verifyToken) const {
  const auto value = [&](const char* name) {
    const auto found = query.find(name);
    return found == query.end() ? std::string() : found->second;
  };
  // Without a token of our own every caller would be right.
  if (verifyToken.empty() || value("hub.mode") != "subscribe") return std::nullopt;
  const std::string given = value("hub.verify_token"), challenge = value("hub.challenge");
  // Hashed, so that neither length nor content shows in the time it takes.
  if (!crypto::equal(crypto::sha256(given), crypto::sha256(verifyToken.reveal()))) {
    return std::nullopt;
  }
  if (challenge.empty() || challenge.size() > 1024) return std::nullopt;
  return challenge;
}

bool WhatsAppChannel::isSigned(std::string_view body, std::string_view signature,
                               const Secret& appSecret) const {
  constexpr std::string_view kScheme = "sha256=";
  if (appSecret.empty() || !signature.starts_with(kScheme)) return false;
  const auto given = crypto::unhex(signature.substr(kScheme.size()));
  return given && crypto::equal(*given, crypto::hmacSha256(appSecret.reveal(), body));
}

std::vector<WebhookEvent> WhatsAppChannel::parseWebhook(std::string_view body) const {
  const Json document = parseJson(body);
  if (!document.is_object()) {
    throw Error(ErrorKind::invalidInput, "the webhook is not a JSON object",
                "Send the provider's body as it is.", "webhook.malformed");
  }
  std::vector<WebhookEvent> events;
  const Json& entries = list(document, "entry");
  if (text(document, "object") != "whatsapp_business_account" ||
      !member(document, "entry").is_array()) {
    ChangeEvents(Json(), document, events).addUnknown("object", document);
    return events;
  }
  for (const Json& entry : entries) {
    const Json& changes = list(entry, "changes");
    if (!member(entry, "changes").is_array())
      ChangeEvents(entry, Json(), events).addUnknown("malformed", entry);
    for (const Json& change : changes) readChange(entry, change, events);
  }
  return events;
}

}  // namespace clipcourier::channels::whatsapp
