#include "http/video_endpoints.h"

#include <nlohmann/json.hpp>

#include "http/edit_endpoints.h"
#include "http/openapi.h"
#include "http/picture_endpoints.h"
#include "http/profile_endpoints.h"
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
const std::string kReport = R"({"passed":true,"profile":"whatsapp",
  "repaired":[{"code":"repair.rotated","words":{"de":"Gedreht.","en":"Rotated."}}],
  "quality":{"ssim_ppm":970000,"psnr_milli_db":41500}})";
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
    clip.report = kReport;
    clip.reportMac = "mac";
    world.write([&](db::Transaction& tx) {
      videos::ClipRepository clips(tx);
      clip.id = *clips.plan(id, clip.profile, 1, world.clock.now());
      clips.setEncoding(clip.id);
      clips.makeReady(clip, world.clock.now());
      videos::VideoRepository(tx).setState(id, videos::VideoState::ready, world.clock.now());
    });
    world.addPoster(id);
    return clip;
  }
  // As the transcoder's pictures are kept.
  void addPicture(VideoId id, videos::PictureKind kind, int number, const std::string& content) {
    TextSource source(content);
    const auto stored = world.store.put(source, 1_MB);
    const videos::Video video = world.video(id);
    videos::VideoPicture picture;
    picture.videoId = id;
    picture.editVersion = video.editVersion;
    picture.revision = video.pictureRevision;
    picture.kind = kind;
    picture.number = number;
    picture.timeMs = 1'000 * number;
    picture.score = 700;
    picture.file = {stored.sha256, stored.size};
    if (kind == videos::PictureKind::storyboard) picture.vtt = "WEBVTT\n";
    world.write([&](db::Transaction& tx) { videos::PictureRepository(tx).add(picture); });
  }
  RawReply send(const std::string& method, const std::string& path, const std::string& type,
                const std::string& body, const std::string& ifMatch = {}) {
    std::vector<std::string> headers{"Content-Type: " + type};
    if (!ifMatch.empty()) headers.push_back("If-Match: " + ifMatch);
    return ask(method, path, body, headers);
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
  EditEndpoints edits{*world.database, world.edits};
  PictureEndpoints pictures{*world.database, world.edits, world.store};
  std::vector<Route> routes() {
    std::vector<Route> all = endpoints.routes();
    for (auto more : {edits.routes(), pictures.routes(), profileRoutes(world.profiles)})
      all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  TestServer server{routes()};
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

TEST_CASE("a clip is served whole, in parts, or not again", "[videos]") {
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
  CHECK(api.ask("GET", "/api/v1/videos/1/clips/mms/content").status == 404);
}

TEST_CASE("a report is read in the language of who asks", "[videos]") {
  VideoApi api;
  api.upload(filePart("film") + kEnd);
  api.makeReady({1}, "clip");
  const std::string path = "/api/v1/videos/1/clips/whatsapp/report";
  const RawReply german = api.ask("GET", path, {}, {"Accept-Language: fr, de-AT;q=0.9"});
  CHECK(german.header("Content-Language") == "de");
  CHECK(json::parse(german.body)["repaired"][0]["text"] == "Gedreht.");
  CHECK(json::parse(german.body)["quality"]["text"] == "Sehr gut");
  const json english = json::parse(api.ask("GET", path).body);
  CHECK(english["repaired"][0]["text"] == "Rotated.");
  CHECK(english["quality"]["psnr_db"] == 41.5);
  CHECK(english["advice"] == json::array());
  // Pictures may have less than nothing in common with the original.
  api.world.write([](db::Transaction& tx) {
    tx.run("UPDATE clips SET report = replace(report, '970000', '-5')");
  });
  CHECK(json::parse(api.ask("GET", path).body)["quality"]["text"] ==
        "Visibly worse than the original");
}

TEST_CASE("edits are read, replaced by who saw them, and refused with every mistake", "[videos]") {
  VideoApi api;
  api.upload(filePart("film") + kEnd);
  const std::string path = "/api/v1/videos/1/edits";
  const RawReply before = api.ask("GET", path);
  CHECK(before.header("ETag") == "\"1\"");
  CHECK(json::parse(before.body)["edits"] == json::object());
  const std::string body = R"({"mute":true,"fit":{"shape":"9:16","fill":"blur"}})";
  checkProblem(api.ask("PUT", path, body), 428, "request.if_match_missing");
  const RawReply reply = api.ask("PUT", path, body, {"If-Match: \"1\""});
  CHECK(reply.status == 202);
  CHECK(reply.header("ETag") == "\"2\"");
  CHECK(json::parse(reply.body)["edits"]["fit"]["fill"] == "blur");
  checkProblem(api.ask("PUT", path, body, {"If-Match: \"1\""}), 409, "video.edits_changed");
  const RawReply wrong =
      api.ask("PUT", path, R"({"mute":1,"fade_in_ms":-1,"x":2})", {"If-Match: \"2\""});
  checkProblem(wrong, 400, "edits.invalid");
  CHECK(json::parse(wrong.body)["errors"].size() == 3);
  CHECK(json::parse(api.ask("GET", "/api/v1/videos/1").body)["edit_version"] == 2);
  checkProblem(api.ask("GET", "/api/v1/videos/2/edits"), 404, "video.not_found");
}

TEST_CASE("edits that gave no clip are told wherever the video is shown", "[videos]") {
  VideoApi api;
  api.upload(filePart("film") + kEnd);
  api.makeReady({1}, "clip");
  const std::string one = "/api/v1/videos/1", edits = one + "/edits";
  CHECK(json::parse(api.ask("GET", one).body)["edits_failure"].is_null());
  CHECK(api.ask("PUT", edits, R"({"mute":true})", {"If-Match: \"1\""}).status == 202);
  const auto failure = videos::failureFor("transcoder.timeout");
  api.world.write([&](db::Transaction& tx) {
    const auto video = videos::VideoRepository(tx).get({1});
    videos::addClips(tx, video, {"whatsapp"}, api.world.clock.now());
    for (const videos::Clip& clip : videos::ClipRepository(tx).inWork(video.id))
      videos::ClipRepository(tx).refuse(clip.id, failure);
    videos::updateState(tx, video.id, api.world.clock.now());
  });
  const json list = json::parse(api.ask("GET", "/api/v1/videos").body)["items"];
  for (const json& shown : {json::parse(api.ask("GET", one).body),
                            json::parse(api.ask("GET", edits).body), list.at(0)}) {
    CHECK(shown["state"] == "ready");
    CHECK(shown["edits_failure"]["code"] == "transcoder.timeout");
    CHECK(shown["edits_failure"]["what"]["de"] == failure.what.de);
    CHECK(shown["edits_failure"]["hint"]["en"] == failure.hint.en);
    CHECK(shown["progress"]["text"]["en"] == "Ready with older edits; the newest gave no clip");
  }
}

TEST_CASE("captions and logo come as they are and go again, by who saw the edits", "[videos]") {
  VideoApi api;
  api.upload(filePart("film") + kEnd);
  const std::string captions = "/api/v1/videos/1/captions", logo = "/api/v1/videos/1/logo";
  const std::string vtt = "WEBVTT\n\n00:00.000 --> 00:02.000\nHallo\n";
  for (const std::string& path : {captions, logo}) {
    checkProblem(api.send("PUT", path, "text/vtt", vtt), 428, "request.if_match_missing");
    checkProblem(api.ask("DELETE", path), 428, "request.if_match_missing");
  }
  const RawReply set = api.send("PUT", captions, "text/vtt; charset=utf-8", vtt, "\"1\"");
  CHECK(set.status == 202);
  CHECK(set.header("ETag") == "\"2\"");
  CHECK(json::parse(set.body)["captions"]["bytes"] == vtt.size());
  CHECK(json::parse(set.body)["edits"]["captions"] == "webvtt");
  checkProblem(api.send("PUT", captions, "text/vtt", vtt, "\"1\""), 409, "video.edits_changed");
  checkProblem(api.send("PUT", captions, "text/plain", vtt, "\"2\""), 415, "captions.type");
  checkProblem(api.send("PUT", captions, "application/x-subrip", "hello", "\"2\""), 400,
               "captions.invalid");
  checkProblem(api.send("PUT", logo, "image/png", "GIF89a and so on", "\"2\""), 415, "image.type");
  const std::string png = "\x89PNG\r\n\x1a\n and so on";
  checkProblem(api.send("PUT", logo, "image/png", png, "\"1\""), 409, "video.edits_changed");
  CHECK(api.send("PUT", logo, "image/png", png, "\"2\"").status == 202);
  const auto remove = [&](const std::string& path, const std::string& ifMatch) {
    return api.ask("DELETE", path, {}, {"If-Match: " + ifMatch});
  };
  CHECK(json::parse(remove(captions, "\"3\"").body)["captions"].is_null());
  checkProblem(remove(logo, "\"3\""), 409, "video.edits_changed");
  const json bare = json::parse(remove(logo, "\"4\"").body);
  CHECK(bare["logo"].is_null());
  CHECK(bare["edits"] == json::object());
  CHECK(api.world.count("audit_log WHERE action LIKE 'video.captions%'") == 2);
}

TEST_CASE("pictures are listed and served, and the poster is chosen among them", "[videos]") {
  VideoApi api;
  api.upload(filePart("film") + kEnd);
  const std::string folder = "/api/v1/videos/1/pictures/";
  CHECK(json::parse(api.ask("GET", "/api/v1/videos/1/pictures").body)["poster"]["state"] ==
        "making");
  checkProblem(api.ask("GET", folder + "poster.jpg"), 404, "picture.not_found");
  api.addPicture({1}, videos::PictureKind::poster, 0, "poster");
  api.addPicture({1}, videos::PictureKind::posterWebp, 0, "webp");
  api.addPicture({1}, videos::PictureKind::thumbnail, 0, "small");
  api.addPicture({1}, videos::PictureKind::storyboard, 0, "many small");
  for (int i : {0, 1}) api.addPicture({1}, videos::PictureKind::candidate, i, "other");
  const RawReply listed = api.ask("GET", "/api/v1/videos/1/pictures");
  CHECK(listed.header("ETag") == "\"1\"");
  const json seen = json::parse(listed.body);
  CHECK(seen["version"] == 1);
  CHECK(seen["poster"]["state"] == "ready");
  CHECK(seen["candidates"].size() == 2);
  CHECK(seen["pictures"]["storyboard"]["vtt_url"] == folder + "storyboard.vtt");
  CHECK(json::parse(api.ask("GET", "/api/v1/videos/1").body)["poster_url"] ==
        folder + "poster.jpg");

  const RawReply part = api.ask("GET", folder + "poster.jpg", {}, {"Range: bytes=1-2"});
  CHECK(part.status == 206);
  CHECK(part.body == "os");
  CHECK(api.ask("GET", folder + "poster.webp").header("Content-Type") == "image/webp");
  CHECK(api.ask("GET", folder + "candidate-1.jpg").body == "other");
  const RawReply track = api.ask("GET", folder + "storyboard.vtt");
  CHECK(track.body == "WEBVTT\n");
  CHECK(track.header("Content-Type") == "text/vtt; charset=utf-8");
  CHECK(api.ask("GET", folder + "..%2f..%2fetc").status == 400);

  const std::string poster = "/api/v1/videos/1/poster";
  const auto choose = [&](const std::string& body) {
    return api.ask("PUT", poster, body, {"If-Match: \"1\""});
  };
  CHECK(choose("{}").status == 400);
  CHECK(choose(R"({"candidate":0,"time_ms":5})").status == 400);
  checkProblem(choose(R"({"candidate":7})"), 404, "poster.no_candidate");
  const RawReply choice = choose(R"({"candidate":1})");
  CHECK(choice.header("ETag") == "\"2\"");
  const json chosen = json::parse(choice.body);
  CHECK(chosen["poster"]["choice"] == "time");
  CHECK(chosen["poster"]["time_ms"] == 1'000);
  CHECK(chosen["poster"]["state"] == "making");
  const RawReply own =
      api.send("PUT", poster + "/image", "image/jpeg", "\xff\xd8\xff own picture", "\"2\"");
  CHECK(own.status == 202);
  CHECK(json::parse(own.body)["poster"]["choice"] == "own");
  const RawReply best = api.ask("DELETE", poster, {}, {"If-Match: \"3\""});
  CHECK(json::parse(best.body)["poster"]["choice"] == "best");
}

TEST_CASE("a poster is chosen by who saw the newest choice and the newest edits", "[videos]") {
  VideoApi api;
  api.upload(filePart("film") + kEnd);
  const std::string poster = "/api/v1/videos/1/poster", time = R"({"time_ms":5})";
  const std::string image = poster + "/image", jpeg = "\xff\xd8\xff own picture";
  checkProblem(api.ask("PUT", poster, time), 428, "request.if_match_missing");
  checkProblem(api.send("PUT", image, "image/jpeg", jpeg), 428, "request.if_match_missing");
  checkProblem(api.ask("DELETE", poster), 428, "request.if_match_missing");
  CHECK(api.ask("PUT", "/api/v1/videos/1/edits", R"({"mute":true})", {"If-Match: \"1\""}).status ==
        202);
  const std::string old = "If-Match: \"1\"";
  checkProblem(api.ask("PUT", poster, time, {old}), 409, "video.poster_changed");
  checkProblem(api.send("PUT", image, "image/jpeg", jpeg, "\"1\""), 409, "video.poster_changed");
  checkProblem(api.ask("DELETE", poster, {}, {old}), 409, "video.poster_changed");
  CHECK(api.ask("PUT", poster, time, {"If-Match: \"2\""}).status == 202);
}

TEST_CASE("profiles are listed with their limits, and asked for by name", "[videos]") {
  VideoApi api;
  const json profiles = json::parse(api.ask("GET", "/api/v1/profiles").body)["items"];
  CHECK(profiles.size() == api.world.profiles.all().size());
  CHECK(profiles[0]["name"] == "whatsapp");
  CHECK(profiles[0]["for_uploads"] == true);
  CHECK(profiles[0]["limits"]["de"].get<std::string>().starts_with("MP4, höchstens 16,0 MB"));
  CHECK(profiles[1]["for_uploads"] == false);
  api.upload(filePart("film") + kEnd);
  const std::string path = "/api/v1/videos/1/clips";
  checkProblem(api.ask("POST", path, R"({"profile":"mms"})"), 409, "video.busy");
  checkProblem(api.ask("POST", path, R"({"profile":"telex"})"), 400, "profile.unknown");
  api.world.write([&](db::Transaction& tx) {
    videos::VideoRepository(tx).setSource({1}, "{}", api.world.clock.now());
  });
  const json video = json::parse(api.ask("POST", path, R"({"profile":"mms"})").body);
  CHECK(video["clips"][0]["profile"] == "mms");
  CHECK(video["clips"][0]["state"] == "planned");
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
  std::erase_if(document["paths"].get_ref<json::object_t&>(), [](const auto& path) {
    return !path.first.starts_with("/api/v1/videos") && path.first != "/api/v1/profiles";
  });
  CHECK(openApiMismatches(api.routes(), document) == std::vector<std::string>{});
}
