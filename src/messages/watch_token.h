#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/crypto.h"
#include "base/id.h"

namespace clipcourier::messages {

// The name of one message's watch page, as it stands in the link: 34 characters of base64url
// holding a key id, the message id encrypted, and a 128-bit MAC. Made when needed, stored nowhere;
// it opens nothing but that page, because links get forwarded. The construction is a synthetic IV
// (RFC 5297's idea, with HMAC-SHA-256): the MAC of the id is also what masks it. Thread-safe.
class WatchToken {
 public:
  explicit WatchToken(const crypto::KeyRing& keys);
  std::string make(MessageId id) const;
  std::optional<MessageId> open(std::string_view token) const;  // none when it is not one of ours

 private:
  std::string mask(std::string_view mac) const;
  std::string macKey_, maskKey_;
};

}  // namespace clipcourier::messages
