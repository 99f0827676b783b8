#include "http/tls_client.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <stdexcept>

namespace clipcourier {
namespace {

std::string textOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

void mustBe(bool well, const char* what) {
  if (!well) throw std::runtime_error(what);
}

}  // namespace

MadeCertificate makeCertificate(const std::string& name, int untilDays, int fromDays) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), X509_free);
  mustBe(key && made, "no certificate");
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), fromDays * 86'400L);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), untilDays * 86'400L);
  X509_set_pubkey(made.get(), key.get());
  X509_NAME* subject = X509_get_subject_name(made.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(made.get(), subject);
  mustBe(X509_sign(made.get(), key.get(), EVP_sha256()) > 0, "cannot sign");
  BIO* certificate = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(certificate, made.get());
  BIO* secret = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(secret, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {textOf(certificate), textOf(secret)};
}

TlsClient::TlsClient(int port, int most)
    : socket_(port),
      context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free),
      ssl_(nullptr, SSL_free) {
  const timeval patience{10, 0};
  ::setsockopt(socket_.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket_.fd(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (most) {
    SSL_CTX_set_security_level(context_.get(), 0);
    SSL_CTX_set_min_proto_version(context_.get(), most < TLS1_2_VERSION ? most : 0);
    SSL_CTX_set_max_proto_version(context_.get(), most);
  }
  static const unsigned char kOffered[] = "\x02h2\x08http/1.1";
  SSL_CTX_set_alpn_protos(context_.get(), kOffered, sizeof kOffered - 1);
  ssl_.reset(SSL_new(context_.get()));
  SSL_set_fd(ssl_.get(), socket_.fd());
  mustBe(SSL_connect(ssl_.get()) == 1, "no TLS handshake");
}

TlsClient::~TlsClient() = default;

void TlsClient::send(const std::string& bytes) {
  mustBe(SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) ==
             static_cast<int>(bytes.size()),
         "cannot send by TLS");
}

bool TlsClient::receiveMore() {
  char buffer[65'536];
  const int count = SSL_read(ssl_.get(), buffer, sizeof buffer);
  if (count > 0) in_.append(buffer, static_cast<std::size_t>(count));
  if (count <= 0 && SSL_get_error(ssl_.get(), count) == SSL_ERROR_WANT_READ)
    throw std::runtime_error("no answer within ten seconds");
  return count > 0;
}

RawReply TlsClient::reply() {
  RawReply reply;
  while (in_.find("\r\n\r\n") == std::string::npos) mustBe(receiveMore(), "closed in a head");
  const auto end = in_.find("\r\n\r\n") + 4;
  reply.head = in_.substr(0, end);
  in_.erase(0, end);
  reply.status = std::stoi(reply.head.substr(9, 3));
  const std::string length = reply.header("content-length");
  if (length.empty()) return reply;
  while (in_.size() < std::stoul(length)) mustBe(receiveMore(), "closed in a body");
  reply.body = in_.substr(0, std::stoul(length));
  in_.erase(0, reply.body.size());
  return reply;
}

bool TlsClient::closedByServer() {
  while (receiveMore()) {
  }
  return true;
}

std::string TlsClient::peerName() const {
  const std::unique_ptr<X509, decltype(&X509_free)> peer(SSL_get1_peer_certificate(ssl_.get()),
                                                         X509_free);
  char name[256] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(peer.get()), NID_commonName, name, sizeof name);
  return name;
}

std::string TlsClient::protocol() const { return SSL_get_version(ssl_.get()); }

std::string TlsClient::alpn() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

}  // namespace clipcourier
