#include "notify.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/unique_fd.h"
#include "log.h"

namespace clipcourier {
namespace {

std::string taken(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value ? value : "";
  ::unsetenv(name);
  return text;
}

std::optional<std::int64_t> number(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Notifier::Notifier() : socket_(taken("NOTIFY_SOCKET")) {
  const auto micros = number(taken("WATCHDOG_USEC"));
  const auto pid = number(taken("WATCHDOG_PID"));
  if (!micros || *micros <= 0 || (pid && *pid != ::getpid())) return;
  aliveEvery_ = std::max(Millis(*micros / 1'000 / 3), Millis(1));
}

void Notifier::tell(const std::string& words) const {
  if (socket_.empty()) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_.size() >= sizeof address.sun_path) return;
  std::copy(socket_.begin(), socket_.end(), address.sun_path);
  if (socket_.front() == '@') address.sun_path[0] = '\0';  // without a file
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const timeval patience{2, 0};  // a manager that does not listen must not hold us up
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::sendto(fd.get(), words.data(), words.size(), MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&address), size) < 0)
    log::warning("notify.failed", {{"words", words}});
}

}  // namespace clipcourier
