#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"

// The few primitives we use, all from libsodium (and OpenSSL's hardware SHA-256 for bulk hashing).
// Byte strings are std::string; thread-safe.
namespace clipcourier::crypto {

std::string randomBytes(std::size_t count);
std::string hex(std::string_view bytes);                  // lower case
std::optional<std::string> unhex(std::string_view text);  // none when not hexadecimal
std::string base64(std::string_view bytes);
std::optional<std::string> unbase64(std::string_view text);
std::string base64url(std::string_view bytes);  // RFC 4648 section 5, no padding
std::optional<std::string> unbase64url(std::string_view text);

std::string sha256(std::string_view bytes);                           // 32 bytes
std::string hmacSha256(std::string_view key, std::string_view data);  // 32 bytes, any key length
bool equal(std::string_view a, std::string_view b);  // constant time for equal lengths

// Hashes what arrives piece by piece. Movable; not thread-safe.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::string_view bytes);
  std::string finish();  // 32 bytes; once, after the last update

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// XChaCha20-Poly1305 with a random nonce in front; `context` is authenticated, not stored.
std::string seal(std::string_view key32, std::string_view plain, std::string_view context);
std::optional<std::string> open(std::string_view key32, std::string_view sealed,
                                std::string_view context);

// The service's master key and the keys made of it, one per purpose, so that a MAC made for one
// purpose proves nothing for another.
class KeyRing {
 public:
  explicit KeyRing(Secret master) : master_(std::move(master)) {}
  std::string key(std::string_view purpose) const;  // 32 bytes: HMAC(master, purpose)

 private:
  Secret master_;
};

}  // namespace clipcourier::crypto
