#include "http/video_endpoints.h"

#include <nlohmann/json.hpp>

#include "http/openapi.h"
#include "http/raw_client.h"
#include "http/test_server.h"
#include "support/catch.h"
#include "support/skip.h"
#include "support/small_disk.h"
#include "support/wait_for.h"
#include "videos/world.h"

using namespace clipcourier;
using namespace clipcourier::http;
using nlohmann::json;

namespace {

const std::string kBoundary = "cut-here";
const std::string kEnd = "--cut-here--\r\n";

std::string part(const std::string& disposition, const std::string& content) {
  return "--cut-here\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content +
         "\r\n";
}
std::string filePart(const std::string& content) {
  return part("name=\"file\"; filename=\"film.mp4\"", content);
}
std::string titlePart(const std::string& title) { return part("name=\"title\"", title); }

// A service of one noun on a real socket.
struct VideoApi {
  explicit VideoApi(db::Engine engine = db::Engine::sqlite) : world(engine) {}
  explicit VideoApi(const SmallDisk& disk) : world(db::Engine::sqlite, disk / "store") {}

  RawReply ask(const std::string& method, const std::string& path, const std::string& body = {},
               std::vector<std::string> headers = {}) {
    headers.push_back(TestServer::token());
    return call(server.api(), request(method, path, body, headers));
  }
  static std::string uploadHead(std::size_t length) {
    return "POST /api/v1/videos HTTP/1.1\r\nHost: x\r\n" + TestServer::token() +
           "\r\nContent-Type: multipart/form-data; boundary=" + kBoundary +
           "\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
  }
  RawReply upload(const std::string& form) {
    return call(server.api(), uploadHead(form.size()) + form);
  }
  // What the jobs would have made.
  videos::Clip makeReady(VideoId id, const std::string& content) {
    videos::Clip clip;
    clip.profile = "whatsapp";
    clip.videoId = id;
    auto keep = [&](const std::string& bytes) {
      TextSource source(bytes);
      return world.store.put(source, 1_MB);
    };
    clip.sha256 = keep(content).sha256;
    clip.size = {content.size()};
    clip.poster.sha256 = keep("poster").sha256;
    clip.thumbnail.sha256 = keep("thumbnail").sha256;
    clip.report = R"({"passed":true})";
    clip.reportMac = "mac";
    world.write([&](db::Transaction& tx) {
      videos::ClipRepository clips(tx);
      clip.id = *clips.plan(id, clip.profile, world.clock.now());
      clips.setEncoding(clip.id);
      clips.makeReady(clip, world.clock.now());
      videos::VideoRepository(tx).setState(id, videos::VideoState::ready, world.clock.now());
    });
    return clip;
  }
  void checkNothingThere() {
    CHECK(world.count("videos") == 0);
    CHECK(world.count("jobs") == 0);
    CHECK(world.count("audit_log") == 0);
    CHECK(waitFor([&] { return world.storedFiles().empty(); }));
  }

  videos::World world;
  videos::IngestService ingest{*world.database, world.store,    world.clock,
                               world.bell,      world.auditLog, 1_MB};
  VideoEndpoints endpoints{*world.database, ingest, world.service, world.store};
  TestServer server{endpoints.routes()};
};

void checkProblem(const RawReply& reply, int status, const std::string& code) {
  CHECK(reply.status == status);
  CHECK(reply.header("Content-Type") == "application/problem+json");
  const json problem = json::parse(reply.body);
  CHECK(problem["code"] == code);
  CHECK_FALSE(problem.value("detail", "").empty());
}

}  // namespace

TEST_CASE("a form with a file makes a video that can be looked at", "[videos]") {
  VideoApi api(GENERATE(db::Engine::sqlite, db::Engine::postgresql));
  const RawReply reply = api.upload(filePart("bytes of a film") + titlePart("Frühling") + kEnd);
  REQUIRE(reply.status == 201);
  CHECK(reply.header("ETag") == "\"1\"");
  const json made = json::parse(reply.body);
  CHECK(made["title"] == "Frühling");
  CHECK(made["filename"] == "film.mp4");
  CHECK(made["state"] == "uploaded");
  CHECK(made["original"]["sha256"] == crypto::hex(crypto::sha256("bytes of a film")));
  CHECK(made["progress"]["text"]["en"] == "Waiting to be checked");
  CHECK(json::parse(api.ask("GET", reply.header("Location")).body) == made);
  CHECK(api.world.count("audit_log WHERE actor_kind = 'token' AND request_id <> ''") == 1);
  const json twin = json::parse(api.upload(filePart("bytes of a film") + kEnd).body);
  CHECK(twin["same_original_as"] == json::array({made["id"]}));
  CHECK(twin["title"] == "film");
}

