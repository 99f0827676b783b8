#include "messages/receipt.h"

namespace clipcourier::messages {

int attemptRank(MessageState state) {
  switch (state) {
    case MessageState::accepted: return 1;
    case MessageState::sent: return 2;
    case MessageState::failed: return 3;
    case MessageState::delivered: return 4;
    case MessageState::read: return 5;
    default: return 0;
  }
}

std::optional<MessageState> stateOf(channels::StatusEvent::Status status) {
  using Status = channels::StatusEvent::Status;
  switch (status) {
    case Status::sent: return MessageState::sent;
    case Status::delivered: return MessageState::delivered;
    case Status::read: return MessageState::read;
    case Status::failed: return MessageState::failed;
    case Status::other: break;
  }
  return std::nullopt;
}

std::optional<MessageState> advance(MessageState message, int currentAttempt, Receipt receipt) {
  if (receipt.state == MessageState::failed) {
    const bool open = message == MessageState::sending || message == MessageState::unknown ||
                      message == MessageState::accepted || message == MessageState::sent;
    if (!open || receipt.attempt != currentAttempt) return std::nullopt;
    return MessageState::failed;
  }
  // For a success, waiting, failed and skipped count as nothing sent yet: the phone has it.
  const int reached = message == MessageState::failed ? 0 : attemptRank(message);
  if (attemptRank(receipt.state) <= reached) return std::nullopt;
  return receipt.state;
}

}  // namespace clipcourier::messages
