#pragma once

#include <sys/socket.h>

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clipcourier::http {

// An IP address; IPv4 is kept, and compared, as its mapped IPv6 form.
class Address {
 public:
  Address() = default;  // ::
  // "203.0.113.7", "2001:db8::1"; none for anything else, also for names and ports.
  static std::optional<Address> parse(std::string_view text);
  static Address of(const sockaddr_storage& from);

  bool isV4() const;
  // Without what tells one household from its neighbours: the last 8 bits of IPv4, the last 80 of
  // IPv6. What logs may hold.
  std::string truncated() const;
  // One subscriber: IPv6 networks of 64 bits are given to one, who can use all their addresses.
  Address subscriber() const;
  Address masked(int bits) const;  // keeps the first `bits` of 128

  friend auto operator<=>(const Address&, const Address&) = default;

 private:
  std::string text() const;
  std::array<std::uint8_t, 16> bytes_{};
};

// A list of networks: "10.0.0.0/8, 192.0.2.1, 2001:db8::/32".
class Networks {
 public:
  // None when an entry is no address or network, or has bits beyond its length.
  static std::optional<Networks> parse(std::string_view text);
  bool contain(const Address& address) const;
  std::string text() const { return text_; }

 private:
  struct Network {
    Address base;
    int bits = 128;
  };
  std::vector<Network> networks_;
  std::string text_;
};

}  // namespace clipcourier::http
