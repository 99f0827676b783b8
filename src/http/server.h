#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/route.h"
#include "http/settings.h"
#include "users/authenticator.h"

// The network edge: three listeners (API, webhooks, public pages), each with its own threads and
// limits, so that slow phones cannot starve receipts.
//
// One thread per listener waits for connections, whole request heads and room to send; only
// complete heads reach its worker threads. A client that is slow with its head, idle, or slow to
// take a file therefore costs a socket and no thread. Poco's own HTTPServer gives each connection a
// thread, takes a body cut off for a whole one and answers malformed requests in plain text; so of
// Poco only sockets and addresses are used.
namespace clipcourier::http {

// The routes of each listener.
struct Routes {
  std::vector<Route> api;
  std::vector<Route> webhooks;
  std::vector<Route> publicPages;
};

// Takes one JSON object per request, without line end. Called by several threads at once.
using LogSink = std::function<void(const std::string& line)>;
void logToStderr(const std::string& line);

// One request that was answered, for metrics. Called by several threads at once.
struct RequestSample {
  std::string_view listener;  // "api", "webhooks", "public"
  std::string_view route;     // its pattern; "-" when there is none
  int status = 0;
  std::uint64_t bytes = 0;  // of the answer's body
  std::chrono::duration<double> took{};
  bool streamed = false;  // it took as long as the caller listened
};
using RequestObserver = std::function<void(const RequestSample&)>;

enum class Port { api, webhooks, publicPages };

class Server {
 public:
  // Borrows `authenticator`; it outlives the server. Throws Error(internal) for routes that clash.
  Server(ServerSettings settings, Routes routes, const users::Authenticator& authenticator,
         LogSink log = logToStderr, RequestObserver observe = {});
  ~Server();  // stops

  // Binds and answers from here on. Throws Error(unavailable) naming the address that is taken.
  void start();
  // Takes no more connections, lets requests in flight finish within stopTimeout, then cuts them.
  void stop();
  int port(Port which) const;  // the actual one; after start()
  // Looks whether the files of certificates have changed, or takes them anew whatever; new
  // connections get them, those that are open go on. What cannot be used is logged and not taken.
  void reloadCertificates(bool always);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace clipcourier::http
