#include "http/watch_endpoints.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "http/file_reply.h"
#include "http/watch_html.h"
#include "media/folder_store.h"

namespace clipcourier::http {
namespace {

// Parts of user agents, in lower case, that fetch pages for previews, search or monitoring. A bare
// "bot" would take in phones whose makers have it in their name.
constexpr std::array<std::string_view, 21> kCrawlers = {"facebookexternalhit",
                                                        "facebot",
                                                        "meta-external",
                                                        "telegrambot",
                                                        "slackbot",
                                                        "slack-img",
                                                        "twitterbot",
                                                        "discordbot",
                                                        "linkedinbot",
                                                        "skypeuripreview",
                                                        "googlebot",
                                                        "bingbot",
                                                        "applebot",
                                                        "bingpreview",
                                                        "bot/",
                                                        "bot;",
                                                        "crawler",
                                                        "spider",
                                                        "curl/",
                                                        "wget/",
                                                        "python-"};

tracking::WatchEvent eventNamed(const std::string& name) {
  if (const auto event = tracking::watchEvent(name)) return *event;
  throw Error(ErrorKind::invalidInput, "there is no such event",
              "Send opened, played, watched_25, watched_50, watched_75 or completed.",
              "watch.unknown_event");
}

[[noreturn]] void noSuchPage() {
  throw Error(ErrorKind::notFound, "there is no such page", "Open the link from the message again.",
              "watch.not_found");
}

}  // namespace

bool isPerson(const Request& request) {
  for (const char* name : {"purpose", "sec-purpose", "x-purpose", "x-moz"}) {
    const std::string value = text::lower(request.header(name).value_or(""));
    if (value.find("prefetch") != std::string::npos || value.find("preview") != std::string::npos) {
      return false;
    }
  }
  const std::string agent = text::lower(request.header("user-agent").value_or(""));
  // A page of another site that sends beacons here is no visitor of ours. Origin says nothing: our
  // pages send no referrer, which makes it "null".
  const std::string site = text::lower(request.header("sec-fetch-site").value_or("same-origin"));
  if (agent.empty() || agent.starts_with("whatsapp/") || site != "same-origin") return false;
  return std::none_of(kCrawlers.begin(), kCrawlers.end(), [&](std::string_view crawler) {
    return agent.find(crawler) != std::string::npos;
  });
}

WatchEndpoints::WatchEndpoints(tracking::WatchPages& pages, const media::MediaStore& media,
                               WatchSettings settings)
    : pages_(pages), media_(media), settings_(std::move(settings)) {}

std::vector<Route> WatchEndpoints::routes() {
  const RouteOptions open{.anyQuery = true};
  const RouteOptions events{.takes = Takes::body, .maxBody = ByteSize{100}, .anyQuery = true};
  return {
      {Method::get, "/w/{token}", kOpen, [this](Request& r) { return page(r); }, open},
      {Method::get, "/w/{token}/clip.mp4", kOpen, [this](Request& r) { return clip(r); }, open},
      {Method::get, "/w/{token}/streams/{sha256}", kOpen, [this](Request& r) { return stream(r); },
       open},
      {Method::get, "/w/{token}/poster.jpg", kOpen, [this](Request& r) { return poster(r); }, open},
      {Method::get, "/w/{token}/badge.jpg", kOpen, [this](Request& r) { return badge(r); }, open},
      {Method::get, "/w/watch.js", kOpen, [](Request&) { return watchScript(); }, open},
      {Method::post, "/w/{token}/events", kOpen, [this](Request& r) { return event(r); }, events},
  };
}

Reply WatchEndpoints::page(Request& request) const {
  const std::string& token = request.pathText("token");
  const tracking::WatchLookup found = pages_.find(token);
  if (const auto* page = std::get_if<tracking::WatchPage>(&found)) {
    return watchHtml(*page, settings_, token, pageLanguage(request, page->language));
  }
  if (const auto* over = std::get_if<tracking::PageIsOver>(&found)) {
    return absentHtml(settings_, over->revoked ? "revoked" : "over", 410, token,
                      pageLanguage(request, over->language));
  }
  return absentHtml(settings_, "unknown", 404, token, pageLanguage(request, ""));
}

tracking::WatchPage WatchEndpoints::pageOf(const Request& request) const {
  tracking::WatchLookup found = pages_.find(request.pathText("token"));
  if (auto* page = std::get_if<tracking::WatchPage>(&found)) return std::move(*page);
  if (const auto* over = std::get_if<tracking::PageIsOver>(&found)) {
    if (over->revoked)
      throw Error(ErrorKind::gone, "this video was withdrawn", "Ask the sender about it.",
                  "watch.revoked");
    throw Error(ErrorKind::gone, "this page is over", "Ask the sender for a new link.",
                "watch.over");
  }
  noSuchPage();
}

Reply WatchEndpoints::clip(Request& request) const { return file(request, pageOf(request).clip); }

Reply WatchEndpoints::stream(Request& request) const {
  const std::string& wanted = request.pathText("sha256");
  for (const tracking::WatchStream& stream : pageOf(request).streams)
    if (stream.media.sha256 == wanted) return file(request, stream.media);
  noSuchPage();
}

// As WebP for those who say that they take it: a third fewer bytes before the page looks whole.
Reply WatchEndpoints::poster(Request& request) const {
  const tracking::WatchPage page = pageOf(request);
  const bool webp = page.posterWebp && request.header("accept").value_or("").find("image/webp") !=
                                           std::string_view::npos;
  return file(request, webp ? *page.posterWebp : page.poster).with("Vary", "Accept");
}

Reply WatchEndpoints::badge(Request& request) const {
  const tracking::WatchPage page = pageOf(request);
  return file(request, page.badge ? page.badge->media : page.poster);
}

// Only its customer was meant to see it, and a page can be revoked: a browser asks each time, and
// learns in one round trip that what it has is still right.
Reply WatchEndpoints::file(const Request& request, const tracking::WatchMedia& media) const {
  if (media.sha256.empty()) noSuchPage();
  if (isSentByProxy(request))
    return bytes("", media.contentType)
        .with("Cache-Control", "private, no-cache")
        .with("X-Accel-Redirect", settings_.accelPrefix + "/" + media::storedPath(media.sha256));
  media::OpenFile open = media_.open(media.sha256);
  return fileReply(request, {.file = std::move(open.fd),
                             .size = open.size.bytes,
                             .contentType = media.contentType,
                             .etag = media.sha256,
                             .cacheControl = "private, no-cache"});
}

// A trusted proxy says that it can; the header of anybody else never gets here. The link was looked
// at for each request all the same.
bool WatchEndpoints::isSentByProxy(const Request& request) const {
  return !settings_.accelPrefix.empty() && request.header("x-sendfile-type") == "X-Accel-Redirect";
}

Reply WatchEndpoints::event(Request& request) {
  const auto event =
      eventNamed(text::trim(request.body().readAll(request.route().options.maxBody)));
  if (isPerson(request) && !pages_.record(request.pathText("token"), event)) noSuchPage();
  return noContent();
}

}  // namespace clipcourier::http
