#include "http/edit_endpoints.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "http/video_json.h"
#include "videos/video_repository.h"
#include "videos/video_view.h"

namespace clipcourier::http {
namespace {

std::string captionFormat(const Request& request) {
  const std::string type = request.contentType();
  if (type == "text/vtt") return "webvtt";
  if (type == "application/x-subrip" || type == "text/srt") return "srt";
  throw Error(ErrorKind::unsupported, "captions of this type cannot be taken",
              "Send text/vtt (WebVTT) or application/x-subrip (SRT).", "captions.type");
}

}  // namespace

std::vector<Route> EditEndpoints::routes() {
  const auto to = [this](Reply (EditEndpoints::*handler)(Request&)) {
    return [this, handler](Request& request) { return (this->*handler)(request); };
  };
  const std::string one = "/api/v1/videos/{id}/";
  const RouteOptions edited{.ifMatch = IfMatch::required};
  RouteOptions text = edited, image = edited;
  text.takes = image.takes = Takes::body;
  text.maxBody = videos::kMaxCaptions;
  image.maxBody = videos::kMaxLogo;
  return {
      {Method::get, one + "edits", Scope::videosRead, to(&EditEndpoints::get)},
      {Method::put, one + "edits", Scope::videosWrite, to(&EditEndpoints::put), edited},
      {Method::put, one + "captions", Scope::videosWrite, to(&EditEndpoints::putCaptions), text},
      {Method::del, one + "captions", Scope::videosWrite, to(&EditEndpoints::removeCaptions),
       edited},
      {Method::put, one + "logo", Scope::videosWrite, to(&EditEndpoints::putLogo), image},
      {Method::del, one + "logo", Scope::videosWrite, to(&EditEndpoints::removeLogo), edited},
  };
}

Reply EditEndpoints::get(Request& request) { return show(request.id<VideoId>(), 200); }

Reply EditEndpoints::put(Request& request) {
  const std::int64_t version = request.requireIfMatch();
  edits_.setEdits(request.id<VideoId>(), version, request.json(), request.actor());
  return show(request.id<VideoId>(), 202);
}

Reply EditEndpoints::putCaptions(Request& request) {
  const std::int64_t version = request.requireIfMatch();
  edits_.setCaptions(request.id<VideoId>(), version, captionFormat(request), request.body(),
                     request.actor());
  return show(request.id<VideoId>(), 202);
}

Reply EditEndpoints::removeCaptions(Request& request) {
  edits_.removeCaptions(request.id<VideoId>(), request.requireIfMatch(), request.actor());
  return show(request.id<VideoId>(), 202);
}

Reply EditEndpoints::putLogo(Request& request) {
  const std::int64_t version = request.requireIfMatch();
  edits_.setLogo(request.id<VideoId>(), version, request.body(), request.actor());
  return show(request.id<VideoId>(), 202);
}

Reply EditEndpoints::removeLogo(Request& request) {
  edits_.removeLogo(request.id<VideoId>(), request.requireIfMatch(), request.actor());
  return show(request.id<VideoId>(), 202);
}

Reply EditEndpoints::show(VideoId id, int status) {
  const auto view = database_.read([&](db::Connection& connection) {
    return viewOf(connection, videos::VideoRepository(connection).get(id));
  });
  return ok(editsJson(view), status)
      .with("ETag", "\"" + std::to_string(view.video.editVersion) + "\"");
}

}  // namespace clipcourier::http
