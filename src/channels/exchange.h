#pragma once

#include <string>
#include <variant>

#include "base/clock.h"
#include "channels/reaction.h"
#include "net/http_message.h"

namespace clipcourier::channels {

struct ExchangeFailure {
  bool temporary = false;  // the same exchange, started anew later, may succeed
  Millis after{0};         // then not before this
  int code = 0;            // the provider's; 0 without one
  Reaction reaction = Reaction::fix;
  std::string reason;
};

template <class Result>
using ExchangeStep = std::variant<net::HttpRequest, Result, ExchangeFailure>;

// A talk with a provider that takes more than one request: told the last answer it names the next
// request, or is done, or failed. It does no I/O itself. One exchange is used by one thread and
// bounded: it asks for a limited number of requests whatever the provider answers.
template <class Result>
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual ExchangeStep<Result> begin() = 0;
  virtual ExchangeStep<Result> next(const net::HttpResponse& answer) = 0;
};

}  // namespace clipcourier::channels
