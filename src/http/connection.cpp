#include "http/connection.h"

#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace clipcourier::http {
namespace {

bool wouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK; }

constexpr std::size_t kTlsPiece = 65'536;  // of a file, enciphered at a time

// None: would have to wait; 0: broken.
std::optional<std::size_t> sendSome(Connection& c, const char* from, std::size_t size, int flags) {
  if (c.tls) return c.tls->send(from, size);
  for (;;) {
    const ssize_t sent = ::send(c.fd.get(), from, size, MSG_NOSIGNAL | MSG_DONTWAIT | flags);
    if (sent >= 0) return static_cast<std::size_t>(sent);
    if (errno == EINTR) continue;
    if (wouldBlock()) return std::nullopt;
    return 0;
  }
}

Flush flushBytes(Connection& c) {
  const int more = c.file.size > 0 ? MSG_MORE : 0;  // head and file share the first packet
  while (c.outSent < c.out.size()) {
    const auto sent = sendSome(c, c.out.data() + c.outSent, c.out.size() - c.outSent, more);
    if (!sent) return Flush::blocked;
    if (*sent == 0) return Flush::broken;
    c.outSent += *sent;
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

// Enciphering needs the bytes here: the file goes through `out`, piece by piece.
Flush flushFileByTls(Connection& c) {
  while (c.file.size > 0) {
    c.out.resize(std::min<std::uint64_t>(c.file.size, kTlsPiece));
    const ssize_t got =
        ::pread(c.file.file.get(), c.out.data(), c.out.size(), static_cast<off_t>(c.file.offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Flush::broken;
    c.out.resize(static_cast<std::size_t>(got));
    c.file.offset += static_cast<std::uint64_t>(got);
    c.file.size -= static_cast<std::uint64_t>(got);
    if (const Flush bytes = flushBytes(c); bytes != Flush::done) return bytes;
  }
  c.file = {};
  return Flush::done;
}

}  // namespace

std::optional<std::size_t> receive(Connection& connection, char* to, std::size_t size) {
  if (connection.tls) return connection.tls->receive(to, size);
  for (;;) {
    const ssize_t count = ::recv(connection.fd.get(), to, size, MSG_DONTWAIT);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EINTR) continue;
    if (wouldBlock()) return std::nullopt;
    return 0;
  }
}

bool waitFor(const Connection& connection, short events, std::chrono::milliseconds atMost) {
  const auto end = std::chrono::steady_clock::now() + atMost;
  if (connection.tls) events = connection.tls->waitsFor();
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() < 0) return false;
    pollfd poll{connection.fd.get(), events, 0};
    const int rc = ::poll(&poll, 1, static_cast<int>(std::min<long long>(left.count(), 60'000)));
    if (rc > 0) return true;
    if (rc < 0 && errno != EINTR) return false;
  }
}

void sayContinue(Connection& connection) {
  static constexpr char kContinue[] = "HTTP/1.1 100 Continue\r\n\r\n";
  sendSome(connection, kContinue, sizeof kContinue - 1, 0);
}

bool takePending(Connection& connection) {
  if (!connection.tls || !connection.tls->hasPending()) return false;
  char buffer[16'384];
  const auto count = connection.tls->receive(buffer, sizeof buffer);
  connection.in.append(buffer, count.value_or(0));
  return count.value_or(0) > 0;
}

Flush flush(Connection& connection) {
  const Flush bytes = flushBytes(connection);
  if (bytes != Flush::done) return bytes;
  return connection.tls ? flushFileByTls(connection) : flushFile(connection);
}

}  // namespace clipcourier::http
