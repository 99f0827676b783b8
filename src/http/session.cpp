#include "http/session.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <typeinfo>

#include "base/crypto.h"
#include "http/head_end.h"
#include "http/http_error.h"
#include "http/problem.h"
#include "http/response_head.h"
#include "http/wire_body.h"

namespace clipcourier::http {
namespace {

// What only a proxy that we trust may say.
constexpr std::string_view kProxyWord = "x-sendfile-type";

// A caller's id is taken over only when it cannot mean anything to a log reader.
bool isRequestId(std::string_view id) {
  return id.size() >= 8 && id.size() <= 64 &&
         std::all_of(id.begin(), id.end(), [](unsigned char c) {
           return std::isalnum(c) || c == '-' || c == '_' || c == '.';
         });
}

std::string requestIdOf(const Head* head) {
  if (head) {
    const auto given = head->field("x-request-id");
    if (given && isRequestId(*given)) return std::string(*given);
  }
  return crypto::hex(crypto::randomBytes(12));
}

// Sends everything, waiting for the other side. Throws Error when it is gone, or has not taken all
// of it by then: who takes a byte now and then must not hold a thread for ever.
void sendAll(Connection& connection, Millis timeout) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    const Flush result = flush(connection);
    if (result == Flush::done) return;
    const auto left = std::chrono::ceil<Millis>(end - std::chrono::steady_clock::now());
    if (result == Flush::broken || left <= Millis(0) || !waitFor(connection, POLLOUT, left)) {
      throw Error(ErrorKind::unavailable, "the caller takes no more of the answer");
    }
  }
}

class Writer : public StreamWriter {
 public:
  Writer(Connection& connection, bool chunked, Millis timeout, const std::atomic<bool>& stopping)
      : connection_(connection), chunked_(chunked), timeout_(timeout), stopping_(stopping) {}
  void write(std::string_view bytes) override {
    if (bytes.empty()) return;  // an empty chunk would be the last
    if (chunked_) {
      std::array<char, 20> size{};
      std::snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
      connection_.out = size.data();
    }
    connection_.out += bytes;
    if (chunked_) connection_.out += "\r\n";
    sendAll(connection_, timeout_);
  }
  bool stopping() const override { return stopping_; }

 private:
  Connection& connection_;
  bool chunked_;
  Millis timeout_;
  const std::atomic<bool>& stopping_;
};

}  // namespace

struct Session::Exchange {
  explicit Exchange(Connection& c) : connection(c) { client.address = c.peer; }

  Connection& connection;
  std::size_t headSize = 0;
  std::optional<Head> head;
  std::optional<WireBody> body;
  std::string requestId;
  Client client;
  Actor actor;
  const Route* route = nullptr;
  std::string code;     // of the error that was answered
  std::string failure;  // what our side failed at, for the log only
  int status = 0;
  std::uint64_t bytes = 0;
  SteadyTime began = std::chrono::steady_clock::now();

  ~Exchange() {
    if (streams) --*streams;
  }
  // A stream holds its thread, so there may only be some at a time.
  void takeStream(std::atomic<int>& count, int most) {
    streams = &count;
    if (++count > most) {
      throw Error(ErrorKind::unavailable, "too many streams are open", "Try again in some seconds.",
                  "busy");
    }
  }

  std::atomic<int>* streams = nullptr;
  bool is(Method method) const { return head && head->method == method; }
};

Session::Session(std::string listener, const Router& router, const ListenerSettings& settings,
                 ClientCounts& clients, const RequestSinks& sinks,
                 const std::atomic<bool>& stopping)
    : listener_(std::move(listener)),
      router_(router),
      settings_(settings),
      clients_(clients),
      sinks_(sinks),
      stopping_(stopping),
      mostHeld_(std::max(1, settings.threads / 2)) {}

