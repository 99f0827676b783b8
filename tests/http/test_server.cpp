#include "http/test_server.h"

#include <stdexcept>

namespace clipcourier {

std::optional<users::Principal> TestServer::Authenticator::authenticate(
    std::string_view bearer) const {
  if (bearer == "reader") return users::Principal{{"token", "1", ""}, users::Scopes::all()};
  if (bearer == "writer") return users::Principal{{"token", "2", ""}, {users::Scope::videosWrite}};
  return std::nullopt;
}

http::ServerSettings TestServer::settings(const http::ListenerSettings& limits,
                                          Millis stopTimeout) {
  http::ServerSettings settings;
  settings.api = settings.webhooks = settings.publicPages = limits;
  settings.stopTimeout = stopTimeout;
  return settings;
}

TestServer::TestServer(std::vector<http::Route> api, http::ListenerSettings limits,
                       std::vector<http::Route> publicPages, Millis stopTimeout)
    : server_(settings(limits, stopTimeout),
              {.api = std::move(api), .webhooks = {}, .publicPages = std::move(publicPages)},
              authenticator_, [this](const std::string& line) {
                const std::lock_guard lock(mutex_);
                log_.push_back(line);
                changed_.notify_all();
              }) {
  server_.start();
}

std::string TestServer::waitForLog(const std::string& part) {
  std::unique_lock lock(mutex_);
  std::string found;
  const bool there = changed_.wait_for(lock, std::chrono::seconds(10), [&] {
    for (const std::string& line : log_) {
      if (line.find(part) != std::string::npos) found = line;
    }
    return !found.empty();
  });
  if (!there) throw std::runtime_error("no such log line within ten seconds");
  return found;
}

}  // namespace clipcourier
