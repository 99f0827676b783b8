#include "http/raw_client.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <stdexcept>

#include "base/text.h"

namespace clipcourier {

std::string RawReply::header(std::string_view name) const {
  for (const std::string& line : text::split(head, '\n')) {
    const auto colon = line.find(':');
    if (colon != std::string::npos && text::lower(line.substr(0, colon)) == text::lower(name)) {
      return text::trim(line.substr(colon + 1));
    }
  }
  return {};
}

RawClient::RawClient(int port, const std::string& from)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  ::inet_pton(AF_INET, from.c_str(), &address.sin_addr);
  if (::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot come from " + from);
  }
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot connect");
  }
}

void RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void RawClient::endSending() { ::shutdown(fd_.get(), SHUT_WR); }

bool RawClient::receiveMore() {
  pollfd poll{fd_.get(), POLLIN, 0};
  if (::poll(&poll, 1, 10'000) <= 0) throw std::runtime_error("no answer within ten seconds");
  char buffer[65'536];
  const ssize_t count = ::recv(fd_.get(), buffer, sizeof buffer, 0);
  if (count <= 0) return false;
  in_.append(buffer, static_cast<std::size_t>(count));
  return true;
}

RawReply RawClient::reply(bool withoutBody) {
  const auto need = [this](bool enough) {
    if (!enough && !receiveMore()) throw std::runtime_error("closed in the middle of an answer");
    return !enough;
  };
  while (need(in_.find("\r\n\r\n") != std::string::npos)) {
  }
  RawReply reply;
  const auto end = in_.find("\r\n\r\n") + 4;
  reply.head = in_.substr(0, end);
  in_.erase(0, end);
  reply.status = std::stoi(reply.head.substr(9, 3));
  if (withoutBody || reply.status < 200 || reply.status == 204 || reply.status == 304) return reply;
  if (reply.header("transfer-encoding") == "chunked") {
    for (;;) {
      while (need(in_.find("\r\n") != std::string::npos)) {
      }
      const std::size_t size = std::stoul(in_, nullptr, 16);
      in_.erase(0, in_.find("\r\n") + 2);
      while (need(in_.size() >= size + 2)) {
      }
      reply.body += in_.substr(0, size);
      in_.erase(0, size + 2);
      if (size == 0) return reply;
    }
  }
  const std::size_t length = std::stoul(reply.header("content-length"));
  while (need(in_.size() >= length)) {
  }
  reply.body = in_.substr(0, length);
  in_.erase(0, length);
  return reply;
}

std::string RawClient::rest() {
  while (receiveMore()) {
  }
  return std::exchange(in_, {});
}

bool RawClient::closedByServer() { return rest().empty(); }

RawReply call(int port, const std::string& request) {
  RawClient client(port);
  client.send(request);
  return client.reply(request.starts_with("HEAD "));
}

std::string request(const std::string& method, const std::string& target, const std::string& body,
                    const std::vector<std::string>& headers) {
  std::string text = method + ' ' + target + " HTTP/1.1\r\nHost: localhost\r\n";
  for (const std::string& header : headers) text += header + "\r\n";
  const bool typed = std::any_of(headers.begin(), headers.end(), [](const std::string& header) {
    return text::lower(header).starts_with("content-type:");
  });
  if (!body.empty() && !typed) text += "Content-Type: application/json\r\n";
  if (!body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  return text + "\r\n" + body;
}

}  // namespace clipcourier
