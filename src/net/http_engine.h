#pragma once

#include <functional>
#include <future>
#include <memory>
#include <string>

#include "net/http_message.h"

namespace clipcourier::net {

// Makes HTTP requests. One request is written to the wire at most once: nothing is repeated behind
// the caller's back, no redirect is followed, and only http and https are spoken.
//
// Thread-safe. Callbacks run on the engine's thread, once for each send() in all cases, and must be
// quick; what they throw ends the program.
class HttpEngine {
 public:
  using Callback = std::function<void(HttpResponse)>;

  virtual ~HttpEngine() = default;
  // Returns at once. When more than the allowed number are under way, it waits for its turn inside.
  virtual void send(HttpRequest request, Callback done) = 0;
  // Waits until those under way are answered, but no longer than `grace`; then ends the rest as
  // `lost` (or `notSent` where that is certain). What waits for its turn, and every later send(),
  // is `notSent`. Returns after the last callback. May be called twice; not from a callback.
  virtual void stop(Millis grace) = 0;
  // Requests handed over and not yet answered.
  virtual std::size_t pending() const = 0;

  std::future<HttpResponse> send(HttpRequest request);
  HttpResponse fetch(HttpRequest request) { return send(std::move(request)).get(); }
};

struct HttpEngineOptions {
  std::size_t maxConcurrent = 256;  // requests under way at once; each may need a connection
  std::string proxy;   // "http://host:port"; empty: none, whatever the environment says
  std::string caFile;  // PEM; empty: the system's certificates
  std::string userAgent = "clipcourier";
};

// The engine on libcurl: one thread, kept connections, HTTP/2 where the server offers it over TLS.
std::unique_ptr<HttpEngine> makeHttpEngine(HttpEngineOptions options = {});

}  // namespace clipcourier::net
