#include "http/video_endpoints.h"

#include <nlohmann/json.hpp>

#include "base/crypto.h"
#include "base/error.h"
#include "http/file_reply.h"
#include "http/json_fields.h"
#include "http/language.h"
#include "http/multipart.h"
#include "http/report_json.h"
#include "http/video_json.h"
#include "videos/clip_repository.h"
#include "videos/video_repository.h"
#include "videos/video_view.h"

namespace clipcourier::http {
namespace {

constexpr std::uint64_t kFormOverhead = 64 << 10;  // boundaries, part headers and the title
const std::string kVideos = "/api/v1/videos";

[[noreturn]] void badForm(const std::string& what) {
  throw Error(ErrorKind::invalidInput, what,
              "Send multipart/form-data with one part \"file\" and, if you like, one \"title\".",
              "upload.bad_form");
}

// The file is only a temp file until the form has ended: a request that is cut off, or says
// something we do not take, leaves nothing.
struct UploadForm {
  videos::UploadInfo info;
  std::optional<media::Incoming> file;

  void take(MultipartReader::Part& part, videos::IngestService& ingest) {
    if (part.name == "file" && !file) {
      info.filename = part.fileName;
      file.emplace(ingest.receive(part));
    } else if (part.name == "title" && info.title.empty()) {
      info.title = part.text();
    } else {
      badForm("the form has a part that is not expected, or one twice");
    }
  }
};

std::string contentType(const videos::Clip& clip) {
  return clip.format == "mp4" ? "video/mp4" : "image/" + clip.format;
}

}  // namespace

std::vector<Route> VideoEndpoints::routes() {
  const auto to = [this](Reply (VideoEndpoints::*handler)(Request&)) {
    return [this, handler](Request& request) { return (this->*handler)(request); };
  };
  const std::string one = kVideos + "/{id}";
  const RouteOptions form{
      .takes = Takes::body, .maxBody = {ingest_.limit().bytes + kFormOverhead}, .once = true};
  const RouteOptions paged{.query = {"limit", "cursor"}};
  const RouteOptions edited{.ifMatch = IfMatch::required};
  return {
      {Method::post, kVideos, Scope::videosWrite, to(&VideoEndpoints::upload), form},
      {Method::get, kVideos, Scope::videosRead, to(&VideoEndpoints::list), paged},
      {Method::get, one, Scope::videosRead, to(&VideoEndpoints::get)},
      {Method::patch, one, Scope::videosWrite, to(&VideoEndpoints::edit), edited},
      {Method::del, one, Scope::videosWrite, to(&VideoEndpoints::remove)},
      {Method::post,
       one + "/retry",
       Scope::videosWrite,
       to(&VideoEndpoints::retry),
       {.takes = Takes::nothing, .once = true}},
      {Method::post,
       one + "/clips",
       Scope::videosWrite,
       to(&VideoEndpoints::requestClip),
       {.once = true}},
      {Method::get, one + "/clips/{profile}/content", Scope::videosRead,
       to(&VideoEndpoints::content)},
      {Method::get, one + "/clips/{profile}/report", Scope::videosRead,
       to(&VideoEndpoints::report)},
  };
}

Reply VideoEndpoints::upload(Request& request) {
  MultipartReader form(request);
  UploadForm upload;
  while (auto* part = form.next()) upload.take(*part, ingest_);
  if (!upload.file) badForm("the form has no part \"file\"");
  request.setBodyHash(crypto::hex(crypto::sha256(upload.file->sha256 + '\n' + upload.info.filename +
                                                 '\n' + upload.info.title)));
  const videos::Video video = ingest_.accept(upload.info, std::move(*upload.file), request.actor());
  return show(video.id, 201).with("Location", kVideos + "/" + std::to_string(video.id.value));
}

Reply VideoEndpoints::list(Request& request) {
  const PageRequest page = request.page();
  nlohmann::json items = nlohmann::json::array();
  std::optional<std::string> next;
  database_.read([&](db::Connection& connection) {
    auto found = videos::VideoRepository(connection).list(VideoId{page.afterId()}, page.limit + 1);
    if (found.size() > static_cast<std::size_t>(page.limit)) {
      found.pop_back();
      next = std::to_string(found.back().id.value);
    }
    for (const videos::VideoView& view : viewsOf(connection, std::move(found)))
      items.push_back(toJson(view, VideoDetail::summary));
  });
  return pageReply(std::move(items), next);
}

Reply VideoEndpoints::get(Request& request) { return show(request.id<VideoId>(), 200); }

Reply VideoEndpoints::edit(Request& request) {
  const std::int64_t version = request.requireIfMatch();
  JsonFields fields(request.json());
  const std::string title = fields.text("title", 1'000);
  fields.check();
  service_.retitle(request.id<VideoId>(), version, title, request.actor());
  return show(request.id<VideoId>(), 200);
}

Reply VideoEndpoints::remove(Request& request) {
  service_.remove(request.id<VideoId>(), request.actor());
  return noContent();
}

Reply VideoEndpoints::retry(Request& request) {
  service_.convertAgain(request.id<VideoId>(), request.actor());
  return show(request.id<VideoId>(), 202);
}

Reply VideoEndpoints::show(VideoId id, int status) {
  const auto view = database_.read([&](db::Connection& connection) {
    return viewOf(connection, videos::VideoRepository(connection).get(id));
  });
  return ok(toJson(view, VideoDetail::full), status)
      .with("ETag", "\"" + std::to_string(view.video.version) + "\"");
}

Reply VideoEndpoints::requestClip(Request& request) {
  JsonFields fields(request.json());
  const std::string profile = fields.text("profile", 100);
  fields.check();
  service_.requestClip(request.id<VideoId>(), profile, request.actor());
  return show(request.id<VideoId>(), 202);
}

Reply VideoEndpoints::content(Request& request) {
  const videos::Clip clip = clipOf(request);
  media::OpenFile stored = store_.open(clip.sha256);
  // The address outlives the clip that is current, so a cache must ask each time.
  return fileReply(request, {std::move(stored.fd), stored.size.bytes, contentType(clip),
                             clip.sha256, "private, no-cache"});
}

Reply VideoEndpoints::report(Request& request) {
  const std::string language = acceptedLanguage(request).value_or("en");
  return ok(readableReport(clipOf(request), language))
      .with("Content-Language", language)
      .with("Vary", "Accept-Language");
}

videos::Clip VideoEndpoints::clipOf(const Request& request) {
  auto clip = database_.read([&](db::Connection& connection) {
    const auto video = videos::VideoRepository(connection).get(request.id<VideoId>());
    return videos::ClipRepository(connection).playable(video.id, request.pathText("profile"));
  });
  if (clip) return std::move(*clip);
  throw Error(ErrorKind::notFound, "this video has no ready clip of that profile",
              "Look at the video: it names its clips and how far they are.", "clip.not_found");
}

}  // namespace clipcourier::http
