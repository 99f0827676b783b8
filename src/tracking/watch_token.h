#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/crypto.h"
#include "base/id.h"

namespace clipcourier::tracking {

// The token of a watch page's address: 34 characters of base64url over
//
//   key id (1 byte) ‖ encrypted message id (8) ‖ MAC (16)
//
// A message's token is always the same, so links are made when needed and never stored. It tells
// nothing about the message or its neighbours, and cannot be guessed: the MAC has 128 bits. It
// opens the watch page of this message and nothing else. Thread-safe.
class WatchTokens {
 public:
  explicit WatchTokens(const crypto::KeyRing& keys);

  std::string make(MessageId message) const;
  // None when we did not make it.
  std::optional<MessageId> open(std::string_view token) const;

 private:
  std::string macOf(std::string_view id) const;
  std::string masked(std::string_view id, std::string_view mac) const;

  std::string macKey_, maskKey_;
};

}  // namespace clipcourier::tracking
