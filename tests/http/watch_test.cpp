#include <atomic>
#include <map>
#include <mutex>
#include <regex>

#include "base/crypto.h"
#include "base/error.h"
#include "http/raw_client.h"
#include "http/test_server.h"
#include "http/watch_endpoints.h"
#include "media/folder_store.h"
#include "media/sources.h"
#include "support/catch.h"
#include "support/temp_folder.h"

using namespace clipcourier;
using namespace clipcourier::http;
using namespace clipcourier::tracking;

namespace {

// Two pages that are there and one that is over, kept in memory; counts what is recorded.
struct KnownPages : WatchPages {
  WatchLookup find(const std::string& token) const override {
    if (token == "over") return PageIsOver{"de"};
    const auto found = pages.find(token);
    if (found == pages.end()) return NoSuchPage{};
    return found->second;
  }
  bool record(const std::string& token, WatchEvent event) override {
    const std::lock_guard lock(mutex);
    if (!pages.contains(token)) return false;
    events.push_back(event);
    return true;
  }
  std::map<std::string, WatchPage> pages;
  std::vector<WatchEvent> events;
  std::mutex mutex;
};

struct Fixture {
  Fixture() {
    const auto stored = [&](const std::string& text, const std::string& type) {
      media::TextSource source(text);
      const auto file = store.put(source, 10_MB);
      return WatchMedia{file.sha256, file.size, type};
    };
    WatchPage page{.title = "Der neue <Rucksack> & \"mehr\"",
                   .senderName = "Nordwind",
                   .language = "de",
                   .width = 720,
                   .height = 1280,
                   .duration = Millis(32'400),
                   .clip = stored(clip, "video/mp4"),
                   .poster = stored("a poster", "image/jpeg")};
    pages.pages["german"] = page;
    page.language = "fr";
    pages.pages["french"] = page;
    server = std::make_unique<TestServer>(std::vector<Route>{}, ListenerSettings{.threads = 2},
                                          endpoints.routes());
  }
  RawReply get(const std::string& target, const std::vector<std::string>& headers = {}) {
    return call(server->publicPages(), request("GET", target, "", headers));
  }
  int event(const std::string& target, const std::string& name, std::vector<std::string> headers) {
    headers.push_back("Content-Type: text/plain;charset=UTF-8");
    return call(server->publicPages(), request("POST", target, name, headers)).status;
  }

  const std::string clip = [] {
    std::string bytes;
    for (int i = 0; i < 300'000; ++i) bytes += static_cast<char>('a' + i % 26);
    return bytes;
  }();
  TempFolder folder;
  media::FolderStore store{folder / "media"};
  KnownPages pages;
  WatchEndpoints endpoints{pages,
                           store,
                           {.publicUrl = "https://clips.example",
                            .imprintUrl = "https://example.org/imprint",
                            .privacyUrl = "https://example.org/privacy"}};
  std::unique_ptr<TestServer> server;
};

const std::string kPhone =
    "User-Agent: Mozilla/5.0 (Linux; Android 14; CUBOT NOTE 20) AppleWebKit/537.36 Chrome/131 "
    "Mobile";

bool has(const RawReply& reply, const std::string& text) {
  return reply.body.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("the watch page shows the poster before a byte of video", "[http]") {
  Fixture f;
  const RawReply page = f.get("/w/german");
  CHECK(page.status == 200);
  CHECK(page.header("content-type") == "text/html; charset=utf-8");
  CHECK(has(page, "preload=\"none\""));
  CHECK(has(page, "playsinline"));
  CHECK(has(page, "poster=\"german/poster.jpg\""));
  CHECK(has(page, "src=\"german/clip.mp4\""));
  CHECK(has(page, "0:32"));
  CHECK(has(page, "https://example.org/imprint"));
  CHECK(has(page, "https://example.org/privacy"));
  CHECK(has(page, "<b>STOP</b>"));
}

TEST_CASE("a chat preview gets absolute addresses", "[http]") {
  Fixture f;
  const RawReply page = f.get("/w/german");
  CHECK(has(page, "property=\"og:url\" content=\"https://clips.example/w/german\""));
  CHECK(has(page, "property=\"og:image\" content=\"https://clips.example/w/german/poster.jpg\""));
  CHECK(has(page, "property=\"og:video\" content=\"https://clips.example/w/german/clip.mp4\""));
  CHECK(has(page, "property=\"og:video:height\" content=\"1280\""));
}

TEST_CASE("better clips come first, large ones for large screens only", "[http]") {
  Fixture f;
  media::TextSource bytes("larger"), large("largest");
  const auto medium = f.store.put(bytes, 1_MB), most = f.store.put(large, 1_MB);
  auto& page = f.pages.pages["german"];
  page.streams = {{{most.sha256, most.size, "video/mp4"}, 1080, 1920},
                  {{medium.sha256, medium.size, "video/mp4"}, 720, 1280}};
  const RawReply html = f.get("/w/german");
  const auto at = [&](const std::string& text) { return html.body.find(text); };
  const std::string first = "<source src=\"german/streams/" + most.sha256 +
                            "\" type=\"video/mp4\" media=\"(min-width: 1000px)\">";
  const std::string second =
      "<source src=\"german/streams/" + medium.sha256 + "\" type=\"video/mp4\">";
  CHECK(at(first) != std::string::npos);
  CHECK(at(first) < at(second));
  CHECK(at(second) < at("<source src=\"german/clip.mp4\""));
  CHECK(f.get("/w/german/streams/" + medium.sha256).body == "larger");
  CHECK(f.get("/w/german/streams/" + page.poster.sha256).status == 404);  // not of this kind
  CHECK(f.get("/w/french/streams/" + medium.sha256).status == 404);       // not of this page
}

TEST_CASE("the poster is WebP for those who take it, the preview has a play sign", "[http]") {
  Fixture f;
  media::TextSource webp("webp"), badge("badge");
  const auto small = f.store.put(webp, 1_MB), played = f.store.put(badge, 1_MB);
  auto& page = f.pages.pages["german"];
  page.posterWebp = WatchMedia{small.sha256, small.size, "image/webp"};
  page.badge = WatchPicture{{played.sha256, played.size, "image/jpeg"}, 600, 315};
  const RawReply taken = f.get("/w/german/poster.jpg", {"Accept: image/avif,image/webp,*/*"});
  CHECK(taken.header("content-type") == "image/webp");
  CHECK(taken.header("vary") == "Accept");
  CHECK(f.get("/w/german/poster.jpg").header("content-type") == "image/jpeg");
  CHECK(f.get("/w/german/badge.jpg").body == "badge");
  CHECK(f.get("/w/french/badge.jpg").body == "a poster");
  const RawReply html = f.get("/w/german");
  CHECK(has(html, "property=\"og:image\" content=\"https://clips.example/w/german/badge.jpg\""));
  CHECK(has(html, "property=\"og:image:width\" content=\"600\""));
}

TEST_CASE("only a trusted proxy learns where a file lies; everybody else gets its bytes",
          "[http]") {
  Fixture f;
  WatchEndpoints behindProxy{
      f.pages,
      f.store,
      {.publicUrl = "", .imprintUrl = "", .privacyUrl = "", .accelPrefix = "/stored"}};
  const auto clipFrom = [](const TestServer& server, const std::vector<std::string>& headers) {
    return call(server.publicPages(), request("GET", "/w/german/clip.mp4", "", headers));
  };
  const std::vector<std::string> asked{"X-Sendfile-Type: X-Accel-Redirect"};

  const TestServer direct({}, {.threads = 2}, behindProxy.routes());
  const RawReply bytes = clipFrom(direct, asked);
  CHECK(bytes.status == 200);
  CHECK(bytes.header("x-accel-redirect").empty());
  CHECK(bytes.body == f.clip);

  const TestServer proxied({},
                           {.threads = 2, .trustedProxies = Networks::parse("127.0.0.1").value()},
                           behindProxy.routes());
  const RawReply place = clipFrom(proxied, asked);
  CHECK(place.status == 200);
  CHECK(place.header("x-accel-redirect") ==
        "/stored/" + media::storedPath(f.pages.pages["german"].clip.sha256));
  CHECK(place.body.empty());
  CHECK(clipFrom(proxied, {}).body == f.clip);
}

TEST_CASE("what others wrote is escaped on the page", "[http]") {
  Fixture f;
  f.pages.pages["german"].senderName = "<script>alert(1)</script>";
  const RawReply page = f.get("/w/german");
  CHECK(has(page, "Der neue &lt;Rucksack&gt; &amp; &quot;mehr&quot;"));
  CHECK_FALSE(has(page, "<script>alert"));
}

TEST_CASE("the page lets nothing in, keeps nothing and is not indexed", "[http]") {
  Fixture f;
  const RawReply page = f.get("/w/german");
  const std::string policy = page.header("content-security-policy");
  CHECK(policy.starts_with("default-src 'none'"));
  CHECK(policy.find("unsafe") == std::string::npos);
  CHECK(page.header("referrer-policy") == "no-referrer");
  CHECK(page.header("x-robots-tag").starts_with("noindex"));
  CHECK(page.header("set-cookie").empty());
  CHECK(page.header("cache-control").find("private") != std::string::npos);
  // Each inline style is named by its hash; no script is inline.
  const std::regex inlined("<(style|script)>([^]*?)</(style|script)>");
  int count = 0;
  for (std::sregex_iterator it(page.body.begin(), page.body.end(), inlined), end; it != end;
       ++it, ++count) {
    CHECK(policy.find(crypto::base64(crypto::sha256((*it)[2].str()))) != std::string::npos);
  }
  CHECK(count == 2);
}

TEST_CASE("the page's script is a file of ours, and nothing else is served as one", "[http]") {
  Fixture f;
  const RawReply page = f.get("/w/german");
  std::smatch named;
  REQUIRE(std::regex_search(page.body, named,
                            std::regex("<script src=\"(watch\\.js\\?v=[0-9a-f]+)\"></script>")));
  CHECK(page.header("content-security-policy").find("script-src 'self';") != std::string::npos);
  const RawReply script = f.get("/w/" + named[1].str());
  CHECK(script.status == 200);
  CHECK(script.header("content-type") == "text/javascript; charset=utf-8");
  CHECK(script.header("x-content-type-options") == "nosniff");
  CHECK(script.header("set-cookie").empty());
  CHECK(has(script, "sendBeacon"));
  for (const char* kept : {"cookie", "localStorage", "sessionStorage", "indexedDB", "fetch("})
    CHECK_FALSE(has(script, kept));
  CHECK(f.get("/w/german/clip.mp4").header("content-type") == "video/mp4");
}

TEST_CASE("the page speaks the message's language, or the one asked for", "[http]") {
  Fixture f;
  CHECK(f.get("/w/german", {"Accept-Language: en"}).header("content-language") == "de");
  CHECK(f.get("/w/german?lang=en").header("content-language") == "en");
  CHECK(f.get("/w/german?lang=xx&fbclid=1").header("content-language") == "de");
  CHECK(f.get("/w/french", {"Accept-Language: fr, de-AT;q=0.8, en;q=0.5"})
            .header("content-language") == "de");
  CHECK(f.get("/w/french").header("content-language") == "en");
}

TEST_CASE("a page that is over or never was is friendly in both languages", "[http]") {
  Fixture f;
  const RawReply over = f.get("/w/over");
  CHECK(over.status == 410);
  CHECK(has(over, "nicht mehr verfügbar"));
  const RawReply unknown = f.get("/w/whatever", {"Accept-Language: de"});
  CHECK(unknown.status == 404);
  CHECK(has(unknown, "führt zu keinem Video"));
  CHECK(has(f.get("/w/whatever?lang=en"), "does not lead to a video"));
  CHECK_FALSE(has(unknown, "whatever"));
  CHECK(f.get("/w/over/clip.mp4").status == 410);
  CHECK(f.get("/w/whatever/poster.jpg").status == 404);
}

TEST_CASE("the clip is served whole, in ranges, or not again", "[http]") {
  Fixture f;
  const std::string tag = '"' + f.pages.pages["german"].clip.sha256 + '"';
  struct Case {
    std::vector<std::string> headers;
    int status;
    std::size_t from, size;
    std::string contentRange;
  };
  const std::size_t all = 300'000;
  const std::vector<Case> cases = {
      {{}, 200, 0, all, ""},
      {{"Range: bytes=0-1"}, 206, 0, 2, "bytes 0-1/300000"},
      {{"Range: bytes=100-"}, 206, 100, all - 100, "bytes 100-299999/300000"},
      {{"Range: bytes=-5"}, 206, all - 5, 5, "bytes 299995-299999/300000"},
      {{"Range: bytes=-900000"}, 206, 0, all, "bytes 0-299999/300000"},
      {{"Range: bytes=299999-"}, 206, all - 1, 1, "bytes 299999-299999/300000"},
      {{"Range: bytes=5-99999999999999999999999"}, 206, 5, all - 5, "bytes 5-299999/300000"},
      {{"Range: bytes=300000-"}, 416, 0, 0, "bytes */300000"},
      {{"Range: bytes=99999999999999999999999-"}, 416, 0, 0, "bytes */300000"},
      {{"Range: bytes=-0"}, 416, 0, 0, "bytes */300000"},
      {{"Range: bytes=9-5"}, 200, 0, all, ""},
      {{"Range: bytes=a-b"}, 200, 0, all, ""},
      {{"Range: bytes=-"}, 200, 0, all, ""},
      {{"Range: lines=1-2"}, 200, 0, all, ""},
      {{"Range: bytes=0-1,5-6"}, 200, 0, all, ""},
      {{"Range: bytes=0-1", "If-Range: " + tag}, 206, 0, 2, "bytes 0-1/300000"},
      {{"Range: bytes=0-1", "If-Range: \"other\""}, 200, 0, all, ""},
      {{"Range: bytes=0-1", "If-Range: Tue, 01 Jan 2030 00:00:00 GMT"}, 200, 0, all, ""},
      {{"If-None-Match: " + tag}, 304, 0, 0, ""},
      {{"If-None-Match: \"x\", W/" + tag, "Range: bytes=0-1"}, 304, 0, 0, ""},
      {{"If-None-Match: \"x\""}, 200, 0, all, ""},
  };
  for (const Case& c : cases) {
    INFO((c.headers.empty() ? "" : c.headers.front()));
    const RawReply reply = f.get("/w/german/clip.mp4", c.headers);
    CHECK(reply.status == c.status);
    CHECK(reply.header("content-range") == c.contentRange);
    if (c.status == 416) continue;
    CHECK(reply.header("etag") == tag);
    CHECK(reply.body == f.clip.substr(c.from, c.size));
  }
}

TEST_CASE("HEAD of a clip tells its size and type", "[http]") {
  Fixture f;
  const RawReply reply = call(f.server->publicPages(),
                              request("HEAD", "/w/german/clip.mp4", "", {"Range: bytes=0-1"}));
  CHECK(reply.status == 200);
  CHECK(reply.header("content-length") == "300000");
  CHECK(reply.header("content-type") == "video/mp4");
  CHECK(reply.header("accept-ranges") == "bytes");
}

TEST_CASE("phones that take the clip slowly hold no thread", "[http]") {
  Fixture f;
  media::TextSource source(std::string(9'000'000, 'v'));
  f.pages.pages["german"].clip = {f.store.put(source, 10_MB).sha256, 9_MB, "video/mp4"};
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 8; ++i) {  // four times the threads
    slow.push_back(std::make_unique<RawClient>(f.server->publicPages()));
    slow.back()->send(request("GET", "/w/german/clip.mp4"));
  }
  CHECK(f.get("/w/german").status == 200);
  CHECK(slow.front()->reply().body == std::string(9'000'000, 'v'));
}

TEST_CASE("only a person who looks at the page has opened it", "[http]") {
  Fixture f;
  CHECK(f.get("/w/german", {kPhone}).status == 200);
  CHECK(f.pages.events.empty());
  for (const std::string& header : {std::string("User-Agent: WhatsApp/2.23.20.0 A"),
                                    std::string("User-Agent: facebookexternalhit/1.1"),
                                    std::string("User-Agent: TelegramBot (like TwitterBot)"),
                                    std::string("User-Agent: Googlebot/2.1"),
                                    std::string("X-None: 1"), std::string("User-Agent: ")}) {
    INFO(header);
    CHECK(f.event("/w/german/events", "opened", {header}) == 204);
  }
  CHECK(f.event("/w/german/events", "opened", {kPhone, "Sec-Purpose: prefetch;prerender"}) == 204);
  CHECK(f.event("/w/german/events", "opened", {kPhone, "Purpose: prefetch"}) == 204);
  CHECK(f.pages.events.empty());
  CHECK(f.event("/w/german/events", "opened", {kPhone}) == 204);
  CHECK(f.event("/w/german/events", "completed", {kPhone}) == 204);
  CHECK(f.event("/w/german/events", "watched_75", {kPhone, "Sec-Fetch-Site: same-origin"}) == 204);
  CHECK(f.event("/w/german/events", "watched_50", {kPhone, "Sec-Fetch-Site: cross-site"}) == 204);
  CHECK(f.pages.events ==
        std::vector<WatchEvent>{WatchEvent::opened, WatchEvent::completed, WatchEvent::watched75});
}

TEST_CASE("events that make no sense are refused", "[http]") {
  Fixture f;
  for (const char* event : {"exploded", "", "watched_33", "watched_100", "OPENED", "opened played",
                            "watched_25_anonymous"})
    CHECK(f.event("/w/german/events", event, {kPhone}) == 400);
  CHECK(f.event("/w/german/events", std::string(200, 'x'), {kPhone}) == 413);
  CHECK(f.event("/w/whatever/events", "opened", {kPhone}) == 404);
  CHECK(f.event("/w/over/events", "opened", {kPhone}) == 404);
  CHECK(call(f.server->publicPages(), request("GET", "/w/german/events")).status == 405);
  CHECK(f.pages.events.empty());
}
