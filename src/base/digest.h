#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace clipcourier::crypto {

// What others may want to check bytes with. MD5 and SHA-1 find damage on the way; they protect from
// nobody.
enum class Algorithm { md5, sha1, sha256 };

// Hashes what arrives piece by piece. Movable; not thread-safe.
class Digest {
 public:
  explicit Digest(Algorithm algorithm);
  ~Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;
  void update(std::string_view bytes);
  std::string finish();  // 16, 20 or 32 bytes; once, after the last update

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace clipcourier::crypto
