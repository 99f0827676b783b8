#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http/route.h"
#include "users/authenticator.h"

namespace clipcourier::http {

// IP networks, read from "127.0.0.0/8, ::1/128".
class NetworkList {
 public:
  // Throws Error(invalidInput) naming what is none.
  explicit NetworkList(const std::string& list);
  ~NetworkList();
  bool have(const std::string& address) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// GET /metrics, for Prometheus: open to callers from the allowed networks that come without a
// proxy, to others with a token of scope `operations`. Borrows its arguments, and its routes borrow
// it; thread-safe.
class MetricsEndpoints {
 public:
  using Source = std::function<std::string()>;  // the text
  MetricsEndpoints(Source source, const users::Authenticator& authenticator,
                   const std::string& allowedNetworks)
      : source_(std::move(source)), authenticator_(authenticator), allowed_(allowedNetworks) {}

  std::vector<Route> routes();

 private:
  Reply show(Request& request) const;

  const Source source_;
  const users::Authenticator& authenticator_;
  const NetworkList allowed_;
};

}  // namespace clipcourier::http
