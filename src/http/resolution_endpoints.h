#pragma once

#include <vector>

#include "http/route.h"
#include "messages/resolution.h"

namespace clipcourier::http {

// /api/v1/resolutions: what operators decide about messages whose answer was lost.
class ResolutionEndpoints {
 public:
  // Borrows its arguments; they must outlive its routes.
  ResolutionEndpoints(messages::ResolutionService& resolutions, const Clock& clock)
      : resolutions_(resolutions), clock_(clock) {}

  std::vector<Route> routes();

 private:
  Reply begin(Request& request);
  Reply list(Request& request) const;
  Reply get(Request& request) const;

  messages::ResolutionService& resolutions_;
  const Clock& clock_;
};

}  // namespace clipcourier::http
