// The field `messages`: receipts of what we sent, and what people wrote.

#include <algorithm>
#include <unordered_map>

#include "channels/whatsapp/webhook.h"

namespace clipcourier::channels::whatsapp {

namespace {

StatusEvent::Status statusOf(std::string_view word) {
  using Status = StatusEvent::Status;
  if (word == "sent") return Status::sent;
  if (word == "delivered") return Status::delivered;
  if (word == "read") return Status::read;
  if (word == "failed") return Status::failed;
  return Status::other;
}

bool isOneOf(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool isKnownStatus(std::string_view word) {
  return statusOf(word) != StatusEvent::Status::other || isOneOf(word, {"played", "deleted"});
}

bool isKnownType(std::string_view word) {
  return isOneOf(word, {"text", "button", "interactive", "image", "video", "audio", "document",
                        "sticker", "location", "contacts", "reaction", "order", "unsupported"});
}

// An error of a webhook; its details are for people, its code for us.
ProviderErrorEvent readError(const Json& error) {
  ProviderErrorEvent out;
  const auto code = number(member(error, "code"));
  if (code && *code > 0 && *code <= INT32_MAX) out.code = static_cast<int>(*code);
  out.text = text(member(error, "error_data"), "details");
  if (out.text.empty()) out.text = text(error, "message");
  if (out.text.empty()) out.text = text(error, "title");
  return out;
}

void readStatus(const Json& json, ChangeEvents& events) {
  StatusEvent status;
  status.statusText = text(json, "status");
  status.status = statusOf(status.statusText);
  status.providerMessageId = text(json, "id");
  status.opaque = text(json, "biz_opaque_callback_data");
  if (status.statusText.empty() || (status.providerMessageId.empty() && status.opaque.empty())) {
    return events.addUnknown("malformed", json);
  }
  status.waId = text(json, "recipient_id");
  status.userId = text(json, "recipient_user_id");
  status.at = time(member(json, "timestamp"));
  if (const Json& errors = list(json, "errors"); !errors.empty()) {
    const ProviderErrorEvent error = readError(errors[0]);
    status.errorCode = error.code;
    status.errorText = error.text;
  }
  status.pricingType = text(member(json, "pricing"), "type");
  status.pricingCategory = text(member(json, "pricing"), "category");
  std::string key =
      "status:" + (status.providerMessageId.empty() ? status.opaque : status.providerMessageId) +
      ":" + status.statusText;
  if (const std::string participant = text(json, "recipient_participant_id");
      !participant.empty()) {
    key += ":" + participant;  // of a group: each member has a receipt
  }
  if (!isKnownStatus(status.statusText)) events.addUnknown("status", json, status.statusText);
  events.add(std::move(status), std::move(key));
}

// What the person wrote or tapped, whatever the type of the message is.
void readContent(const Json& json, InboundMessage& message) {
  const Json& content = member(json, message.type.c_str());
  if (message.type == "text") {
    message.text = text(content, "body");
  } else if (message.type == "button") {
    message.text = text(content, "text");
    message.payload = text(content, "payload");
  } else if (message.type == "interactive") {
    const Json& reply = member(content, text(content, "type").c_str());
    message.payload = text(reply, "id");
    message.text = text(reply, "title");
    if (message.text.empty()) message.text = text(reply, "body");
  } else if (message.type == "reaction") {
    message.text = text(content, "emoji");
    message.contextId = text(content, "message_id");
  } else if (message.type == "order") {
    message.text = text(content, "text");
  } else {
    message.text = text(content, "caption");
    message.mediaId = text(content, "id");
    message.mediaType = text(content, "mime_type");
  }
}

bool readSystem(const Json& json, const InboundMessage& message, ChangeEvents& events) {
  const Json& system = member(json, "system");
  if (text(system, "type") != "user_changed_number") return false;
  NumberChanged change;
  change.oldWaId = message.waId;
  change.newWaId = text(system, "wa_id");
  change.userId = message.userId;
  change.at = message.at;
  if (change.newWaId.empty()) return false;
  events.add(std::move(change), "message:" + message.providerMessageId);
  return true;
}

// The people of a change, found by either id: there may be a thousand.
class Contacts {
 public:
  explicit Contacts(const Json& contacts) {
    for (const Json& contact : contacts) {
      byId_.emplace("w" + text(contact, "wa_id"), &contact);
      byId_.emplace("u" + text(contact, "user_id"), &contact);
    }
  }
  const Json& of(const InboundMessage& message) const {
    static const Json none;
    auto found = message.waId.empty() ? byId_.end() : byId_.find("w" + message.waId);
    if (found == byId_.end() && !message.userId.empty()) found = byId_.find("u" + message.userId);
    return found == byId_.end() ? none : *found->second;
  }

 private:
  std::unordered_map<std::string, const Json*> byId_;
};

void readMessage(const Json& json, const Contacts& contacts, ChangeEvents& events) {
  InboundMessage message;
  message.providerMessageId = text(json, "id");
  message.type = text(json, "type");
  message.waId = text(json, "from");
  message.userId = text(json, "from_user_id");
  if (message.providerMessageId.empty() || message.type.empty() ||
      (message.waId.empty() && message.userId.empty())) {
    return events.addUnknown("malformed", json);
  }
  message.at = time(member(json, "timestamp"));
  message.contextId = text(member(json, "context"), "id");
  const Json& contact = contacts.of(message);
  message.profileName = text(member(contact, "profile"), "name");
  if (message.userId.empty()) message.userId = text(contact, "user_id");
  if (message.waId.empty()) message.waId = text(contact, "wa_id");
  if (message.type == "system") {
    if (!readSystem(json, message, events))
      events.addUnknown("type", json, "system:" + text(member(json, "system"), "type"));
    return;
  }
  if (!isKnownType(message.type)) events.addUnknown("type", json, message.type);
  readContent(json, message);
  std::string key = "message:" + message.providerMessageId;
  events.add(std::move(message), std::move(key));
}

}  // namespace

void readMessagesField(ChangeEvents& events) {
  const Json& value = events.value();
  const Contacts contacts(list(value, "contacts"));
  const Json &statuses = list(value, "statuses"), &messages = list(value, "messages"),
             &errors = list(value, "errors");
  for (const Json& status : statuses) readStatus(status, events);
  for (const Json& message : messages) readMessage(message, contacts, events);
  for (const Json& error : errors) events.add(readError(error));
  if (statuses.empty() && messages.empty() && errors.empty()) events.addUnknown("type", value);
}

}  // namespace clipcourier::channels::whatsapp
