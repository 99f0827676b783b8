#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "http/address.h"
#include "http/head.h"

namespace clipcourier::http {

// Who sent a request, as far as we can believe it.
struct Client {
  Address address;
  bool https = false;    // on the way from the client; what is behind a proxy does not count
  bool proxied = false;  // a proxy we trust speaks for it
};

// X-Forwarded-For and X-Forwarded-Proto are believed only from trusted proxies. The addresses are
// read from the right, where the nearest proxy wrote: the first that is no trusted proxy is the
// client. What stands left of that, and what is no address, was written by whoever liked to.
Client clientOf(const Address& peer, bool tls, const Head& head, const Networks& trusted);

// How much each client holds at the same time. Thread-safe; tickets must not outlive it.
class ClientCounts {
 public:
  explicit ClientCounts(int most) : most_(most) {}  // 0: as many as they like

  // Counts as one until it is dropped or overwritten.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(Ticket&& other) noexcept;
    Ticket& operator=(Ticket&& other) noexcept;
    ~Ticket() { drop(); }
    void drop();

   private:
    friend class ClientCounts;
    Ticket(ClientCounts* counts, Address client) : counts_(counts), client_(client) {}
    ClientCounts* counts_ = nullptr;
    Address client_;
  };
  std::optional<Ticket> take(const Address& address);  // none: it has all that it may have

 private:
  void release(const Address& client);

  const int most_;
  std::mutex mutex_;
  std::map<Address, int> counts_;  // by subscriber; only those that hold something
};

}  // namespace clipcourier::http
