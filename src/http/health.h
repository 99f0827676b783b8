#pragma once

#include <functional>
#include <string>
#include <vector>

#include "http/route.h"

namespace clipcourier::http {

// One thing the service cannot work without. `check` throws an Error when it is not there; it is
// called by several threads and should take less than a second.
struct ReadyCheck {
  std::string name;  // "database", "media"
  std::function<void()> check;
};

// GET /healthz: the process answers. GET /readyz: 200 when every check passes, else 503; both name
// the checks and nothing about what is wrong with them, which is for the log.
std::vector<Route> healthRoutes(std::vector<ReadyCheck> checks);

}  // namespace clipcourier::http
