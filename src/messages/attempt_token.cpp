#include "messages/attempt_token.h"

#include <charconv>

#include "base/text.h"

namespace clipcourier::messages {
namespace {

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value <= 0) return std::nullopt;
  return value;
}

}  // namespace

std::string AttemptToken::make(AttemptRef ref) const {
  const std::string plain =
      "a1." + std::to_string(ref.message.value) + "." + std::to_string(ref.number);
  return plain + "." + crypto::base64url(crypto::hmacSha256(key_, plain).substr(0, 16));
}

std::optional<AttemptRef> AttemptToken::open(std::string_view token) const {
  if (token.size() > 128) return std::nullopt;
  const std::vector<std::string> parts = text::split(token, '.');
  if (parts.size() != 4) return std::nullopt;
  const auto message = number<std::int64_t>(parts[1]);
  const auto attempt = number<int>(parts[2]);
  if (!message || !attempt) return std::nullopt;
  const AttemptRef ref{{*message}, *attempt};
  if (!crypto::equal(make(ref), token)) return std::nullopt;
  return ref;
}

}  // namespace clipcourier::messages
