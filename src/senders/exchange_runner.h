#pragma once

#include <variant>

#include "base/error.h"
#include "channels/exchange.h"
#include "net/http_engine.h"

namespace clipcourier::senders {

// What a failed exchange is to a caller who cannot go on without it: unavailable when another try
// may help, else refused. `doing` names the work: "sync the templates".
Error toError(const channels::ExchangeFailure& failure, std::string_view doing);

// Walks an exchange through to its end on the calling thread, request by request.
template <class Result>
std::variant<Result, channels::ExchangeFailure> runExchange(net::HttpEngine& http,
                                                            channels::Exchange<Result>& exchange) {
  constexpr int kMaxSteps = 1000;  // exchanges bound themselves; this bounds a defect
  auto step = exchange.begin();
  for (int i = 0; i < kMaxSteps; ++i) {
    if (auto* result = std::get_if<Result>(&step)) return std::move(*result);
    if (auto* failure = std::get_if<channels::ExchangeFailure>(&step)) return std::move(*failure);
    step = exchange.next(http.fetch(std::get<net::HttpRequest>(std::move(step))));
  }
  throw Error(ErrorKind::internal, "an exchange with the provider does not end");
}

// The same, with a failure thrown as toError() says.
template <class Result>
Result requireExchange(net::HttpEngine& http, channels::Exchange<Result>& exchange,
                       std::string_view doing) {
  auto end = runExchange(http, exchange);
  if (auto* failure = std::get_if<channels::ExchangeFailure>(&end)) throw toError(*failure, doing);
  return std::get<Result>(std::move(end));
}

}  // namespace clipcourier::senders