bool Session::ready(Connection& connection) const {
  if (connection.tooSlow) return true;
  try {
    if (connection.needed == 0) {
      const auto end = findHeadEndAfter(connection.scanned, connection.in, settings_.maxHead.bytes);
      if (!end) {
        connection.scanned = connection.in.size();
        return false;
      }
      connection.needed = *end + bodyToAwait(connection, *end);
    }
    return connection.inputEnded || connection.in.size() >= connection.needed;
  } catch (const Error&) {
    return true;  // to be refused
  }
}

// A small body is awaited before a thread is given to it. Its caller must then not wait for us.
std::size_t Session::bodyToAwait(Connection& connection, std::size_t headSize) const {
  const Head head = parseHead(std::string_view(connection.in).substr(0, headSize));
  const std::uint64_t length = head.contentLength.value_or(0);
  if (length > settings_.bufferedBody.bytes) return 0;
  if (head.expectsContinue && connection.in.size() < headSize + length) sayContinue(connection);
  return length;
}

Wait Session::run(Connection& connection) const {
  if (connection.tls && !connection.tls->isOpen()) {
    const auto handshake = connection.tls->handshake();
    if (handshake == TlsStream::Handshake::waiting) return Wait::handshake;
    if (handshake == TlsStream::Handshake::failed) return Wait::nothing;
  }
  for (;;) {
    const Flush result = flush(connection);
    if (result == Flush::blocked) return Wait::room;
    if (result == Flush::broken) return Wait::nothing;
    connection.proxied.drop();
    if (connection.closeAfterOut) return close(connection);
    if (answerNext(connection) || takePending(connection)) continue;
    return stopping_ || connection.inputEnded ? Wait::nothing : Wait::request;
  }
}

Wait Session::close(Connection& connection) const {
  if (connection.tls) connection.tls->sayGoodbye();
  if (!connection.inputUnread) return Wait::nothing;
  ::shutdown(connection.fd.get(), SHUT_WR);
  return Wait::goodbye;
}

bool Session::answerNext(Connection& connection) const {
  Exchange exchange(connection);
  answer(exchange);
  if (exchange.status == 0) return false;
  log(exchange);
  return true;
}

void Session::answer(Exchange& exchange) const {
  Reply reply;
  try {
    if (exchange.connection.tooSlow) {
      throw HttpError(408, "the request came too slowly", "Send it in one piece.",
                      "request.too_slow");
    }
    if (!ready(exchange.connection)) return;
    exchange.headSize = findHeadEnd(exchange.connection.in, settings_.maxHead.bytes).value();
    reply = replyTo(exchange);
  } catch (const std::exception& error) {
    if (exchange.requestId.empty()) exchange.requestId = requestIdOf(nullptr);
    reply = problemOf(error, exchange.requestId);
    if (const auto* known = dynamic_cast<const Error*>(&error)) exchange.code = known->code();
    if (reply.status >= 500)
      exchange.failure = std::string(typeid(error).name()) + ": " + error.what();
  } catch (...) {
    reply = problemOf(std::exception(), exchange.requestId);
    exchange.failure = "an exception of no known type";
  }
  send(exchange, std::move(reply));
}

Reply Session::replyTo(Exchange& exchange) const {
  Connection& connection = exchange.connection;
  exchange.head = parseHead(std::string_view(connection.in).substr(0, exchange.headSize));
  connection.in.erase(0, exchange.headSize);
  connection.needed = connection.scanned = 0;
  exchange.requestId = requestIdOf(&*exchange.head);
  admit(exchange);
  exchange.head->client = exchange.client.address;
  exchange.body.emplace(connection, *exchange.head, settings_);
  const Head& head = *exchange.head;
  if (head.method == Method::options) {
    const std::string allow = head.target.path == "*"
                                  ? "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
                                  : router_.allowed(head.target);
    if (!allow.empty() && !router_.has(head)) return noContent().with("Allow", allow);
  }
  const Router::Match match = router_.find(head);
  exchange.route = match.route;
  exchange.body->limit(match.route->options.maxBody.bytes);
  if (!match.route->scope) exchange.body->limitWaiting(waitingBodies_, mostHeld_);
  Reply reply = router_.handle(match, head, *exchange.body, exchange.requestId, exchange.actor);
  if (std::holds_alternative<StreamBody>(reply.body)) exchange.takeStream(streams_, mostHeld_);
  return reply;
}

