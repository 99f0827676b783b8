#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clipcourier::senders {

// The hosts that a sender's token may be sent to: "graph.facebook.com", or "api.example:8443" for
// one port alone. This machine itself (localhost, 127.0.0.1, [::1]) is the name "loopback". A value
// made without a list is the default.
class AllowedHosts {
 public:
  static constexpr std::string_view kDefault = "graph.facebook.com, loopback";

  AllowedHosts() : AllowedHosts(kDefault) {}
  explicit AllowedHosts(std::string_view list);  // names with commas between them

  // `baseUrl` begins with http:// or https://. Without TLS only this machine is allowed.
  bool allow(std::string_view baseUrl) const;
  static bool isList(std::string_view text);  // whether every name of it can be one

 private:
  std::vector<std::string> hosts_;  // lower case
};

}  // namespace clipcourier::senders
