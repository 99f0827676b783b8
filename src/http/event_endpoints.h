#pragma once

#include <vector>

#include "events/event_feed.h"
#include "http/route.h"

namespace clipcourier::http {

struct EventStreamSettings {
  Millis poll{1'000};  // how often to look for events of other nodes
  Millis heartbeat{
      15'000};              // a sign of life when nothing happens, so that a dead caller is noticed
  Millis longest{600'000};  // then the caller comes again, and his token is looked at again
};

// GET /api/v1/events: what changes, as server-sent events. Borrows its argument, and its routes
// borrow it; thread-safe.
class EventEndpoints {
 public:
  explicit EventEndpoints(events::EventFeed& feed, EventStreamSettings settings = {})
      : feed_(feed), settings_(settings) {}

  std::vector<Route> routes();

 private:
  Reply follow(Request& request);
  void run(StreamWriter& out, std::int64_t position, const users::Scopes& scopes);

  events::EventFeed& feed_;
  const EventStreamSettings settings_;
};

}  // namespace clipcourier::http
