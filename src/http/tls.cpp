#include "http/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <ctime>

#include "base/error.h"

namespace clipcourier::http {
namespace {

template <auto Free>
struct Release {
  template <class T>
  void operator()(T* p) const noexcept {
    Free(p);
  }
};
using Context = std::unique_ptr<SSL_CTX, Release<SSL_CTX_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Release<GENERAL_NAMES_free>>;

// With forward secrecy and authenticated encryption only; TLS 1.3 has no others.
constexpr auto kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

// The first error is the cause; those after it say which function had it.
std::string reason() {
  const unsigned long code = ERR_peek_error();
  const bool system = ERR_SYSTEM_ERROR(code);
  const char* words = system ? std::strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);
  ERR_clear_error();
  return words ? words : "unknown reason";
}

[[noreturn]] void unusable(const std::string& file, const std::string& why) {
  throw Error(ErrorKind::unavailable, "cannot use " + file + " for TLS: " + why,
              "The certificate (with its chain) and its key must be PEM files that belong "
              "together, and readable for the service.",
              "http.tls");
}

// A key with a passphrase is refused instead of asking for it at a terminal.
int noPassphrase(char*, int, int, void*) { return 0; }

int chooseProtocol(SSL*, const unsigned char** out, unsigned char* outSize,
                   const unsigned char* offered, unsigned int size, void*) {
  static constexpr unsigned char kHttp[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  auto* chosen = const_cast<unsigned char*>(*out);
  if (SSL_select_next_proto(&chosen, outSize, kHttp, sizeof kHttp, offered, size) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

void setRules(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, kCiphers);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets do
  // Of idle connections no buffers are kept, and an answer may be sent in any pieces.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_alpn_select_cb(context, chooseProtocol, nullptr);
  SSL_CTX_set_default_passwd_cb(context, noPassphrase);
}

Context load(const TlsFiles& files) {
  Context context(SSL_CTX_new(TLS_server_method()));
  if (!context) unusable(files.certificate, reason());
  setRules(context.get());
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1)
    unusable(files.certificate, reason());
  const std::string& key = files.key.empty() ? files.certificate : files.key;
  if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1)
    unusable(key, reason());
  if (SSL_CTX_check_private_key(context.get()) != 1)
    unusable(key, "the key does not belong to the certificate");
  return context;
}

TimePoint timeOf(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return fromMs(static_cast<std::int64_t>(::timegm(&parts)) * 1000);
}

std::string textOf(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

std::string nameOf(const X509* certificate) {
  const Names names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) return textOf(name->d.dNSName);
  }
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(const_cast<X509_NAME*>(subject), NID_commonName, -1);
  if (at < 0) return "";
  return textOf(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

CertificateFacts factsOf(const SSL_CTX* context) {
  const X509* certificate = SSL_CTX_get0_certificate(context);
  return {nameOf(certificate), timeOf(X509_get0_notBefore(certificate)),
          timeOf(X509_get0_notAfter(certificate))};
}

}  // namespace

CertificateFacts lookAtCertificate(const TlsFiles& files) { return factsOf(load(files).get()); }

struct TlsStream::Ssl {
  std::unique_ptr<SSL, Release<SSL_free>> ssl;
};

TlsStream::TlsStream(std::unique_ptr<Ssl> ssl) : ssl_(std::move(ssl)), waitsFor_(POLLIN) {}
TlsStream::~TlsStream() = default;

std::optional<std::size_t> TlsStream::outcome(int rc, std::size_t count) {
  if (rc == 1) return count;
  switch (SSL_get_error(ssl_->ssl.get(), rc)) {
    case SSL_ERROR_WANT_READ: waitsFor_ = POLLIN; return std::nullopt;
    case SSL_ERROR_WANT_WRITE: waitsFor_ = POLLOUT; return std::nullopt;
    default: return 0;
  }
}

TlsStream::Handshake TlsStream::handshake() {
  ERR_clear_error();
  const auto done = outcome(SSL_accept(ssl_->ssl.get()), 1);
  if (!done) return Handshake::waiting;
  open_ = *done == 1;
  return open_ ? Handshake::done : Handshake::failed;
}

std::optional<std::size_t> TlsStream::receive(char* to, std::size_t size) {
  std::size_t count = 0;
  ERR_clear_error();
  const int rc = SSL_read_ex(ssl_->ssl.get(), to, size, &count);
  return outcome(rc, count);
}

std::optional<std::size_t> TlsStream::send(const char* from, std::size_t size) {
  std::size_t count = 0;
  ERR_clear_error();
  const int rc = SSL_write_ex(ssl_->ssl.get(), from, size, &count);
  return outcome(rc, count);
}

bool TlsStream::hasPending() const { return SSL_pending(ssl_->ssl.get()) > 0; }

void TlsStream::sayGoodbye() {
  ERR_clear_error();
  if (open_) SSL_shutdown(ssl_->ssl.get());
  ERR_clear_error();
}

struct TlsCertificates::Context {
  http::Context context;
};

TlsCertificates::TlsCertificates(TlsFiles files) : files_(std::move(files)), seen_(stampOf()) {
  context_ = std::make_shared<Context>(Context{load(files_)});
}
TlsCertificates::~TlsCertificates() = default;

std::unique_ptr<TlsStream> TlsCertificates::accept(int fd) const {
  std::shared_ptr<Context> context;
  {
    const std::lock_guard lock(mutex_);
    context = context_;
  }
  auto ssl = std::make_unique<TlsStream::Ssl>();
  ssl->ssl.reset(SSL_new(context->context.get()));  // which keeps the context as long as it lives
  if (!ssl->ssl || SSL_set_fd(ssl->ssl.get(), fd) != 1) return nullptr;
  return std::unique_ptr<TlsStream>(new TlsStream(std::move(ssl)));
}

TlsCertificates::Stamp TlsCertificates::stampOf() const {
  Stamp stamp;
  for (const std::string& file : {files_.certificate, files_.key}) {
    struct stat facts {};
    if (file.empty() || ::stat(file.c_str(), &facts) != 0) continue;
    for (const auto part :
         {static_cast<long long>(facts.st_ino), static_cast<long long>(facts.st_size),
          static_cast<long long>(facts.st_mtim.tv_sec),
          static_cast<long long>(facts.st_mtim.tv_nsec)})
      stamp += std::to_string(part) + ' ';
  }
  return stamp;
}

TlsCertificates::Reloaded TlsCertificates::reload(bool always, TimePoint now) {
  const Stamp stamp = stampOf();
  {
    const std::lock_guard lock(mutex_);
    if (!always && stamp == seen_) return {};
    seen_ = stamp;  // a pair that is wrong is not looked at again before it changes
  }
  try {
    auto context = std::make_shared<Context>(Context{load(files_)});
    const CertificateFacts facts = factsOf(context->context.get());
    if (facts.until <= now) return {Reload::kept, "the new certificate has expired", facts};
    if (facts.from > now) return {Reload::kept, "the new certificate is not valid yet", facts};
    const std::lock_guard lock(mutex_);
    context_ = std::move(context);
    return {Reload::renewed, "", facts};
  } catch (const Error& error) {
    return {Reload::kept, error.what(), {}};
  }
}

}  // namespace clipcourier::http
