#include "http/response_head.h"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Timestamp.h>

#include "http/problem.h"

namespace clipcourier::http {
namespace {

std::string httpDate() {
  return Poco::DateTimeFormatter::format(Poco::Timestamp(), Poco::DateTimeFormat::HTTP_FORMAT);
}

void setDefault(Reply& reply, std::string_view name, std::string value) {
  if (!reply.find(name)) reply.set(name, std::move(value));
}

}  // namespace

void addSecurityHeaders(Reply& reply, bool https) {
  setDefault(reply, "X-Content-Type-Options", "nosniff");
  setDefault(reply, "Referrer-Policy", "no-referrer");
  setDefault(reply, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  setDefault(reply, "Cache-Control", "no-store");
  setDefault(reply, "X-Frame-Options", "DENY");
  setDefault(reply, "Cross-Origin-Resource-Policy", "same-origin");
  setDefault(reply, "X-Robots-Tag", "noindex, nofollow");
  if (https) setDefault(reply, "Strict-Transport-Security", "max-age=31536000");
}

bool hasNoBody(int status) { return status == 204 || status == 304; }

std::uint64_t sizeOf(const Reply& reply) {
  if (const auto* text = std::get_if<std::string>(&reply.body)) return text->size();
  if (const auto* file = std::get_if<FileBody>(&reply.body)) return file->size;
  return 0;
}

std::string headOf(const Reply& reply, bool keepAlive, bool chunked) {
  std::string head = "HTTP/1.1 " + std::to_string(reply.status) + ' ' +
                     std::string(reasonPhrase(reply.status)) + "\r\nDate: " + httpDate() + "\r\n";
  for (const auto& [name, value] : reply.headers) head += name + ": " + value + "\r\n";
  if (chunked) {
    head += "Transfer-Encoding: chunked\r\n";
  } else if (!hasNoBody(reply.status) && !std::holds_alternative<StreamBody>(reply.body)) {
    head += "Content-Length: " + std::to_string(sizeOf(reply)) + "\r\n";
  }
  return head + (keepAlive ? "\r\n" : "Connection: close\r\n\r\n");
}

}  // namespace clipcourier::http
