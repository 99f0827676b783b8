#include "http/upload_endpoints.h"

#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "http/raw_client.h"
#include "http/test_server.h"
#include "http/tus.h"
#include "support/catch.h"
#include "support/wait_for.h"
#include "videos/world.h"

using namespace clipcourier;
using namespace clipcourier::http;
using nlohmann::json;

namespace {

const std::string kTus = "Tus-Resumable: 1.0.0";
const std::string kBytes = "Content-Type: application/offset+octet-stream";

// The endpoints on a real socket.
struct UploadApi {
  explicit UploadApi(db::Engine engine = db::Engine::sqlite) : world(engine) {}

  // With the token of "reader"; the headers replace the usual ones.
  RawReply ask(const std::string& method, const std::string& path, const std::string& body = {},
               std::vector<std::string> headers = {}, const std::string& token = "reader") {
    return call(server.api(), text(method, path, body, std::move(headers), token));
  }
  static std::string text(const std::string& method, const std::string& path,
                          const std::string& body, std::vector<std::string> headers,
                          const std::string& token) {
    std::string head = method + ' ' + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    head += "Authorization: Bearer " + token + "\r\n";
    for (const std::string& header : headers) head += header + "\r\n";
    if (method != "HEAD" && method != "GET" && method != "OPTIONS" && method != "DELETE")
      head += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return head + "\r\n" + body;
  }
  RawReply create(const std::string& length, std::vector<std::string> more = {},
                  const std::string& body = {}) {
    more.insert(more.end(), {kTus, "Upload-Length: " + length});
    return ask("POST", "/api/v1/uploads", body, more);
  }
  std::string begin(const std::string& length) {
    const RawReply reply = create(length);
    REQUIRE(reply.status == 201);
    return reply.header("Location");
  }
  RawReply patch(const std::string& path, const std::string& offset, const std::string& bytes,
                 std::vector<std::string> more = {}) {
    more.insert(more.end(), {kTus, kBytes, "Upload-Offset: " + offset});
    return ask("PATCH", path, bytes, more);
  }
  RawReply head(const std::string& path, const std::string& token = "reader") {
    RawClient client(server.api());
    client.send(text("HEAD", path, {}, {kTus}, token));
    return client.reply(true);
  }

  videos::World world;
  UploadEndpoints endpoints{world.uploads};
  TestServer server{endpoints.routes()};
};

void checkProblem(const RawReply& reply, int status, const std::string& code) {
  CHECK(reply.status == status);
  CHECK(reply.header("Content-Type") == "application/problem+json");
  CHECK(reply.header("Tus-Resumable") == "1.0.0");
  const json problem = json::parse(reply.body);
  CHECK(problem["code"] == code);
  CHECK_FALSE(problem.value("detail", "").empty());
}

std::string sha1Of(const std::string& bytes) {
  crypto::Digest digest(crypto::Algorithm::sha1);
  digest.update(bytes);
  return crypto::base64(digest.finish());
}

}  // namespace

