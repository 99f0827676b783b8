#pragma once

#include <chrono>
#include <string>

#include "base/byte_size.h"
#include "base/clock.h"
#include "http/address.h"
#include "http/tls.h"

namespace clipcourier::http {

// One listening address with its own threads and limits.
struct ListenerSettings {
  std::string address = "127.0.0.1";  // IPv4, IPv6 or "0.0.0.0"
  int port = 0;                       // 0: the system chooses, Server::port() tells
  int threads = 16;                   // requests worked on at the same time
  int maxConnections = 1000;          // more get 503 and are closed
  ByteSize maxHead{16'384};           // request line and headers
  Millis headTimeout{10'000};         // from the first byte of a request to the end of its head
  Millis idleTimeout{30'000};         // between two requests of a connection
  Millis transferTimeout{30'000};     // without one byte received or taken by the other side
  ByteSize bufferedBody{65'536};      // a body up to this size holds no thread while it arrives
  ByteSize minBodyRate{1'000};        // per second, on average, after the first transferTimeout
  int maxPerAddress = 0;              // connections of one client; 0: no limit of its own
  TlsFiles tls{};                     // none given: plain
  Networks trustedProxies{};          // whose X-Forwarded-For and -Proto are believed; no limit
};

struct ServerSettings {
  TlsFiles tls;          // of all listeners that have none of their own
  ListenerSettings api;  // API and console
  // Providers. Each thread waits for the disk: many are stored by one commit.
  ListenerSettings webhooks{.threads = 64, .maxPerAddress = 200};
  ListenerSettings publicPages{.maxConnections = 4'000,
                               .bufferedBody = ByteSize{4'096},
                               .maxPerAddress = 200};  // watch pages and media
  Millis stopTimeout{5'000};  // for requests in flight when the server stops
};

// As its certificate: the listener speaks plain HTTP, whatever holds for all.
inline constexpr auto kNoTls = "none";
TlsFiles tlsOf(const ServerSettings& all, const ListenerSettings& listener);

}  // namespace clipcourier::http