// A proxy's connections are its own business, but whom it speaks for has no more of them than who
// comes by himself.
void Session::admit(Exchange& exchange) const {
  Connection& connection = exchange.connection;
  if (!settings_.trustedProxies.contain(connection.peer))
    std::erase_if(exchange.head->fields,
                  [](const auto& field) { return field.first == kProxyWord; });
  exchange.client = clientOf(connection.peer, connection.tls != nullptr, *exchange.head,
                             settings_.trustedProxies);
  if (!exchange.client.proxied) return;
  auto place = clients_.take(exchange.client.address);
  if (!place)
    throw Error(ErrorKind::tooMany, "too many requests of this client are worked on",
                "Wait for their answers.", "too_many_connections");
  connection.proxied = *std::move(place);
}

void Session::send(Exchange& exchange, Reply reply) const {
  Connection& connection = exchange.connection;
  // After 411 a body may follow whose end nobody knows.
  const bool whole = exchange.body && exchange.body->finish() && reply.status != 411;
  const bool streamed = std::holds_alternative<StreamBody>(reply.body);
  const bool chunked = streamed && exchange.head && exchange.head->minorVersion >= 1;
  const bool keepAlive = whole && exchange.head->keepAlive && !stopping_ && (!streamed || chunked);
  connection.closeAfterOut = !keepAlive;
  connection.inputUnread = !whole;
  exchange.status = reply.status;
  addSecurityHeaders(reply, exchange.client.https);
  reply.set("X-Request-Id", exchange.requestId);
  connection.out += headOf(reply, keepAlive, chunked);
  if (hasNoBody(reply.status) || exchange.is(Method::head)) return;
  exchange.bytes = sizeOf(reply);
  if (auto* text = std::get_if<std::string>(&reply.body)) {
    connection.out += *text;
  } else if (auto* file = std::get_if<FileBody>(&reply.body)) {
    connection.file = std::move(*file);
  } else {
    sendStream(exchange, std::get<StreamBody>(reply.body));
  }
}

void Session::sendStream(Exchange& exchange, const StreamBody& body) const {
  Connection& connection = exchange.connection;
  const bool chunked = exchange.head->minorVersion >= 1;
  Writer writer(connection, chunked, settings_.transferTimeout, stopping_);
  try {
    sendAll(connection, settings_.transferTimeout);
    body(writer);
    if (chunked) connection.out = "0\r\n\r\n";
  } catch (const std::exception& error) {
    // The head is gone already: without the last chunk the caller knows that something is missing.
    exchange.failure = error.what();
    connection.out.clear();
    connection.outSent = 0;
    connection.closeAfterOut = true;
  }
}

void Session::log(const Exchange& exchange) const {
  const auto took = std::chrono::steady_clock::now() - exchange.began;
  nlohmann::json line = {{"at", toIso(SystemClock().now())},
                         {"event", "request"},
                         {"listener", listener_},
                         {"method", exchange.head ? std::string(name(exchange.head->method)) : "-"},
                         // The pattern, never the path: paths and queries hold tokens.
                         {"route", exchange.route ? exchange.route->path : "-"},
                         {"status", exchange.status},
                         {"bytes", exchange.bytes},
                         {"ms", std::chrono::duration<double, std::milli>(took).count()},
                         {"client", exchange.client.address.truncated()},
                         {"request_id", exchange.requestId}};
  if (!exchange.actor.id.empty()) line["actor"] = exchange.actor.kind + ':' + exchange.actor.id;
  if (!exchange.code.empty()) line["code"] = exchange.code;
  if (!exchange.failure.empty()) line["failure"] = exchange.failure;
  sinks_.log(line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  if (sinks_.observe)
    sinks_.observe({listener_, exchange.route ? std::string_view(exchange.route->path) : "-",
                    exchange.status, exchange.bytes, took, exchange.streams != nullptr});
}

}  // namespace clipcourier::http
