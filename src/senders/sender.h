#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/id.h"
#include "channels/template.h"

// Plain values of our side of a channel.
namespace clipcourier::senders {

enum class SenderState { active, disabled };
std::string_view name(SenderState state);

// What a person enters. The *Source fields say where a secret lies, never what it is: "env:NAME" or
// "file:NAME" (see secret_sources.h).
struct SenderInput {
  std::string channel = "whatsapp";
  std::string name;        // for people
  std::string externalId;  // WhatsApp: phone number id
  std::string accountId;   // WhatsApp: business account (WABA) id
  std::string displayAddress;
  std::string baseUrl = "https://graph.facebook.com";
  std::string apiVersion = "v23.0";
  std::string tokenSource, appSecretSource, verifyTokenSource;
  int messagesPerSecond = 80;
  SenderState state = SenderState::active;
  friend bool operator==(const SenderInput&, const SenderInput&) = default;
};

struct Sender : SenderInput {
  SenderId id;
  std::string details = "{}";  // JSON: what the provider last said about the number
  TimePoint createdAt{}, updatedAt{};
  std::int64_t version = 1;  // rises with each edit
};

// A template of one sender as it was last seen at the provider.
struct SenderTemplate {
  std::int64_t id = 0;
  SenderId sender;
  channels::Template what;
  TimePoint syncedAt{};
  TimePoint missingSince{};  // epoch: still there

  bool usable() const { return what.status == "APPROVED" && missingSince == TimePoint{}; }
};

}  // namespace clipcourier::senders
