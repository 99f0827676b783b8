#include "http/profile_endpoints.h"

#include <nlohmann/json.hpp>

#include "videos/profile_view.h"

namespace clipcourier::http {

namespace {

nlohmann::json profileJson(const videos::ProfileView& view) {
  return {{"name", view.name},
          {"purpose", view.purpose},
          {"format", view.format},
          {"for_uploads", view.forUploads},
          {"max_bytes", view.limit.bytes},
          {"max_seconds", view.maxSeconds},
          {"max_long_side", view.maxLongSide},
          {"max_fps", view.maxFps},
          {"what", view.what},
          {"limits", view.limits}};
}

Reply listOf(const videos::Profiles& profiles, const Request& request) {
  std::map<std::string, nlohmann::json> inOrder;
  for (const videos::ProfileView& view : viewsOf(profiles))
    inOrder[std::to_string(1'000 + inOrder.size())] = profileJson(view);
  return pageOfAll(inOrder, request.page());
}

}  // namespace

std::vector<Route> profileRoutes(const videos::Profiles& profiles) {
  return {{Method::get,
           "/api/v1/profiles",
           Scope::videosRead,
           [&profiles](Request& request) { return listOf(profiles, request); },
           {.query = {"limit", "cursor"}}}};
}

}  // namespace clipcourier::http
