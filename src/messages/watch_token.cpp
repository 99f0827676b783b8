#include "messages/watch_token.h"

namespace clipcourier::messages {
namespace {

constexpr char kKeyId = 1;  // grows when the key is changed, so that old links can be told apart
constexpr std::size_t kIdBytes = 8, kMacBytes = 16;

std::string toBytes(MessageId id) {
  std::string bytes(kIdBytes, '\0');
  auto value = static_cast<std::uint64_t>(id.value);
  for (std::size_t i = kIdBytes; i-- > 0; value >>= 8) bytes[i] = static_cast<char>(value & 0xff);
  return bytes;
}

MessageId fromBytes(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return {static_cast<std::int64_t>(value)};
}

std::string exclusiveOr(std::string a, std::string_view b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<char>(a[i] ^ b[i]);
  return a;
}

}  // namespace

WatchToken::WatchToken(const crypto::KeyRing& keys)
    : macKey_(keys.key("watch-token mac")), maskKey_(keys.key("watch-token mask")) {}

std::string WatchToken::mask(std::string_view mac) const {
  return crypto::hmacSha256(maskKey_, mac).substr(0, kIdBytes);
}

std::string WatchToken::make(MessageId id) const {
  const std::string plain = toBytes(id);
  const std::string mac = crypto::hmacSha256(macKey_, plain).substr(0, kMacBytes);
  return crypto::base64url(std::string(1, kKeyId) + exclusiveOr(plain, mask(mac)) + mac);
}

std::optional<MessageId> WatchToken::open(std::string_view token) const {
  if (token.size() > 64) return std::nullopt;
  const auto bytes = crypto::unbase64url(token);
  if (!bytes || bytes->size() != 1 + kIdBytes + kMacBytes || (*bytes)[0] != kKeyId)
    return std::nullopt;
  const std::string mac = bytes->substr(1 + kIdBytes);
  const std::string plain = exclusiveOr(bytes->substr(1, kIdBytes), mask(mac));
  if (!crypto::equal(crypto::hmacSha256(macKey_, plain).substr(0, kMacBytes), mac))
    return std::nullopt;
  return fromBytes(plain);
}

}  // namespace clipcourier::messages
