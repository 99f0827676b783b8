#pragma once

#include <optional>

#include "channels/webhook_event.h"
#include "messages/message.h"

// What a receipt does to a message. Pure: receipts come late, twice, out of order, and before our
// own answer, so the rules are kept where all orders can be tried.
namespace clipcourier::messages {

// Orders the states of one attempt: sending, unknown 0 < accepted 1 < sent 2 < failed 3 < delivered
// 4 < read 5. An attempt only ever gets a higher rank.
int attemptRank(MessageState state);

// What a provider's status makes of an attempt; none for what says nothing of it.
std::optional<MessageState> stateOf(channels::StatusEvent::Status status);

struct Receipt {
  MessageState state;  // accepted, sent, failed, delivered or read
  int attempt = 0;     // it belongs to
};

// The state of a message after an attempt of it moved to receipt.state; none when it stays. A
// message shows its best attempt: a late failure of an older attempt changes nothing, a late
// success counts, also when the message waits for another try or was skipped meanwhile.
std::optional<MessageState> advance(MessageState message, int currentAttempt, Receipt receipt);

}  // namespace clipcourier::messages
