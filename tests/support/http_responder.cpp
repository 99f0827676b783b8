#include "support/http_responder.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace clipcourier {

namespace {

bool sendAll(int fd, const std::string& bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t n = ::send(fd, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

bool receiveMore(int fd, std::string& buffer) {
  char chunk[65536];
  const ssize_t n = ::recv(fd, chunk, sizeof chunk, 0);
  if (n <= 0) return false;
  buffer.append(chunk, static_cast<std::size_t>(n));
  return true;
}

// Takes a chunked body off the front of `buffer`.
bool readChunked(int fd, std::string& buffer, std::string& body) {
  for (;;) {
    std::size_t end;
    while ((end = buffer.find("\r\n")) == std::string::npos) {
      if (!receiveMore(fd, buffer)) return false;
    }
    const std::size_t size = std::stoul(buffer.substr(0, end), nullptr, 16);
    while (buffer.size() < end + 2 + size + 2) {
      if (!receiveMore(fd, buffer)) return false;
    }
    body += buffer.substr(end + 2, size);
    buffer.erase(0, end + 2 + size + 2);
    if (size == 0) return true;
  }
}

bool readRequest(int fd, std::string& buffer, ResponderRequest& request) {
  std::size_t end;
  while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
    if (!receiveMore(fd, buffer)) return false;
  }
  const std::size_t line = buffer.find("\r\n");
  const std::string first = buffer.substr(0, line);
  request.method = first.substr(0, first.find(' '));
  request.target = first.substr(request.method.size() + 1);
  request.target.erase(request.target.find(' '));
  request.head = buffer.substr(line + 2, end - line);
  buffer.erase(0, end + 4);
  if (request.header("Transfer-Encoding") == "chunked") {
    return readChunked(fd, buffer, request.body);
  }
  const std::string length = request.header("Content-Length");
  const std::size_t size = length.empty() ? 0 : std::stoul(length);
  while (buffer.size() < size) {
    if (!receiveMore(fd, buffer)) return false;
  }
  request.body = buffer.substr(0, size);
  buffer.erase(0, size);
  return true;
}

}  // namespace

std::string ResponderRequest::header(const std::string& name) const {
  for (std::size_t at = 0; at < head.size();) {
    const std::size_t end = head.find("\r\n", at);
    const std::string line = head.substr(at, end - at);
    at = end == std::string::npos ? head.size() : end + 2;
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    if (::strncasecmp(line.c_str(), name.c_str(), name.size()) != 0) continue;
    const std::size_t value = line.find_first_not_of(' ', name.size() + 1);
    return value == std::string::npos ? "" : line.substr(value);
  }
  return "";
}

HttpResponder::HttpResponder(Handler handler) : handler_(std::move(handler)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_, 1024) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no port for the responder");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept(); });
}

HttpResponder::~HttpResponder() {
  closing_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  {
    const std::lock_guard lock(mutex_);
    for (int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
}

std::string HttpResponder::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

void HttpResponder::accept() {
  while (!closing_) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    const int number = ++accepted_;
    const std::lock_guard lock(mutex_);
    open_.push_back(fd);
    threads_.emplace_back([this, fd, number] { serve(fd, number); });
  }
}

void HttpResponder::serve(int fd, int number) {
  std::string buffer;
  for (;;) {
    ResponderRequest request;
    request.connection = number;
    if (!readRequest(fd, buffer, request)) break;
    ++requests_;
    if (!answer(fd, handler_(request))) break;
  }
  const std::lock_guard lock(mutex_);
  open_.erase(std::remove(open_.begin(), open_.end(), fd), open_.end());
  ::close(fd);
}

bool HttpResponder::answer(int fd, const ResponderReply& reply) {
  if (!reply.raw.empty()) {
    sendAll(fd, reply.raw);
  } else if (!reply.silent) {
    const std::string head = "HTTP/1.1 " + std::to_string(reply.status) +
                             " Reason\r\nContent-Type: " + reply.contentType +
                             "\r\nContent-Length: " + std::to_string(reply.body.size()) + "\r\n" +
                             reply.extraHeaders + "\r\n";
    if (!sendAll(fd, head + reply.body)) return false;
  }
  if (reply.end == ResponderReply::End::reset) {
    const linger now{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  return reply.end == ResponderReply::End::keep;
}

}  // namespace clipcourier
