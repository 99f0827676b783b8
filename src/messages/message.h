#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"

namespace clipcourier::messages {

// queued ⇄ held → sending → accepted → sent → delivered → read, with unknown when an
// answer was lost, failed when the provider refused for good, skipped when it was never sent.
enum class MessageState {
  queued,
  held,
  sending,
  unknown,
  accepted,
  sent,
  failed,
  delivered,
  read,
  skipped
};
inline constexpr int kMessageStates = 10;
std::string_view name(MessageState state);
std::optional<MessageState> messageState(std::string_view name);

struct Message {
  MessageId id;
  CampaignId campaign;
  CustomerId customer;
  SenderId sender;
  std::string address;   // what the channel is told: E.164 or a business-scoped user id
  std::string language;  // of the content it gets
  MessageState state = MessageState::queued;
  std::string reason;  // why it waits, failed or was skipped: a code of reasons.h; else empty
  TimePoint dueAt, stateAt, createdAt;
  int attempts = 0;
  std::optional<TimePoint> openedAt, repliedAt;
  std::string channel;                   // of its sender
  std::optional<TimePoint> lastTriedAt;  // when its newest attempt began
};

// One try to hand a message to the provider.
struct Attempt {
  int number = 0;
  MessageState state = MessageState::sending;  // sending, unknown, accepted to read, or failed
  std::string providerId, errorCode;           // empty when there is none
  TimePoint startedAt;
  std::optional<TimePoint> finishedAt;  // when the answer or the first receipt came
};

// One line of a message's timeline. kind: queued, sending, accepted, sent, delivered,
// read, failed, unknown, held, retry, resend, given_up, skipped, opened, played, watched_25,
// watched_50, watched_75, completed, replied, tapped, opted_out.
struct MessageEvent {
  std::string kind;
  int attempt = 0;   // 0: of the message, not of an attempt
  std::string code;  // a reason, the provider's error code or what a button says; may be empty
  TimePoint at;
};

}  // namespace clipcourier::messages
