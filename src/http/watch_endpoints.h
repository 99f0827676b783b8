#pragma once

#include <string>
#include <vector>

#include "http/route.h"
#include "media/media_store.h"
#include "tracking/watch_page.h"

namespace clipcourier::http {

struct WatchSettings {
  std::string publicUrl = "http://localhost";  // where phones reach us, without a slash at the end
  std::string imprintUrl;                      // the link is left out when empty
  std::string privacyUrl;
  std::string accelPrefix{};  // where an nginx in front has the stored files; empty: we send them
};

// The page a customer opens from the message: /w/{token}, with its clip and poster below it.
//
// The page needs no JavaScript, sets no cookie and loads nothing from elsewhere. "Opened" comes
// from a small script when the page becomes visible, never from the GET: messengers fetch each link
// to draw a preview. Events of known crawlers and of prefetching browsers are ignored.
class WatchEndpoints {
 public:
  // Borrows its arguments; they must outlive it and its routes.
  WatchEndpoints(tracking::WatchPages& pages, const media::MediaStore& media,
                 WatchSettings settings);

  std::vector<Route> routes();

 private:
  Reply page(Request& request) const;
  Reply clip(Request& request) const;
  Reply stream(Request& request) const;
  Reply poster(Request& request) const;
  Reply badge(Request& request) const;
  Reply event(Request& request);
  Reply file(const Request& request, const tracking::WatchMedia& media) const;
  bool isSentByProxy(const Request& request) const;
  tracking::WatchPage pageOf(const Request& request) const;  // Error(notFound), Error(gone)

  tracking::WatchPages& pages_;
  const media::MediaStore& media_;
  const WatchSettings settings_;
};

// Whether it asks on behalf of a person who looks now: no crawler, no preview, no prefetch.
bool isPerson(const Request& request);

}  // namespace clipcourier::http
