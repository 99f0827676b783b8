#include "http/metrics_endpoints.h"

#include <Poco/Net/IPAddress.h>

#include <algorithm>

#include "base/text.h"
#include "http/authorize.h"

namespace clipcourier::http {
namespace {

using Poco::Net::IPAddress;

[[noreturn]] void noNetwork(const std::string& text) {
  throw Error(ErrorKind::invalidInput, "\"" + text::truncate(text, 60) + "\" is no network",
              "Write networks as 10.1.0.0/16 or ::1/128, with commas between them.",
              "settings.bad_network");
}

std::pair<IPAddress, unsigned> parseNetwork(const std::string& text) {
  const std::size_t slash = text.find('/');
  IPAddress address;
  if (!IPAddress::tryParse(text.substr(0, slash), address)) noNetwork(text);
  const unsigned all = address.family() == IPAddress::IPv4 ? 32 : 128;
  if (slash == std::string::npos) return {address, all};
  const std::string bits = text.substr(slash + 1);
  const bool digits = !bits.empty() && bits.size() <= 3 &&
                      std::ranges::all_of(bits, [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || std::stoul(bits) > all) noNetwork(text);
  return {address, static_cast<unsigned>(std::stoul(bits))};
}

// A proxy on this machine makes everybody look local.
bool cameThroughProxy(const Request& request) {
  for (const char* name : {"forwarded", "x-forwarded-for", "x-real-ip", "via"})
    if (request.header(name)) return true;
  return false;
}

}  // namespace

struct NetworkList::Impl {
  std::vector<std::pair<IPAddress, unsigned>> all;  // with the bits that count
};

NetworkList::NetworkList(const std::string& list) : impl_(std::make_unique<Impl>()) {
  for (const std::string& part : text::split(list, ',')) {
    const std::string trimmed = text::trim(part);
    if (!trimmed.empty()) impl_->all.push_back(parseNetwork(trimmed));
  }
}

NetworkList::~NetworkList() = default;

bool NetworkList::have(const std::string& address) const {
  IPAddress parsed;
  if (!IPAddress::tryParse(address, parsed)) return false;
  return std::ranges::any_of(impl_->all, [&](const auto& network) {
    const auto& [base, bits] = network;
    if (base.family() != parsed.family()) return false;
    const IPAddress mask(bits, base.family());
    return (parsed & mask) == (base & mask);
  });
}

std::vector<Route> MetricsEndpoints::routes() {
  return {{Method::get, "/metrics", kOpen, [this](Request& r) { return show(r); }}};
}

Reply MetricsEndpoints::show(Request& request) const {
  if (cameThroughProxy(request) || !allowed_.have(request.peer()))
    authorize(authenticator_, request.header("authorization"), {Scope::operations});
  return bytes(source_(), "text/plain; version=0.0.4; charset=utf-8")
      .with("Cache-Control", "no-store");
}

}  // namespace clipcourier::http
