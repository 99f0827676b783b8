#pragma once

#include <vector>

#include "alerts/alert_service.h"
#include "http/route.h"

namespace clipcourier::http {

// /api/v1/alerts: what operations must know.
class AlertEndpoints {
 public:
  explicit AlertEndpoints(alerts::AlertService& alerts) : alerts_(alerts) {}

  std::vector<Route> routes();

 private:
  Reply list(Request& request) const;
  Reply acknowledge(Request& request);

  alerts::AlertService& alerts_;
};

}  // namespace clipcourier::http
