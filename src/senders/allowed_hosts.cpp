#include "senders/allowed_hosts.h"

#include <algorithm>

#include "base/text.h"

namespace clipcourier::senders {
namespace {

std::vector<std::string> namesIn(std::string_view list) {
  std::vector<std::string> names;
  for (const std::string& part : text::split(list, ','))
    if (std::string name = text::lower(text::trim(part)); !name.empty())
      names.push_back(std::move(name));
  return names;
}

bool isLoopback(std::string_view host) {
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

// "[::1]:8080" is "[::1]"; so is what has no port.
std::string_view withoutPort(std::string_view authority) {
  const std::size_t bracket = authority.find(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  return authority.substr(0, colon);
}

}  // namespace

AllowedHosts::AllowedHosts(std::string_view list) : hosts_(namesIn(list)) {}

bool AllowedHosts::isList(std::string_view text) {
  return std::ranges::all_of(namesIn(text), [](const std::string& name) {
    return std::ranges::all_of(name, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':' ||
             c == '[' || c == ']';
    });
  });
}

bool AllowedHosts::allow(std::string_view baseUrl) const {
  const bool tls = baseUrl.starts_with("https://");
  if (!tls && !baseUrl.starts_with("http://")) return false;
  const std::string_view rest = baseUrl.substr(baseUrl.find("://") + 3);
  const std::string authority = text::lower(rest.substr(0, rest.find('/')));
  if (authority.find('@') != std::string::npos) return false;
  const std::string host(withoutPort(authority));
  const auto listed = [&](std::string_view name) {
    return std::ranges::find(hosts_, name) != hosts_.end();
  };
  if (isLoopback(host)) return listed("loopback") || listed(host) || listed(authority);
  return tls && (listed(host) || listed(authority));
}

}  // namespace clipcourier::senders
