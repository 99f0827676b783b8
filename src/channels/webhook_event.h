#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"

// What a provider tells us by webhook. Fields it left out are empty; all text is untrusted.
namespace clipcourier::channels {

// Rank order of the receipt is for the messages module to keep; events come in any order.
struct StatusEvent {
  enum class Status { sent, delivered, read, failed, other };  // other: played, deleted, unknown
  Status status = Status::other;
  std::string statusText;  // the provider's word
  std::string providerMessageId;
  std::string opaque;  // what we sent along: the attempt
  std::string waId, userId;
  TimePoint at{};
  int errorCode = 0;  // of a failed one
  std::string errorText;
  std::string pricingType, pricingCategory;
};

// Something a person wrote or tapped.
struct InboundMessage {
  std::string providerMessageId;
  std::string waId, userId, profileName;
  TimePoint at{};
  std::string type;       // "text", "button", "interactive", "image", ...
  std::string text;       // what was written, the caption, or the label of the button
  std::string payload;    // of a tapped button: what we sent along
  std::string contextId;  // message it answers
  std::string mediaId, mediaType;
};

// The person's number changed; consent does not move by itself.
struct NumberChanged {
  std::string oldWaId, newWaId, userId;
  TimePoint at{};
};

struct UserIdChanged {
  std::string waId, previousUserId, currentUserId;
};

// The person used the provider's own switch for marketing messages.
struct PreferenceEvent {
  std::string waId, userId, category;
  bool stop = false;  // false: resumed, which is no new consent
  TimePoint at{};
};

struct TemplateStatusEvent {
  std::string event;  // "APPROVED", "PAUSED", ...; one that ends a pause reads "APPROVED"
  std::string templateId, templateName, language, category, reason;
};

struct TemplateQualityEvent {
  std::string templateId, templateName, language, previous, current;
};

struct TemplateChangedEvent {  // its category or its components
  std::string what;            // "category" or "components"
  std::string templateId, templateName, language, category;
};

struct NumberQualityEvent {
  std::string displayNumber, event, limit;
};

struct CapabilityEvent {
  std::string messagingLimit;  // "TIER_2K"; a number is kept as text
};

struct AccountEvent {
  std::string
      field;  // "account_update", "account_alerts", "account_review_update", "security", ...
  std::string event;  // "ACCOUNT_RESTRICTION", ...
  bool haltsSending = false;
  TimePoint haltsUntil{};  // of a halt; epoch: no end is told
  bool resumesSending = false;
};

// An error that belongs to no message.
struct ProviderErrorEvent {
  int code = 0;
  std::string text;
};

// Something we do not know, or a part that could not be read; kept as it came.
struct UnknownEvent {
  std::string why;  // "field", "type", "status", "malformed"
  std::string json;
  std::string kind;  // the provider's word we do not know, where there is one
};

struct WebhookEvent {
  std::string field;       // of the provider: "messages", ...
  std::string businessId;  // WABA
  std::string numberId;    // phone number id, where the event has one
  TimePoint at{};          // when the provider made the entry; epoch when not told
  // Equal for deliveries of the same event: what is applied once is known by it.
  std::string key;
  std::variant<UnknownEvent, StatusEvent, InboundMessage, NumberChanged, UserIdChanged,
               PreferenceEvent, TemplateStatusEvent, TemplateQualityEvent, TemplateChangedEvent,
               NumberQualityEvent, CapabilityEvent, AccountEvent, ProviderErrorEvent>
      what;
};

}  // namespace clipcourier::channels
