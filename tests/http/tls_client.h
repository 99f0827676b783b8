#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "http/raw_client.h"

namespace clipcourier {

// A certificate of its own issuer with its key, valid from `fromDays` to `untilDays` from now, as
// PEM.
struct MadeCertificate {
  std::string certificate, key;
};
MadeCertificate makeCertificate(const std::string& name, int untilDays = 90, int fromDays = -1);

// Speaks TLS to a server on 127.0.0.1 as RawClient speaks bytes.
class TlsClient {
 public:
  // Throws std::runtime_error when there is no handshake. `most`: TLS1_1_VERSION and the like.
  explicit TlsClient(int port, int most = 0);
  ~TlsClient();

  void send(const std::string& bytes);
  RawReply reply();
  bool closedByServer();
  std::string peerName() const;  // of the server's certificate
  std::string protocol() const;  // "TLSv1.3"
  std::string alpn() const;

 private:
  bool receiveMore();
  RawClient socket_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  std::string in_;
};

}  // namespace clipcourier
