#include "http/picture_endpoints.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/crypto.h"
#include "base/error.h"
#include "http/file_reply.h"
#include "http/json_fields.h"
#include "http/video_json.h"
#include "videos/video_repository.h"

namespace clipcourier::http {
namespace {

constexpr std::int64_t kLongestMs = 24LL * 3'600'000;

std::string contentTypeOf(const std::string& file) {
  return file.ends_with(".webp") ? "image/webp" : "image/jpeg";
}

[[noreturn]] void noSuchPicture() {
  throw Error(ErrorKind::notFound, "this video has no such picture",
              "List its pictures to see which there are; some are made a little later.",
              "picture.not_found");
}

}  // namespace

std::vector<Route> PictureEndpoints::routes() {
  const auto to = [this](Reply (PictureEndpoints::*handler)(Request&)) {
    return [this, handler](Request& request) { return (this->*handler)(request); };
  };
  const std::string one = "/api/v1/videos/{id}/";
  const RouteOptions chosen{.ifMatch = IfMatch::required};
  const RouteOptions image{
      .takes = Takes::body, .maxBody = videos::kMaxPosterImage, .ifMatch = IfMatch::required};
  return {
      {Method::get, one + "pictures", Scope::videosRead, to(&PictureEndpoints::list)},
      {Method::get, one + "pictures/{name}", Scope::videosRead, to(&PictureEndpoints::file)},
      {Method::put, one + "poster", Scope::videosWrite, to(&PictureEndpoints::choose), chosen},
      {Method::del, one + "poster", Scope::videosWrite, to(&PictureEndpoints::reset), chosen},
      {Method::put, one + "poster/image", Scope::videosWrite, to(&PictureEndpoints::upload), image},
  };
}

Reply PictureEndpoints::list(Request& request) { return show(request.id<VideoId>(), 200); }

// The addresses outlive the pictures, so a cache must ask each time.
Reply PictureEndpoints::file(Request& request) {
  constexpr auto kCache = "private, no-cache";
  const auto seen = view(request.id<VideoId>());
  const std::string& name = request.pathText("name");
  const bool track = name == "storyboard.vtt";
  const auto found = std::ranges::find_if(seen.pictures, [&](const videos::VideoPicture& picture) {
    return fileName(picture) == (track ? "storyboard.jpg" : name);
  });
  if (found == seen.pictures.end()) noSuchPicture();
  if (track)
    return bytes(found->vtt, "text/vtt; charset=utf-8")
        .with("ETag", '"' + crypto::hex(crypto::sha256(found->vtt)) + '"')
        .with("Cache-Control", kCache);
  media::OpenFile stored = store_.open(found->file.sha256);
  return fileReply(request, {std::move(stored.fd), stored.size.bytes, contentTypeOf(name),
                             found->file.sha256, kCache});
}

Reply PictureEndpoints::choose(Request& request) {
  const std::int64_t revision = request.requireIfMatch();
  JsonFields fields(request.json());
  const auto candidate = fields.optionalNumber("candidate", 0, 1'000);
  const auto time = fields.optionalNumber("time_ms", 0, kLongestMs);
  if (candidate.has_value() == time.has_value())
    fields.mistake(candidate ? "time_ms" : "candidate", "Give either a candidate or a time_ms.");
  fields.check();
  const VideoId id = request.id<VideoId>();
  if (candidate)
    edits_.chooseCandidate(id, revision, static_cast<int>(*candidate), request.actor());
  else
    edits_.choosePoster(id, revision, {videos::PosterWish::Kind::time, *time, {}}, request.actor());
  return show(id, 202);
}

Reply PictureEndpoints::upload(Request& request) {
  const std::int64_t revision = request.requireIfMatch();
  edits_.uploadPoster(request.id<VideoId>(), revision, request.body(), request.actor());
  return show(request.id<VideoId>(), 202);
}

Reply PictureEndpoints::reset(Request& request) {
  edits_.choosePoster(request.id<VideoId>(), request.requireIfMatch(), {}, request.actor());
  return show(request.id<VideoId>(), 202);
}

videos::VideoView PictureEndpoints::view(VideoId id) {
  return database_.read([&](db::Connection& connection) {
    return viewOf(connection, videos::VideoRepository(connection).get(id));
  });
}

Reply PictureEndpoints::show(VideoId id, int status) {
  const videos::VideoView seen = view(id);
  return ok(picturesJson(seen), status)
      .with("ETag", "\"" + std::to_string(seen.video.pictureRevision) + "\"");
}

}  // namespace clipcourier::http
