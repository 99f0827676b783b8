#include "http/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace clipcourier::http {
namespace {

bool wouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK; }

Flush flushBytes(Connection& c) {
  const int more = c.file.size > 0 ? MSG_MORE : 0;  // head and file share the first packet
  while (c.outSent < c.out.size()) {
    const ssize_t sent = ::send(c.fd.get(), c.out.data() + c.outSent, c.out.size() - c.outSent,
                                MSG_NOSIGNAL | MSG_DONTWAIT | more);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return wouldBlock() ? Flush::blocked : Flush::broken;
    c.outSent += static_cast<std::size_t>(sent);
  }
  c.out.clear();
  c.outSent = 0;
  return Flush::done;
}

Flush flushFile(Connection& c) {
  while (c.file.size > 0) {
    off_t offset = static_cast<off_t>(c.file.offset);
    const std::size_t piece = std::min<std::uint64_t>(c.file.size, 1 << 20);
    const ssize_t sent = ::sendfile(c.fd.get(), c.file.file.get(), &offset, piece);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return wouldBlock() ? Flush::blocked : Flush::broken;
    if (sent == 0) return Flush::broken;  // the file is shorter than it was
    c.file.offset += static_cast<std::uint64_t>(sent);
    c.file.size -= static_cast<std::uint64_t>(sent);
  }
  c.file = {};
  return Flush::done;
}

}  // namespace

std::string peerOf(const Connection& connection) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(connection.fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return "";
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof v4);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
  } else if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &address, sizeof v6);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  }
  const std::string found(text.data());
  return found.starts_with("::ffff:") ? found.substr(7) : found;  // IPv4 on an IPv6 socket
}

std::optional<std::size_t> receive(int fd, char* to, std::size_t size) {
  for (;;) {
    const ssize_t count = ::recv(fd, to, size, MSG_DONTWAIT);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EINTR) continue;
    if (wouldBlock()) return std::nullopt;
    return 0;
  }
}

bool waitFor(int fd, short events, std::chrono::milliseconds atMost) {
  const auto end = std::chrono::steady_clock::now() + atMost;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() < 0) return false;
    pollfd poll{fd, events, 0};
    const int rc = ::poll(&poll, 1, static_cast<int>(std::min<long long>(left.count(), 60'000)));
    if (rc > 0) return true;
    if (rc < 0 && errno != EINTR) return false;
  }
}

void sayContinue(const Connection& connection) {
  static constexpr char kContinue[] = "HTTP/1.1 100 Continue\r\n\r\n";
  ::send(connection.fd.get(), kContinue, sizeof kContinue - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

Flush flush(Connection& connection) {
  const Flush bytes = flushBytes(connection);
  return bytes == Flush::done ? flushFile(connection) : bytes;
}

}  // namespace clipcourier::http
