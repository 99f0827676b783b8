#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/route.h"
#include "settings.h"

namespace clipcourier {

// The composition root: builds every object once, connects them, starts and stops them in order.
class Service {
 public:
  // Takes the lock of the database, brings the schema up to date (or refuses it), and opens all
  // stores. Throws Error saying what to do; then nothing has begun.
  // `alive` is called again and again, about `aliveEvery` apart, as long as the service does its
  // work: its chores come round and the database takes writes.
  explicit Service(Settings settings, std::optional<Millis> aliveEvery = {},
                   std::function<void()> alive = {});
  ~Service();  // stops

  // Works on jobs, sends, and answers requests from here on. Throws Error(unavailable) naming an
  // address that is taken.
  void start();
  // No new claims; requests in flight finish, or their messages become `unknown`. Takes less than
  // ten seconds. May be called twice.
  void stop();

  // Takes the certificates of its listeners anew. What cannot be used is logged and not taken.
  void reloadCertificates();

  struct Listener {
    std::string name, url;
  };
  std::vector<Listener> listeners() const;  // after start(), with their real ports
  std::vector<http::Route> routes() const;  // all that is answered, for the API's description

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace clipcourier
