#include "http/client.h"

#include <utility>
#include <vector>

#include "base/text.h"

namespace clipcourier::http {
namespace {

constexpr std::size_t kMostHops = 16;

// The entries of all headers of this name, from left to right.
std::vector<std::string> listOf(const Head& head, std::string_view name) {
  std::vector<std::string> entries;
  for (const auto& [key, value] : head.fields) {
    if (key != name) continue;
    for (const std::string& entry : text::split(value, ',')) entries.push_back(text::trim(entry));
  }
  return entries;
}

// Some proxies add the port: "203.0.113.7:4711", "[2001:db8::1]:4711".
std::optional<Address> hopOf(std::string_view entry) {
  if (entry.starts_with('[')) {
    const auto end = entry.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    return Address::parse(entry.substr(1, end - 1));
  }
  const auto colon = entry.find(':');
  const bool onePort = colon != std::string_view::npos && colon == entry.rfind(':');
  return Address::parse(onePort ? entry.substr(0, colon) : entry);
}

}  // namespace

Client clientOf(const Address& peer, bool tls, const Head& head, const Networks& trusted) {
  Client client{peer, tls, false};
  if (!trusted.contain(peer)) return client;
  const auto hops = listOf(head, "x-forwarded-for");
  for (std::size_t i = 0; i < std::min(hops.size(), kMostHops); ++i) {
    const auto hop = hopOf(hops[hops.size() - 1 - i]);
    if (!hop) break;
    client.address = *hop;
    client.proxied = true;
    if (!trusted.contain(*hop)) break;
  }
  // More than one word: nobody knows who wrote which.
  const auto schemes = listOf(head, "x-forwarded-proto");
  if (!schemes.empty()) client.https = schemes.size() == 1 && text::lower(schemes[0]) == "https";
  return client;
}

ClientCounts::Ticket::Ticket(Ticket&& other) noexcept
    : counts_(std::exchange(other.counts_, nullptr)), client_(other.client_) {}

ClientCounts::Ticket& ClientCounts::Ticket::operator=(Ticket&& other) noexcept {
  if (this == &other) return *this;
  drop();
  counts_ = std::exchange(other.counts_, nullptr);
  client_ = other.client_;
  return *this;
}

void ClientCounts::Ticket::drop() {
  if (auto* counts = std::exchange(counts_, nullptr)) counts->release(client_);
}

std::optional<ClientCounts::Ticket> ClientCounts::take(const Address& address) {
  if (most_ == 0) return Ticket();
  const Address client = address.subscriber();
  const std::lock_guard lock(mutex_);
  int& count = counts_[client];
  if (count >= most_) return std::nullopt;
  ++count;
  return Ticket(this, client);
}

void ClientCounts::release(const Address& client) {
  const std::lock_guard lock(mutex_);
  const auto found = counts_.find(client);
  if (found != counts_.end() && --found->second == 0) counts_.erase(found);
}

}  // namespace clipcourier::http
