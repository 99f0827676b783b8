#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"

// TLS on our side of a connection. All of OpenSSL's libssl is in tls.cpp. The process must ignore
// SIGPIPE.
namespace clipcourier::http {

// PEM files. The certificate's holds the chain, leaf first; when `key` is empty also the key.
struct TlsFiles {
  std::string certificate, key;
  bool given() const { return !certificate.empty(); }
};

struct CertificateFacts {
  std::string name;  // of whom it speaks: its first DNS name, else its common name
  TimePoint from, until;
};
// Throws Error(unavailable) that says what is wrong with the pair; an expired one is not wrong.
CertificateFacts lookAtCertificate(const TlsFiles& files);

// One connection, over a non-blocking socket. Not thread-safe, but may move between threads.
class TlsStream {
 public:
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;

  enum class Handshake { done, waiting, failed };
  Handshake handshake();  // goes as far as it can without waiting
  bool isOpen() const { return open_; }

  // As read and write of a socket that does not block: none means that it would have to wait; 0
  // that the other side has ended or the connection is broken.
  std::optional<std::size_t> receive(char* to, std::size_t size);
  std::optional<std::size_t> send(const char* from, std::size_t size);
  // POLLIN or POLLOUT: what the last call that had to wait waits for.
  short waitsFor() const { return waitsFor_; }
  bool hasPending() const;  // deciphered bytes that no poll will tell of
  void sayGoodbye();

 private:
  friend class TlsCertificates;
  struct Ssl;
  explicit TlsStream(std::unique_ptr<Ssl> ssl);
  std::optional<std::size_t> outcome(int rc, std::size_t count);

  std::unique_ptr<Ssl> ssl_;
  short waitsFor_;
  bool open_ = false;
};

// The certificate of a listener; it can be exchanged while connections go on. Thread-safe.
class TlsCertificates {
 public:
  explicit TlsCertificates(TlsFiles files);  // throws as lookAtCertificate()
  ~TlsCertificates();

  std::unique_ptr<TlsStream> accept(
      int fd) const;  // the socket stays the caller's; null: no memory

  enum class Reload { unchanged, renewed, kept };
  struct Reloaded {
    Reload what = Reload::unchanged;
    std::string why;         // it was kept
    CertificateFacts facts;  // of the new one
  };
  // Reads the files when they are others than last time, or `always`. A pair that cannot be used
  // now is not taken: the one before stays.
  Reloaded reload(bool always, TimePoint now);

 private:
  struct Context;
  using Stamp = std::string;  // changes with the files
  Stamp stampOf() const;

  const TlsFiles files_;
  mutable std::mutex mutex_;
  std::shared_ptr<Context> context_;
  Stamp seen_;
};

}  // namespace clipcourier::http
