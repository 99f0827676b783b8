#pragma once

#include <Poco/Net/ServerSocket.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "http/session.h"

namespace clipcourier::http {

// One listening address: a waiting thread that owns all idle connections, and workers that own
// those with something to do.
class Listener {
 public:
  Listener(std::string name, ListenerSettings settings, Router router, const RequestSinks& sinks);
  ~Listener();

  void start();
  void stop(Millis bound);
  int port() const;
  // Takes the certificate anew, when its files have changed or `always`, and logs what came of it.
  void reloadCertificate(bool always);

 private:
  using Owned = std::unique_ptr<Connection>;
  void waitLoop();
  void acceptAll();
  std::optional<ClientCounts::Ticket> placeFor(const Address& peer);
  bool makeRoom(const Address* of = nullptr);
  void park(Owned connection);
  void unpark(int fd);
  void onReady(int fd);
  void receiveRequest(Connection& connection);
  void discard(Connection& connection);
  void takeBack();
  void expire();
  bool drained(SteadyTime cutAt);

  void work();
  Wait runOrClose(Connection& connection) const;
  void dispatch(int fd);
  void drop(Owned connection);
  void wake();

  const std::string name_;
  const ListenerSettings settings_;
  const LogSink& log_;
  const Router router_;
  ClientCounts clients_;
  std::atomic<bool> stopping_{false};
  const Session session_;
  Millis stopBound_{0};

  Poco::Net::ServerSocket server_;
  std::optional<TlsCertificates> certificates_;  // none: plain
  UniqueFd epoll_, wake_;
  bool accepting_ = false;
  std::unordered_map<int, Owned> parked_;  // by the waiting thread only
  std::atomic<int> count_{0};              // all connections

  std::mutex mutex_;  // of what follows
  std::condition_variable hasWork_;
  std::deque<Owned> ready_;
  std::vector<Owned> returned_;
  std::set<int> active_;  // descriptors that workers use
  bool quit_ = false;

  std::thread waiter_;
  std::vector<std::thread> workers_;
};

}  // namespace clipcourier::http
