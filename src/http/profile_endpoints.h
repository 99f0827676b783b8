#pragma once

#include <vector>

#include "http/route.h"
#include "videos/profiles.h"

namespace clipcourier::http {

// /api/v1/profiles: what clips there can be of a video, with their limits in words. The route
// borrows the profiles.
std::vector<Route> profileRoutes(const videos::Profiles& profiles);

}  // namespace clipcourier::http
