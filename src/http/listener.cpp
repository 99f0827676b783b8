#include "http/listener.h"

#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/SocketImpl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/thread_name.h"
#include "http/response_head.h"

namespace clipcourier::http {
namespace {

constexpr std::chrono::milliseconds kTick{200};
constexpr std::chrono::seconds kGoodbye{3};
constexpr std::uint64_t kMaxDiscarded = 4 << 20;
constexpr int kNormalPart = 5;  // a head that takes more than this part of its time may make room

SteadyTime now() { return std::chrono::steady_clock::now(); }

void watch(int epoll, int operation, int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  ::epoll_ctl(epoll, operation, fd, &event);
}

std::uint32_t eventsOf(const Connection& c) {
  if (c.tls && (c.wait == Wait::handshake || c.wait == Wait::room))
    return c.tls->waitsFor() == POLLOUT ? EPOLLOUT : EPOLLIN;
  return c.wait == Wait::room ? EPOLLOUT : EPOLLIN;
}

std::string refusal(int status, const std::string& title, const std::string& code) {
  const std::string body = R"({"type":"urn:clipcourier:error:)" + code + R"(","title":")" + title +
                           R"(","status":)" + std::to_string(status) + R"(,"code":")" + code +
                           R"(","detail":"Try again in some seconds."})";
  Reply reply = bytes(body, "application/problem+json", status).with("Retry-After", "5");
  addSecurityHeaders(reply, false);
  return headOf(reply, false, false) + body;
}

// Without looking at what was sent; `busy`: all have too many connections, else this client has.
void refuse(int fd, bool busy) {
  const std::string answer =
      busy ? refusal(503, "too many connections", "busy")
           : refusal(429, "too many connections from this address", "too_many_connections");
  ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace

Listener::Listener(std::string name, ListenerSettings settings, Router router,
                   const RequestSinks& sinks)
    : name_(std::move(name)),
      settings_(std::move(settings)),
      log_(sinks.log),
      router_(std::move(router)),
      clients_(settings_.maxPerAddress),
      session_(name_, router_, settings_, clients_, sinks, stopping_) {}

Listener::~Listener() { stop(Millis(0)); }

void Listener::start() {
  if (settings_.tls.given()) certificates_.emplace(settings_.tls);
  const std::string address = settings_.address + ':' + std::to_string(settings_.port);
  try {
    server_ = Poco::Net::ServerSocket();
    // Without SO_REUSEPORT: a second service on the same port must fail, not share it.
    server_.bind(
        Poco::Net::SocketAddress(settings_.address, static_cast<Poco::UInt16>(settings_.port)),
        true, false);
    server_.listen(1024);
    server_.setBlocking(false);
  } catch (const Poco::Exception& error) {
    throw Error(ErrorKind::unavailable, "cannot listen on " + address + ": " + error.displayText(),
                "Is another service running there? Change http." + name_ + "_port, or stop it.",
                "http.cannot_listen");
  }
  epoll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  wake_ = UniqueFd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!epoll_ || !wake_) throw Error(ErrorKind::unavailable, "no descriptors left to listen with");
  watch(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), EPOLLIN);
  watch(epoll_.get(), EPOLL_CTL_ADD, server_.impl()->sockfd(), EPOLLIN);
  accepting_ = true;
  waiter_ = std::thread([this] { waitLoop(); });
  for (int i = 0; i < settings_.threads; ++i) workers_.emplace_back([this] { work(); });
}

void Listener::stop(Millis bound) {
  if (!waiter_.joinable()) return;
  stopBound_ = bound;
  stopping_ = true;
  wake();
  waiter_.join();
  {
    const std::lock_guard lock(mutex_);
    quit_ = true;
    for (int fd : active_) ::shutdown(fd, SHUT_RDWR);  // ends what its worker waits for
  }
  hasWork_.notify_all();
  for (std::thread& worker : workers_) worker.join();
  workers_.clear();
  ready_.clear();
  returned_.clear();
}

