#include "base/digest.h"

#include <openssl/evp.h>

#include "base/error.h"

namespace clipcourier::crypto {
namespace {

const EVP_MD* digestOf(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::md5: return EVP_md5();
    case Algorithm::sha1: return EVP_sha1();
    case Algorithm::sha256: return EVP_sha256();
  }
  return nullptr;
}

}  // namespace

struct Digest::Impl {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~Impl() { EVP_MD_CTX_free(context); }
};

Digest::Digest(Algorithm algorithm) : impl_(std::make_unique<Impl>()) {
  if (EVP_DigestInit_ex(impl_->context, digestOf(algorithm), nullptr) != 1)
    throw Error(ErrorKind::internal, "OpenSSL lacks a hash algorithm");
}
Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;

void Digest::update(std::string_view bytes) {
  EVP_DigestUpdate(impl_->context, bytes.data(), bytes.size());
}

std::string Digest::finish() {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_DigestFinal_ex(impl_->context, bytes, &size);
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace clipcourier::crypto
