#include "tracking/watch_token.h"

namespace clipcourier::tracking {
namespace {

constexpr char kKeyId = 1;
constexpr std::size_t kIdBytes = 8;
constexpr std::size_t kMacBytes = 16;
constexpr std::size_t kTokenChars = 34;

std::string toBytes(std::int64_t id) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes += static_cast<char>((static_cast<std::uint64_t>(id) >> shift) & 0xff);
  }
  return bytes;
}

std::int64_t fromBytes(std::string_view bytes) {
  std::uint64_t id = 0;
  for (unsigned char byte : bytes) id = (id << 8) | byte;
  return static_cast<std::int64_t>(id);
}

}  // namespace

WatchTokens::WatchTokens(const crypto::KeyRing& keys)
    : macKey_(keys.key("watch token mac")), maskKey_(keys.key("watch token mask")) {}

std::string WatchTokens::macOf(std::string_view id) const {
  return crypto::hmacSha256(macKey_, std::string(1, kKeyId) + std::string(id)).substr(0, kMacBytes);
}

// The MAC serves as the nonce (as in SIV), so each id is masked with a stream of its own.
std::string WatchTokens::masked(std::string_view id, std::string_view mac) const {
  const std::string stream = crypto::hmacSha256(maskKey_, mac);
  std::string result(id);
  for (std::size_t i = 0; i < result.size(); ++i)
    result[i] = static_cast<char>(result[i] ^ stream[i]);
  return result;
}

std::string WatchTokens::make(MessageId message) const {
  const std::string id = toBytes(message.value);
  const std::string mac = macOf(id);
  return crypto::base64url(std::string(1, kKeyId) + masked(id, mac) + mac);
}

std::optional<MessageId> WatchTokens::open(std::string_view token) const {
  if (token.size() != kTokenChars) return std::nullopt;
  const auto bytes = crypto::unbase64url(token);
  if (!bytes || bytes->size() != 1 + kIdBytes + kMacBytes || bytes->front() != kKeyId)
    return std::nullopt;
  const std::string mac = bytes->substr(1 + kIdBytes);
  const std::string id = masked(std::string_view(*bytes).substr(1, kIdBytes), mac);
  if (!crypto::equal(macOf(id), mac)) return std::nullopt;
  // Base64 leaves unused bits at the end; only one writing of a token is good.
  if (crypto::base64url(*bytes) != token) return std::nullopt;
  return MessageId{fromBytes(id)};
}

}  // namespace clipcourier::tracking