TEST_CASE("a tus client learns what it needs, without a token", "[uploads]") {
  UploadApi api;
  const RawReply reply = call(
      api.server.api(), "OPTIONS /api/v1/uploads HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(reply.status == 204);
  CHECK(reply.header("Tus-Version") == "1.0.0");
  CHECK(reply.header("Tus-Max-Size") == "100000000");
  CHECK(reply.header("Tus-Extension") ==
        "creation,creation-with-upload,termination,checksum,expiration");
  CHECK(reply.header("Tus-Checksum-Algorithm") == "sha1,sha256,md5");
}

TEST_CASE("an upload in pieces ends in a video that is named everywhere", "[uploads]") {
  UploadApi api(GENERATE(db::Engine::sqlite, db::Engine::postgresql));
  const std::string metadata = "filename " + crypto::base64("wörld.mp4") + ",title " +
                               crypto::base64("Frühling") + ",filetype " +
                               crypto::base64("video/mp4") + ",is_public";
  const RawReply made = api.create("10", {"Upload-Metadata: " + metadata});
  REQUIRE(made.status == 201);
  const std::string path = made.header("Location");
  CHECK(made.header("Tus-Resumable") == "1.0.0");
  CHECK(made.header("Upload-Expires").ends_with(" GMT"));
  const RawReply first = api.patch(path, "0", "01234");
  CHECK(first.status == 204);
  CHECK(first.header("Upload-Offset") == "5");
  CHECK(first.header("Clipcourier-Video").empty());
  const RawReply half = api.head(path);
  CHECK(half.status == 200);
  CHECK(half.header("Upload-Offset") == "5");
  CHECK(half.header("Upload-Length") == "10");
  CHECK(half.header("Upload-Metadata") == metadata);
  CHECK(half.header("Cache-Control") == "no-store");
  const RawReply last = api.patch(path, "5", "56789");
  CHECK(last.status == 204);
  CHECK(last.header("Upload-Offset") == "10");
  CHECK(last.header("Clipcourier-Video") == "1");
  CHECK(api.head(path).header("Clipcourier-Video") == "1");
  const json seen = json::parse(api.ask("GET", path).body);
  CHECK(seen["state"] == "done");
  CHECK(seen["video_id"] == 1);
  CHECK(seen["offset"] == 10);
  CHECK(api.world.video(VideoId{1}).title == "Frühling");
  CHECK(api.world.video(VideoId{1}).filename == "wörld.mp4");
  checkProblem(api.patch(path, "5", "56789"), 409, "upload.wrong_offset");
  CHECK(api.world.count("videos") == 1);
}

TEST_CASE("an upload may come with its creation, whole or in part", "[uploads]") {
  UploadApi api;
  const RawReply whole = api.create("5", {kBytes}, "01234");
  CHECK(whole.status == 201);
  CHECK(whole.header("Upload-Offset") == "5");
  CHECK(whole.header("Clipcourier-Video") == "1");
  const RawReply part = api.create("10", {kBytes}, "01234");
  CHECK(part.status == 201);
  CHECK(part.header("Upload-Offset") == "5");
  CHECK(api.patch(part.header("Location"), "5", "56789").header("Clipcourier-Video") == "2");
}

TEST_CASE("a creation whose bytes break off or are wrong leaves nothing", "[uploads]") {
  UploadApi api;
  RawClient client(api.server.api());
  std::string text = UploadApi::text("POST", "/api/v1/uploads", "01234",
                                     {kTus, kBytes, "Upload-Length: 10"}, "reader");
  client.send(text.substr(0, text.size() - 2));
  client.endSending();
  checkProblem(client.reply(), 400, "request.truncated");
  checkProblem(api.create("10", {kBytes, "Upload-Checksum: sha1 " + sha1Of("other")}, "01234"), 460,
               "upload.wrong_checksum");
  checkProblem(api.create("4", {kBytes}, "01234"), 413, "upload.too_long");
  CHECK(api.world.count("uploads") == 0);
  CHECK(api.world.storedFiles().empty());
}

TEST_CASE("a PATCH that breaks off keeps what came", "[uploads]") {
  UploadApi api;
  const std::string path = api.begin("200000");
  RawClient client(api.server.api());
  const std::string text = UploadApi::text("PATCH", path, std::string(200'000, 'a'),
                                           {kTus, kBytes, "Upload-Offset: 0"}, "reader");
  client.send(text.substr(0, text.size() - 50'000));
  client.endSending();
  checkProblem(client.reply(), 400, "request.truncated");
  CHECK(api.head(path).header("Upload-Offset") == "150000");
}

TEST_CASE("one PATCH holds an upload, the next one is told so", "[uploads]") {
  UploadApi api;
  const std::string path = api.begin("10");
  RawClient first(api.server.api());
  const std::string text = "PATCH " + path + " HTTP/1.1\r\nHost: x\r\n" + TestServer::token() +
                           "\r\n" + kTus + "\r\n" + kBytes +
                           "\r\nUpload-Offset: 0\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n012\r\n";
  first.send(text);
  REQUIRE(waitFor([&] {
    return !api.world.partials.names().empty() &&
           !api.world.partials.open(api.world.partials.names().front());
  }));
  checkProblem(api.patch(path, "0", "x"), 423, "upload.locked");
  first.send("7\r\n3456789\r\n0\r\n\r\n");
  CHECK(first.reply().header("Clipcourier-Video") == "1");
}

TEST_CASE("versions, types, checksums and offsets are looked at", "[uploads]") {
  UploadApi api;
  const std::string path = api.begin("10");
  const RawReply old =
      api.ask("PATCH", path, "x", {"Tus-Resumable: 0.2.2", kBytes, "Upload-Offset: 0"});
  checkProblem(old, 412, "upload.version");
  CHECK(old.header("Tus-Version") == "1.0.0");
  checkProblem(api.ask("POST", "/api/v1/uploads", "", {"Upload-Length: 5"}), 412, "upload.version");
  checkProblem(api.ask("DELETE", path), 412, "upload.version");
  CHECK(api.ask("PATCH", path, "x", {kTus, "Content-Type: video/mp4", "Upload-Offset: 0"}).status ==
        415);
  checkProblem(api.patch(path, "7", "x"), 409, "upload.wrong_offset");
  for (const char* offset : {"", "-1", "0x1", "1.5", "99999999999999999999", "0 "})
    CHECK(api.patch(path, offset, "x").status == (std::string(offset) == "0 " ? 204 : 400));
  for (const char* sum : {"sha1", "sha1 x", "crc32 AAAA", "sha1 AAAA", ""})
    checkProblem(api.patch(path, "1", "x", {std::string("Upload-Checksum: ") + sum}), 400,
                 "upload.bad_header");
  checkProblem(api.patch(path, "1", "x", {"Upload-Checksum: sha1 " + sha1Of("y")}), 460,
               "upload.wrong_checksum");
  CHECK(api.head(path).header("Upload-Offset") == "1");
  CHECK(api.patch(path, "1", "y", {"Upload-Checksum: sha1 " + sha1Of("y")}).status == 204);
}

TEST_CASE("what cannot be an upload is refused and leaves nothing", "[uploads]") {
  UploadApi api;
  for (const char* length : {"", "-5", "1e3", "0x10", "123456789012345678901"})
    checkProblem(api.create(length), 400, "upload.bad_header");
  checkProblem(api.create("0"), 400, "upload.empty");
  checkProblem(api.create("100000001"), 413, "media.too_large");
  for (const std::string& metadata :
       {std::string("filename %%%"), "filename " + crypto::base64("\xff\xfe"),
        "filename " + crypto::base64("two\nlines"),
        "title " + crypto::base64(std::string(1'001, 'x')),
        std::string("filename YQ==,filename YQ=="), std::string(",,,"),
        std::string("na\xc3\xa9me YQ=="), std::string("filename YQ== YQ==")})
    checkProblem(api.create("10", {"Upload-Metadata: " + metadata}), 400, "upload.bad_header");
  checkProblem(
      api.create("10", {"Upload-Metadata: title " + crypto::base64(std::string(201, 'x'))}), 400,
      "video.bad_title");
  checkProblem(api.create("10", {"Upload-Metadata: filetype " + crypto::base64("text/html")}), 415,
               "upload.filetype");
  checkProblem(api.create("10", {"Upload-Concat: partial"}), 400, "upload.extension");
  checkProblem(api.create("10", {"Content-Type: text/plain"}, "x"), 415, "upload.type");
  CHECK(api.world.count("uploads") == 0);
  CHECK(api.world.storedFiles().empty());
}

TEST_CASE("hostile file names become harmless ones", "[uploads]") {
  UploadApi api;
  const RawReply reply = api.create(
      "5", {kBytes, "Upload-Metadata: name " + crypto::base64("../../etc/<b>passwd.mp4")}, "01234");
  REQUIRE(reply.status == 201);
  CHECK(api.world.video(VideoId{1}).filename == "<b>passwd.mp4");
  CHECK(api.world.video(VideoId{1}).title == "<b>passwd");
}

TEST_CASE("an upload is its token's alone, and ends when that one says so", "[uploads]") {
  UploadApi api;
  const std::string path = api.begin("10");
  api.patch(path, "0", "01234");
  CHECK(api.head(path, "writer").status == 404);
  CHECK(api.ask("GET", path, "", {}, "writer").status == 404);
  CHECK(api.ask("DELETE", path, "", {kTus}, "writer").status == 404);
  CHECK(api.ask("GET", path, "", {}, "nobody").status == 401);
  CHECK(api.ask("DELETE", path, "", {kTus}).status == 204);
  CHECK(api.head(path).status == 404);
  CHECK(api.world.storedFiles().empty());
}

TEST_CASE("an upload that rested too long is gone", "[uploads]") {
  UploadApi api;
  const std::string path = api.begin("10");
  api.world.write([&](db::Transaction& tx) { tx.run("UPDATE uploads SET expires_at_ms = 1"); });
  CHECK(api.head(path).status == 410);
  checkProblem(api.patch(path, "0", "x"), 410, "upload.gone");
}

TEST_CASE("PATCH and DELETE go through a proxy that lets only POST through", "[uploads]") {
  UploadApi api;
  const std::string path = api.begin("10");
  CHECK(api.ask("POST", path, "01234",
                {kTus, kBytes, "Upload-Offset: 0", "X-HTTP-Method-Override: PATCH"})
            .header("Upload-Offset") == "5");
  CHECK(api.ask("POST", path, "", {kTus, "X-HTTP-Method-Override: DELETE"}).status == 204);
  checkProblem(api.ask("POST", path, "", {kTus}), 400, "upload.method");
}