void Listener::reloadCertificate(bool always) {
  if (!certificates_) return;
  const TimePoint at = SystemClock().now();
  const auto reloaded = certificates_->reload(always, at);
  using Reload = TlsCertificates::Reload;
  if (reloaded.what == Reload::unchanged) return;
  nlohmann::json line = {{"at", toIso(at)}, {"listener", name_}};
  const bool renewed = reloaded.what == Reload::renewed;
  line["event"] = renewed ? "tls.renewed" : "tls.kept_old";
  if (renewed) line["expires"] = toIso(reloaded.facts.until);
  if (!renewed) line["why"] = reloaded.why;
  log_(line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

int Listener::port() const { return server_.address().port(); }

void Listener::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
}

// ---- the waiting thread ----

void Listener::waitLoop() {
  nameThread(name_ + "-wait");
  epoll_event events[128];
  SteadyTime nextTick = now() + kTick;
  std::optional<SteadyTime> cutAt;
  for (;;) {
    const int count = ::epoll_wait(epoll_.get(), events, 128, static_cast<int>(kTick.count()));
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == wake_.get()) {
        std::uint64_t ignored = 0;
        [[maybe_unused]] const auto got = ::read(fd, &ignored, sizeof ignored);
      } else if (fd == server_.impl()->sockfd()) {
        if (!stopping_) acceptAll();
      } else {
        onReady(fd);
      }
    }
    takeBack();
    if (now() >= nextTick) {
      expire();
      nextTick = now() + kTick;
    }
    if (!stopping_) continue;
    if (!cutAt) cutAt = now() + stopBound_;
    if (drained(*cutAt)) return;
  }
}

void Listener::acceptAll() {
  for (;;) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    UniqueFd fd(::accept4(server_.impl()->sockfd(), reinterpret_cast<sockaddr*>(&from), &size,
                          SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EMFILE || errno == ENFILE) {
        // Nobody can be accepted now; look again with the next tick instead of spinning.
        makeRoom();
        watch(epoll_.get(), EPOLL_CTL_DEL, server_.impl()->sockfd(), 0);
        accepting_ = false;
      }
      return;
    }
    const Address peer = Address::of(from);
    auto place = placeFor(peer);
    if (!place || (count_ >= settings_.maxConnections && !makeRoom())) {
      if (!certificates_) refuse(fd.get(), place.has_value());  // by TLS it would cost too much
      continue;
    }
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto connection = std::make_unique<Connection>();
    connection->fd = std::move(fd);
    connection->peer = peer;
    connection->place = *std::move(place);
    if (certificates_) {
      connection->tls = certificates_->accept(connection->fd.get());
      if (!connection->tls) continue;
      connection->wait = Wait::handshake;
      connection->deadline = now() + settings_.headTimeout;  // for all its steps
    }
    ++count_;
    park(std::move(connection));
  }
}

// Who has all its connections loses an idle one rather than the new one.
std::optional<ClientCounts::Ticket> Listener::placeFor(const Address& peer) {
  if (settings_.trustedProxies.contain(peer)) return ClientCounts::Ticket();
  auto place = clients_.take(peer);
  if (!place && makeRoom(&peer)) place = clients_.take(peer);
  return place;
}

// Closes the connection (of one client, when it is given) that has been idle for longest between
// two requests, else the one whose head has been on its way for longest, if that is not normal any
// more.
bool Listener::makeRoom(const Address* of) {
  takeBack();
  const Connection *idle = nullptr, *slow = nullptr;
  const SteadyTime normal = now() + settings_.headTimeout - settings_.headTimeout / kNormalPart;
  const auto older = [](const Connection& a, const Connection* b) {
    return !b || a.deadline < b->deadline;
  };
  for (const auto& [fd, connection] : parked_) {
    const Connection& c = *connection;
    const bool begins = c.wait == Wait::handshake || !c.in.empty();
    if (c.wait != Wait::handshake && (c.wait != Wait::request || c.needed > 0)) continue;
    if (of && c.peer.subscriber() != of->subscriber()) continue;
    if (!begins && older(c, idle)) idle = &c;
    if (begins && c.deadline < normal && older(c, slow)) slow = &c;
  }
  const Connection* leaves = idle ? idle : slow;
  if (!leaves) return false;
  unpark(leaves->fd.get());
  return true;
}

void Listener::park(Owned connection) {
  const int fd = connection->fd.get();
  Connection& c = *connection;
  if (c.wait != Wait::handshake) {
    c.deadline = now() + (c.wait == Wait::room      ? settings_.transferTimeout
                          : c.wait == Wait::goodbye ? Millis(kGoodbye)
                          : c.in.empty()            ? settings_.idleTimeout
                                                    : settings_.headTimeout);
  }
  watch(epoll_.get(), EPOLL_CTL_ADD, fd, eventsOf(c));
  parked_.emplace(fd, std::move(connection));
}

void Listener::unpark(int fd) {
  const auto found = parked_.find(fd);
  if (found == parked_.end()) return;
  Owned connection = std::move(found->second);
  parked_.erase(found);
  drop(std::move(connection));
}

