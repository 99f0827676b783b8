#pragma once

#include <vector>

#include "http/route.h"
#include "tracking/link_service.h"

namespace clipcourier::http {

// Links that can be taken back: .../revocation below a message, a campaign and a clip, and what the
// watch pages of a campaign show: /api/v1/campaigns/{id}/pages.
class LinkEndpoints {
 public:
  // Borrows it; it must outlive the routes.
  explicit LinkEndpoints(tracking::LinkService& links) : links_(links) {}

  std::vector<Route> routes();

 private:
  Reply revoke(Request& request, tracking::LinkScope scope);
  Reply revocation(Request& request, tracking::LinkScope scope) const;
  Reply restore(Request& request, tracking::LinkScope scope);
  Reply pages(Request& request) const;
  Reply page(Request& request) const;
  Reply change(Request& request);

  tracking::LinkService& links_;
};

}  // namespace clipcourier::http
