#pragma once

#include <atomic>
#include <string>

#include "http/connection.h"
#include "http/router.h"
#include "http/server.h"
#include "http/settings.h"

namespace clipcourier::http {

// Who is told of every request; `observe` may be empty.
struct RequestSinks {
  LogSink log;
  RequestObserver observe;
};

// Answers the requests of connections whose heads are complete. Thread-safe.
class Session {
 public:
  // Borrows all but the name. `clients` counts what each may have at the same time.
  Session(std::string listener, const Router& router, const ListenerSettings& settings,
          ClientCounts& clients, const RequestSinks& sinks, const std::atomic<bool>& stopping);

  // Whether a worker has something to do with what was received: a whole head with its body, or as
  // much of the body as is not waited for, or something to refuse.
  bool ready(Connection& connection) const;

  // Works on a connection until it has to wait, and says for what.
  Wait run(Connection& connection) const;

 private:
  struct Exchange;  // one request on its way to its answer
  std::size_t bodyToAwait(Connection& connection, std::size_t headSize) const;
  Wait close(Connection& connection) const;
  bool answerNext(Connection& connection) const;
  void answer(Exchange& exchange) const;
  Reply replyTo(Exchange& exchange) const;
  void admit(Exchange& exchange) const;
  void send(Exchange& exchange, Reply reply) const;
  void sendStream(Exchange& exchange, const StreamBody& body) const;
  void log(const Exchange& exchange) const;

  const std::string listener_;
  const Router& router_;
  const ListenerSettings& settings_;
  ClientCounts& clients_;
  const RequestSinks& sinks_;
  const std::atomic<bool>& stopping_;
  // How many callers nobody knows, and how many streams, may hold a thread: half of them.
  const int mostHeld_;
  mutable std::atomic<int> waitingBodies_{0};
  mutable std::atomic<int> streams_{0};
};

}  // namespace clipcourier::http