void Listener::onReady(int fd) {
  const auto found = parked_.find(fd);
  if (found == parked_.end()) return;
  Connection& connection = *found->second;
  switch (connection.wait) {
    case Wait::request: return receiveRequest(connection);
    case Wait::handshake:
    case Wait::room: return dispatch(fd);
    case Wait::goodbye: return discard(connection);
    case Wait::nothing: return unpark(fd);
  }
}

void Listener::receiveRequest(Connection& connection) {
  char buffer[16'384];
  const int fd = connection.fd.get();
  const auto count = receive(connection, buffer, sizeof buffer);  // holds a whole record of TLS
  if (!count) return;
  if (*count == 0 && connection.needed == 0) return unpark(fd);
  if (*count == 0) connection.inputEnded = true;
  if (connection.in.empty()) connection.deadline = now() + settings_.headTimeout;
  connection.in.append(buffer, *count);
  const bool headWasWhole = connection.needed > 0;
  if (session_.ready(connection)) return dispatch(fd);
  if (!headWasWhole && connection.needed > 0) {
    connection.deadline = now() + settings_.transferTimeout;  // for the body
  }
}

void Listener::discard(Connection& connection) {
  char buffer[65'536];
  // The bytes as they come, also of TLS: nobody wants to know what they say.
  const ssize_t count = ::recv(connection.fd.get(), buffer, sizeof buffer, MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
  connection.discarded += static_cast<std::uint64_t>(std::max<ssize_t>(count, 0));
  if (count <= 0 || connection.discarded > kMaxDiscarded) unpark(connection.fd.get());
}

void Listener::takeBack() {
  std::vector<Owned> returned;
  {
    const std::lock_guard lock(mutex_);
    returned.swap(returned_);
  }
  for (Owned& connection : returned) park(std::move(connection));
}

void Listener::expire() {
  if (!accepting_ && !stopping_) {
    watch(epoll_.get(), EPOLL_CTL_ADD, server_.impl()->sockfd(), EPOLLIN);
    accepting_ = true;
  }
  std::vector<int> late;
  for (const auto& [fd, connection] : parked_) {
    if (connection->deadline <= now()) late.push_back(fd);
  }
  for (int fd : late) {
    Connection& connection = *parked_.at(fd);
    if (connection.wait == Wait::request && !connection.in.empty()) {
      connection.tooSlow = true;  // gets its 408 from a worker
      dispatch(fd);
    } else {
      unpark(fd);
    }
  }
}

// Whether all is over. The first call takes no more connections and closes the idle ones.
bool Listener::drained(SteadyTime cutAt) {
  if (accepting_) {
    watch(epoll_.get(), EPOLL_CTL_DEL, server_.impl()->sockfd(), 0);
    ::shutdown(server_.impl()->sockfd(), SHUT_RDWR);  // who comes now is refused at once
    accepting_ = false;
  }
  std::vector<int> idle;
  for (const auto& [fd, connection] : parked_) {
    if (connection->wait != Wait::room || now() >= cutAt) idle.push_back(fd);
  }
  for (int fd : idle) unpark(fd);
  return count_ == 0 || now() >= cutAt;
}

// ---- workers ----

void Listener::dispatch(int fd) {
  const auto found = parked_.find(fd);
  watch(epoll_.get(), EPOLL_CTL_DEL, fd, 0);
  {
    const std::lock_guard lock(mutex_);
    ready_.push_back(std::move(found->second));
  }
  parked_.erase(found);
  hasWork_.notify_one();
}

void Listener::work() {
  nameThread(name_);
  std::unique_lock lock(mutex_);
  for (;;) {
    hasWork_.wait(lock, [this] { return quit_ || !ready_.empty(); });
    if (quit_) return;
    Owned connection = std::move(ready_.front());
    ready_.pop_front();
    const int fd = connection->fd.get();
    active_.insert(fd);
    lock.unlock();
    connection->wait = runOrClose(*connection);
    lock.lock();
    active_.erase(fd);
    if (connection->wait == Wait::nothing) {
      lock.unlock();
      drop(std::move(connection));
      lock.lock();
    } else {
      returned_.push_back(std::move(connection));
    }
    wake();
  }
}

// What nobody foresaw (no memory) costs this connection and not the service.
Wait Listener::runOrClose(Connection& connection) const {
  try {
    return session_.run(connection);
  } catch (const std::exception&) {
    return Wait::nothing;
  }
}

void Listener::drop(Owned connection) {
  connection.reset();
  --count_;
}

}  // namespace clipcourier::http