TEST_CASE("an upload that is cut off anywhere leaves nothing", "[videos]") {
  VideoApi api;
  const std::string form = titlePart("T") + filePart(std::string(300'000, 'f')) + kEnd;
  SECTION("the connection breaks in the middle of the file") {
    RawClient client(api.server.api());
    client.send(VideoApi::uploadHead(form.size()) + form.substr(0, 200'000));
    client.endSending();
    checkProblem(client.reply(), 400, "request.truncated");
  }
  SECTION("the form ends without its last boundary, though the body is as long as promised") {
    checkProblem(api.upload(form.substr(0, form.size() - kEnd.size())), 400, "request.truncated");
  }
  SECTION("the file is whole, but what follows is not") {
    const std::string more = filePart("film") + titlePart("half a ti");
    checkProblem(api.upload(more.substr(0, more.size() - 5)), 400, "request.truncated");
  }
  api.checkNothingThere();
}

TEST_CASE("a form we do not understand is refused with a hint and leaves nothing", "[videos]") {
  VideoApi api;
  const std::string film = filePart("film");
  checkProblem(api.upload(titlePart("no file") + kEnd), 400, "upload.bad_form");
  checkProblem(api.upload(film + film + kEnd), 400, "upload.bad_form");
  checkProblem(api.upload(film + part("name=\"owner\"", "me") + kEnd), 400, "upload.bad_form");
  checkProblem(api.upload(film + titlePart("two\nlines") + kEnd), 400, "video.bad_title");
  checkProblem(api.upload(filePart("") + kEnd), 400, "upload.empty");
  CHECK(api.ask("POST", "/api/v1/videos", "{}").status == 415);
  api.checkNothingThere();
}

TEST_CASE("a file above the limit is refused as too large and leaves nothing", "[videos]") {
  VideoApi api;
  checkProblem(api.upload(filePart(std::string(1'000'001, 'x')) + kEnd), 413, "media.too_large");
  api.checkNothingThere();
  CHECK(api.upload(filePart(std::string(1'000'000, 'x')) + kEnd).status == 201);
}

TEST_CASE("a full disk answers 507 with a hint and leaves nothing", "[videos]") {
  SmallDisk disk("400k");
  if (!disk.ok()) {
    skipTest("no right to mount a small disk here");
    return;
  }
  VideoApi api(disk);
  checkProblem(api.upload(filePart(std::string(900'000, 'x')) + kEnd), 507, "media.full");
  api.checkNothingThere();
  CHECK(api.upload(filePart(std::string(100'000, 'x')) + kEnd).status == 201);
}

TEST_CASE("the list of videos is paged from the newest on", "[videos]") {
  VideoApi api;
  for (const char* title : {"a", "b", "c"})
    REQUIRE(api.upload(filePart("film") + titlePart(title) + kEnd).status == 201);
  const json first = json::parse(api.ask("GET", "/api/v1/videos?limit=2").body);
  REQUIRE(first["items"].size() == 2);
  CHECK(first["items"][0]["title"] == "c");
  CHECK_FALSE(first["items"][0].contains("source"));
  const json second = json::parse(
      api.ask("GET", "/api/v1/videos?limit=2&cursor=" + first["next_cursor"].get<std::string>())
          .body);
  REQUIRE(second["items"].size() == 1);
  CHECK(second["items"][0]["title"] == "a");
  CHECK(second["next_cursor"].is_null());
  CHECK(api.ask("GET", "/api/v1/videos?cursor=%00garbage").status == 400);
}

TEST_CASE("a title is changed by who names the version they saw", "[videos]") {
  VideoApi api;
  api.upload(filePart("film") + kEnd);
  const std::string path = "/api/v1/videos/1", body = R"({"title":"New"})";
  checkProblem(api.ask("PATCH", path, body), 428, "request.if_match_missing");
  checkProblem(api.ask("PATCH", path, body, {"If-Match: \"7\""}), 409, "video.changed");
  CHECK(api.ask("PATCH", path, R"({"title":"New","state":"ready"})", {"If-Match: \"1\""}).status ==
        400);
  CHECK(api.ask("PATCH", path, R"({"title":7})", {"If-Match: \"1\""}).status == 400);
  const RawReply reply = api.ask("PATCH", path, body, {"If-Match: \"1\""});
  CHECK(reply.status == 200);
  CHECK(reply.header("ETag") == "\"2\"");
  CHECK(json::parse(reply.body)["title"] == "New");
}

TEST_CASE("a video is removed once, and what never was is not found", "[videos]") {
  VideoApi api;
  api.upload(filePart("film") + kEnd);
  CHECK(api.ask("DELETE", "/api/v1/videos/1").status == 204);
  checkProblem(api.ask("DELETE", "/api/v1/videos/1"), 404, "video.not_found");
  checkProblem(api.ask("GET", "/api/v1/videos/1"), 404, "video.not_found");
  for (const char* id : {"0", "-1", "x", "99999999999999999999"})
    CHECK(api.ask("GET", std::string("/api/v1/videos/") + id).status == 404);
  CHECK(api.ask("GET", "/api/v1/videos/%2e%2e").status == 400);
}

TEST_CASE("what failed is tried again on request, what is in work is not", "[videos]") {
  VideoApi api;
  api.upload(filePart("film") + kEnd);
  checkProblem(api.ask("POST", "/api/v1/videos/1/retry"), 409, "video.busy");
  api.world.write([&](db::Transaction& tx) {
    videos::VideoRepository(tx).fail({1}, videos::failureFor("media.full"), api.world.clock.now());
  });
  CHECK(json::parse(api.ask("GET", "/api/v1/videos/1").body)["failure"]["what"]["de"] ==
        "Der Speicherplatz des Servers ist voll.");
  const RawReply reply = api.ask("POST", "/api/v1/videos/1/retry");
  CHECK(reply.status == 202);
  CHECK(json::parse(reply.body)["state"] == "uploaded");
  CHECK(json::parse(reply.body)["failure"].is_null());
}

TEST_CASE("a clip and its pictures are served whole, in parts, or not again", "[videos]") {
  VideoApi api;
  api.upload(filePart("film") + kEnd);
  const std::string base = "/api/v1/videos/1/clips/whatsapp/";
  checkProblem(api.ask("GET", base + "content"), 404, "clip.not_found");
  const videos::Clip clip = api.makeReady({1}, "0123456789");

  const json shown = json::parse(api.ask("GET", "/api/v1/videos/1").body)["clips"][0];
  CHECK(shown["content_url"] == base + "content");
  CHECK(shown["report"]["passed"] == true);
  const RawReply whole = api.ask("GET", base + "content");
  CHECK(whole.status == 200);
  CHECK(whole.body == "0123456789");
  CHECK(whole.header("Content-Type") == "video/mp4");
  CHECK(whole.header("ETag") == "\"" + clip.sha256 + "\"");
  const RawReply some = api.ask("GET", base + "content", {}, {"Range: bytes=2-4"});
  CHECK(some.status == 206);
  CHECK(some.body == "234");
  CHECK(api.ask("GET", base + "content", {}, {"Range: bytes=10-"}).status == 416);
  CHECK(api.ask("GET", base + "content", {}, {"If-None-Match: " + whole.header("ETag")}).status ==
        304);
  CHECK(api.ask("GET", base + "poster").body == "poster");
  CHECK(api.ask("GET", base + "thumbnail").header("Content-Type") == "image/jpeg");
  CHECK(api.ask("GET", "/api/v1/videos/1/clips/mms/content").status == 404);
}

TEST_CASE("without a token, or with one for something else, videos are closed", "[videos]") {
  VideoApi api;
  CHECK(call(api.server.api(), request("GET", "/api/v1/videos")).status == 401);
  CHECK(
      call(api.server.api(), request("GET", "/api/v1/videos", {}, {"Authorization: Bearer writer"}))
          .status == 403);
}

TEST_CASE("the video routes are described as they are", "[videos]") {
  VideoApi api;
  json document = openApiDocument();
  std::erase_if(document["paths"].get_ref<json::object_t&>(),
                [](const auto& path) { return !path.first.starts_with("/api/v1/videos"); });
  CHECK(openApiMismatches(api.endpoints.routes(), document) == std::vector<std::string>{});
}
