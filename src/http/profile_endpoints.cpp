#include "http/profile_endpoints.h"

#include <nlohmann/json.hpp>

#include "videos/profile_view.h"

namespace clipcourier::http {

std::vector<Route> profileRoutes(const videos::Profiles& profiles) {
  return {{Method::get, "/api/v1/profiles", Scope::videosRead, [&profiles](Request&) {
             nlohmann::json items = nlohmann::json::array();
             for (const videos::ProfileView& view : viewsOf(profiles))
               items.push_back({{"name", view.name},
                                {"purpose", view.purpose},
                                {"format", view.format},
                                {"for_uploads", view.forUploads},
                                {"max_bytes", view.limit.bytes},
                                {"max_seconds", view.maxSeconds},
                                {"max_long_side", view.maxLongSide},
                                {"max_fps", view.maxFps},
                                {"what", view.what},
                                {"limits", view.limits}});
             return ok({{"items", items}});
           }}};
}

}  // namespace clipcourier::http
