#include "messages/message.h"

#include <array>

namespace clipcourier::messages {
namespace {

constexpr std::array<std::string_view, kMessageStates> kNames{
    "queued", "held",   "sending",   "unknown", "accepted",
    "sent",   "failed", "delivered", "read",    "skipped"};

}  // namespace

std::string_view name(MessageState state) { return kNames[static_cast<std::size_t>(state)]; }

std::optional<MessageState> messageState(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<MessageState>(i);
  return std::nullopt;
}

}  // namespace clipcourier::messages
