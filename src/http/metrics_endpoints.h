#pragma once

#include <functional>
#include <string>
#include <vector>

#include "http/address.h"
#include "http/route.h"
#include "users/authenticator.h"

namespace clipcourier::http {

// GET /metrics, for Prometheus: open to callers from the allowed networks that come without a
// proxy, to others with a token of scope `operations`. Borrows its arguments, and its routes borrow
// it; thread-safe.
class MetricsEndpoints {
 public:
  using Source = std::function<std::string()>;  // the text
  MetricsEndpoints(Source source, const users::Authenticator& authenticator, Networks allowed)
      : source_(std::move(source)), authenticator_(authenticator), allowed_(std::move(allowed)) {}

  std::vector<Route> routes();

 private:
  Reply show(Request& request) const;

  const Source source_;
  const users::Authenticator& authenticator_;
  const Networks allowed_;
};

}  // namespace clipcourier::http
