#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "http/server.h"

namespace clipcourier {

// A server on ports of its own, with two tokens: "reader" (all scopes) and "writer" (videos:write).
class TestServer {
 public:
  explicit TestServer(std::vector<http::Route> api, http::ListenerSettings limits = {.threads = 2},
                      std::vector<http::Route> publicPages = {},
                      Millis stopTimeout = Millis(5'000));

  int api() const { return server_.port(http::Port::api); }
  int publicPages() const { return server_.port(http::Port::publicPages); }
  static std::string token() { return "Authorization: Bearer reader"; }
  // The first log line that contains this; waits for it, throws std::runtime_error after ten
  // seconds.
  std::string waitForLog(const std::string& part);
  http::Server& server() { return server_; }

 private:
  struct Authenticator : users::Authenticator {
    std::optional<users::Principal> authenticate(std::string_view bearer) const override;
  };
  static http::ServerSettings settings(const http::ListenerSettings& limits, Millis stopTimeout);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> log_;
  Authenticator authenticator_;
  http::Server server_;
};

}  // namespace clipcourier
