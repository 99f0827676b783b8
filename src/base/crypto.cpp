#include "base/crypto.h"

#include <openssl/evp.h>
#include <sodium.h>

#include "base/error.h"

namespace clipcourier::crypto {
namespace {

struct SodiumInit {
  SodiumInit() {
    if (sodium_init() < 0) throw Error(ErrorKind::internal, "libsodium did not start");
  }
};
void init() { static const SodiumInit once; }

const unsigned char* bytes(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}
unsigned char* bytes(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }

std::string encode64(std::string_view in, int variant) {
  init();
  std::string out(sodium_base64_encoded_len(in.size(), variant), '\0');
  sodium_bin2base64(out.data(), out.size(), bytes(in), in.size(), variant);
  out.pop_back();  // the terminating zero
  return out;
}

std::optional<std::string> decode64(std::string_view in, int variant) {
  init();
  std::string out(in.size(), '\0');
  std::size_t length = 0;
  const char* end = nullptr;
  if (sodium_base642bin(bytes(out), out.size(), in.data(), in.size(), nullptr, &length, &end,
                        variant) != 0 ||
      end != in.data() + in.size())
    return std::nullopt;
  out.resize(length);
  return out;
}

}  // namespace

std::string randomBytes(std::size_t count) {
  init();
  std::string out(count, '\0');
  randombytes_buf(out.data(), out.size());
  return out;
}

std::string hex(std::string_view in) {
  std::string out(in.size() * 2 + 1, '\0');
  sodium_bin2hex(out.data(), out.size(), bytes(in), in.size());
  out.pop_back();
  return out;
}

std::optional<std::string> unhex(std::string_view text) {
  std::string out(text.size() / 2 + 1, '\0');
  std::size_t length = 0;
  const char* end = nullptr;
  if (text.size() % 2 != 0 ||
      sodium_hex2bin(bytes(out), out.size(), text.data(), text.size(), nullptr, &length, &end) !=
          0 ||
      end != text.data() + text.size())
    return std::nullopt;
  out.resize(length);
  return out;
}

std::string base64(std::string_view in) { return encode64(in, sodium_base64_VARIANT_ORIGINAL); }
std::optional<std::string> unbase64(std::string_view text) {
  return decode64(text, sodium_base64_VARIANT_ORIGINAL);
}
std::string base64url(std::string_view in) {
  return encode64(in, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
std::optional<std::string> unbase64url(std::string_view text) {
  return decode64(text, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

std::string sha256(std::string_view in) {
  std::string out(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(bytes(out), bytes(in), in.size());
  return out;
}

std::string hmacSha256(std::string_view key, std::string_view data) {
  init();
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, bytes(key), key.size());
  crypto_auth_hmacsha256_update(&state, bytes(data), data.size());
  std::string out(crypto_auth_hmacsha256_BYTES, '\0');
  crypto_auth_hmacsha256_final(&state, bytes(out));
  return out;
}

bool equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

struct Sha256::Impl {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~Impl() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {
  if (EVP_DigestInit_ex(impl_->context, EVP_sha256(), nullptr) != 1)
    throw Error(ErrorKind::internal, "OpenSSL has no SHA-256");
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::string_view in) { EVP_DigestUpdate(impl_->context, in.data(), in.size()); }

std::string Sha256::finish() {
  std::string out(32, '\0');
  EVP_DigestFinal_ex(impl_->context, bytes(out), nullptr);
  return out;
}

std::string seal(std::string_view key32, std::string_view plain, std::string_view context) {
  std::string out = randomBytes(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
  const std::string nonce = out;
  out.resize(nonce.size() + plain.size() + crypto_aead_xchacha20poly1305_ietf_ABYTES);
  crypto_aead_xchacha20poly1305_ietf_encrypt(bytes(out) + nonce.size(), nullptr, bytes(plain),
                                             plain.size(), bytes(context), context.size(), nullptr,
                                             bytes(nonce), bytes(key32));
  return out;
}

std::optional<std::string> open(std::string_view key32, std::string_view sealed,
                                std::string_view context) {
  init();
  constexpr std::size_t nonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
  constexpr std::size_t tag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
  if (sealed.size() < nonce + tag) return std::nullopt;
  std::string plain(sealed.size() - nonce - tag, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          bytes(plain), nullptr, nullptr, bytes(sealed) + nonce, sealed.size() - nonce,
          bytes(context), context.size(), bytes(sealed), bytes(key32)) != 0)
    return std::nullopt;
  return plain;
}

std::string KeyRing::key(std::string_view purpose) const {
  return hmacSha256(master_.reveal(), purpose);
}

}  // namespace clipcourier::crypto
