#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/crypto.h"
#include "base/id.h"

namespace clipcourier::messages {

struct AttemptRef {
  MessageId message;
  int number = 0;  // counts from 1 within a message
  friend auto operator<=>(const AttemptRef&, const AttemptRef&) = default;
};

// Travels with a request as biz_opaque_callback_data and comes back in every status, so that a
// receipt finds its attempt without a look-up, even before we know the provider's id. Thread-safe.
class AttemptToken {
 public:
  explicit AttemptToken(const crypto::KeyRing& keys) : key_(keys.key("attempt-token")) {}
  std::string make(AttemptRef ref) const;                        // "a1.4711.1.<22 characters>"
  std::optional<AttemptRef> open(std::string_view token) const;  // none when it is not one of ours

 private:
  std::string key_;
};

}  // namespace clipcourier::messages
