#include "http/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/text.h"

namespace clipcourier::http {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr int kMappedBits = 96;

}  // namespace

std::optional<Address> Address::parse(std::string_view text) {
  // inet_pton wants an end; longer texts are no address.
  char buffer[INET6_ADDRSTRLEN + 1] = {};
  if (text.empty() || text.size() > INET6_ADDRSTRLEN) return std::nullopt;
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  text.copy(buffer, text.size());
  Address address;
  if (::inet_pton(AF_INET, buffer, address.bytes_.data() + kMapped.size()) == 1) {
    std::copy(kMapped.begin(), kMapped.end(), address.bytes_.begin());
    return address;
  }
  if (::inet_pton(AF_INET6, buffer, address.bytes_.data()) == 1) return address;
  return std::nullopt;
}

Address Address::of(const sockaddr_storage& from) {
  Address address;
  if (from.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(from);
    std::copy(kMapped.begin(), kMapped.end(), address.bytes_.begin());
    std::memcpy(address.bytes_.data() + kMapped.size(), &v4.sin_addr, sizeof v4.sin_addr);
  } else if (from.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(from);
    std::memcpy(address.bytes_.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
  }
  return address;
}

bool Address::isV4() const { return std::equal(kMapped.begin(), kMapped.end(), bytes_.begin()); }

Address Address::masked(int bits) const {
  Address result = *this;
  for (int i = 0; i < 16; ++i) {
    const int kept = std::clamp(bits - 8 * i, 0, 8);
    result.bytes_[static_cast<std::size_t>(i)] &= static_cast<std::uint8_t>(0xff00 >> kept);
  }
  return result;
}

std::string Address::truncated() const { return masked(isV4() ? kMappedBits + 24 : 48).text(); }

Address Address::subscriber() const { return isV4() ? *this : masked(64); }

std::string Address::text() const {
  char buffer[INET6_ADDRSTRLEN] = {};
  const bool v4 = isV4();
  ::inet_ntop(v4 ? AF_INET : AF_INET6, bytes_.data() + (v4 ? kMapped.size() : 0), buffer,
              sizeof buffer);
  return buffer;
}

std::optional<Networks> Networks::parse(std::string_view text) {
  Networks result;
  result.text_ = text::trim(text);
  if (result.text_.empty()) return result;
  for (const std::string& entry : text::split(result.text_, ',')) {
    const std::string one = text::trim(entry);
    const auto slash = one.find('/');
    const auto base = Address::parse(one.substr(0, slash));
    if (!base) return std::nullopt;
    int bits = base->isV4() ? 32 : 128;
    if (slash != std::string::npos) {
      const int most = bits;
      const char* end = one.data() + one.size();
      const auto [stop, error] = std::from_chars(one.data() + slash + 1, end, bits);
      if (error != std::errc{} || stop != end || bits < 0 || bits > most) return std::nullopt;
    }
    if (base->isV4()) bits += kMappedBits;
    if (base->masked(bits) != *base) return std::nullopt;  // a slip: 10.1.2.3/8
    result.networks_.push_back({*base, bits});
  }
  return result;
}

bool Networks::contain(const Address& address) const {
  return std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
    return address.masked(network.bits) == network.base;
  });
}

}  // namespace clipcourier::http
