#include "http/router.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/id.h"
#include "http/raw_client.h"
#include "http/test_server.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::http;
using nlohmann::json;

namespace {

// Endpoints as a noun folder would have them.
std::vector<Route> videoRoutes() {
  return {
      {Method::get,
       "/api/v1/videos",
       Scope::videosRead,
       [](Request& r) {
         const PageRequest page = r.page();
         return pageReply({{{"id", page.afterId() + 1}}},
                          std::to_string(page.afterId() + page.limit));
       },
       {.query = {"limit", "cursor", "state"}}},
      {Method::get, "/api/v1/videos/{id}", Scope::videosRead,
       [](Request& r) {
         return ok(json{{"id", r.id<VideoId>().value}});
       }},
      {Method::get, "/api/v1/videos/latest", kOpen, [](Request&) { return ok(json("latest")); }},
      {Method::post, "/api/v1/videos", Scope::videosWrite,
       [](Request& r) { return created("/api/v1/videos/7", r.json()); }},
      {Method::post,
       "/api/v1/broken",
       kOpen,
       [](Request&) -> Reply { throw std::runtime_error("password=hunter2"); },
       {.takes = Takes::nothing}},
      {Method::post,
       "/api/v1/refused",
       kOpen,
       [](Request&) -> Reply {
         throw Error(ErrorKind::refused, "it cannot be launched", "See errors.",
                     "campaign.not_ready")
             .with({{"clip.no_report", "clip", "The clip has no report."}});
       },
       {.takes = Takes::nothing}},
  };
}

json body(const RawReply& reply) { return json::parse(reply.body); }

}  // namespace

TEST_CASE("a route gets its typed parameters and answers JSON", "[http]") {
  TestServer server(videoRoutes());
  const RawReply reply =
      call(server.api(), request("GET", "/api/v1/videos/42", "", {server.token()}));
  CHECK(reply.status == 200);
  CHECK(body(reply)["id"] == 42);
  CHECK(reply.header("content-type") == "application/json");
  CHECK(reply.header("x-content-type-options") == "nosniff");
  CHECK(reply.header("cache-control") == "no-store");
}

TEST_CASE("a literal segment goes before a named one", "[http]") {
  TestServer server(videoRoutes());
  CHECK(call(server.api(), request("GET", "/api/v1/videos/latest")).body == "\"latest\"");
}

TEST_CASE("a list is paged by a cursor nobody needs to understand", "[http]") {
  TestServer server(videoRoutes());
  const auto first =
      body(call(server.api(), request("GET", "/api/v1/videos?limit=10", "", {server.token()})));
  REQUIRE(first["next_cursor"].is_string());
  const std::string cursor = first["next_cursor"];
  const auto second =
      body(call(server.api(),
                request("GET", "/api/v1/videos?limit=10&cursor=" + cursor, "", {server.token()})));
  CHECK(second["items"][0]["id"] == 11);
}

TEST_CASE("what a request may not say is refused with a hint", "[http]") {
  TestServer server(videoRoutes());
  struct Case {
    std::string method, target, body;
    int status;
    std::string code;
  };
  const std::vector<Case> cases = {
      {"GET", "/api/v1/nothing", "", 404, "not_found"},
      {"GET", "/api/v1/videos/", "", 404, "not_found"},
      {"GET", "/api/v1/videos/0", "", 404, "not_found"},
      {"GET", "/api/v1/videos/99999999999999999999", "", 404, "not_found"},
      {"GET", "/api/v1/videos/%zz", "", 400, "request.malformed"},
      {"GET", "/api/v1/videos/%00", "", 400, "request.malformed"},
      {"GET", "/api/v1/videos/..", "", 400, "request.malformed"},
      {"GET", "/api/v1/videos/%2e%2e", "", 400, "request.malformed"},
      {"GET", "/api/v1/videos?limit=0", "", 400, "request.bad_query"},
      {"GET", "/api/v1/videos?limit=ten", "", 400, "request.bad_query"},
      {"GET", "/api/v1/videos?limit=1&limit=2", "", 400, "request.bad_query"},
      {"GET", "/api/v1/videos?cursor=***", "", 400, "request.bad_query"},
      {"GET", "/api/v1/videos?cursor=YWJj", "", 400, "request.bad_cursor"},
      {"GET", "/api/v1/videos?colour=red", "", 400, "request.unknown_query"},
      {"GET", "/api/v1/videos", "{}", 400, "request.unexpected_body"},
      {"DELETE", "/api/v1/videos", "", 405, "request.method_not_allowed"},
      {"POST", "/api/v1/videos", "{", 400, "request.bad_json"},
      {"POST", "/api/v1/videos", "\"\xff\"", 400, "request.bad_json"},
      {"POST", "/api/v1/videos", R"({"a":1,"a":2})", 400, "request.bad_json"},
      {"POST", "/api/v1/videos", std::string(100, '[') + std::string(100, ']'), 400,
       "request.bad_json"},
      {"POST", "/api/v1/videos", "[1e999]", 400, "request.bad_json"},
      {"POST", "/api/v1/videos", "", 400, "request.bad_json"},
  };
  for (const Case& c : cases) {
    INFO(c.method << ' ' << c.target << ' ' << c.body);
    const RawReply reply = call(
        server.api(),
        request(c.method, c.target, c.body, {server.token(), "Content-Type: application/json"}));
    CHECK(reply.status == c.status);
    CHECK(reply.header("content-type") == "application/problem+json");
    const json problem = body(reply);
    CHECK(problem["code"] == c.code);
    CHECK_FALSE(problem["detail"].get<std::string>().empty());
    CHECK(problem["status"] == c.status);
    CHECK(problem["request_id"] == reply.header("x-request-id"));
  }
}

TEST_CASE("a route reads If-Match as it says, and no other way", "[http]") {
  const auto route = [](const std::string& path, IfMatch read, bool needed) {
    return Route{Method::del,
                 path,
                 kOpen,
                 [needed](Request& r) {
                   const auto version = needed ? r.requireIfMatch() : r.ifMatch().value_or(0);
                   return ok(json(version));
                 },
                 {.ifMatch = read}};
  };
  TestServer server(
      {route("/optional", IfMatch::optional, false), route("/required", IfMatch::required, true),
       route("/unsaid", IfMatch::ignored, false), route("/half", IfMatch::optional, true)});
  const auto ask = [&](const std::string& path, const std::string& header) {
    return call(server.api(), request("DELETE", path, "", {header}));
  };
  const std::string seven = "If-Match: \"7\"", nothing = "X-Nothing: 1";
  CHECK(ask("/optional", seven).body == "7");
  CHECK(ask("/optional", nothing).body == "0");
  CHECK(ask("/required", seven).body == "7");
  CHECK(body(ask("/required", nothing))["code"] == "request.if_match_missing");
  CHECK(ask("/required", "If-Match: 7").status == 400);
  CHECK(ask("/unsaid", seven).status == 500);
  CHECK(ask("/half", seven).status == 500);
}

TEST_CASE("405 and OPTIONS tell the methods there are", "[http]") {
  TestServer server(videoRoutes());
  CHECK(call(server.api(), request("DELETE", "/api/v1/videos")).header("allow") ==
        "GET, HEAD, POST, OPTIONS");
  const RawReply options = call(server.api(), request("OPTIONS", "/api/v1/videos"));
  CHECK(options.status == 204);
  CHECK(options.header("allow") == "GET, HEAD, POST, OPTIONS");
}

TEST_CASE("a token is asked before anything else is looked at", "[http]") {
  TestServer server(videoRoutes());
  const RawReply none = call(server.api(), request("GET", "/api/v1/videos?colour=red"));
  CHECK(none.status == 401);
  CHECK(none.header("www-authenticate").starts_with("Bearer"));
  CHECK(call(server.api(), request("GET", "/api/v1/videos", "", {"Authorization: Bearer wrong"}))
            .status == 401);
  const RawReply lacking =
      call(server.api(), request("GET", "/api/v1/videos", "", {"Authorization: Bearer writer"}));
  CHECK(lacking.status == 403);
  CHECK(body(lacking)["detail"].get<std::string>().find("videos:read") != std::string::npos);
}

TEST_CASE("an inner failure keeps its words to the log", "[http]") {
  TestServer server(videoRoutes());
  const RawReply reply = call(server.api(), request("POST", "/api/v1/broken"));
  CHECK(reply.status == 500);
  CHECK(reply.body.find("hunter2") == std::string::npos);
  CHECK(server.waitForLog(reply.header("x-request-id")).find("hunter2") != std::string::npos);
}

TEST_CASE("all reasons of a refusal come at once", "[http]") {
  TestServer server(videoRoutes());
  const RawReply reply = call(server.api(), request("POST", "/api/v1/refused"));
  CHECK(reply.status == 422);
  CHECK(body(reply)["errors"][0]["code"] == "clip.no_report");
}

TEST_CASE("the log names the route and never the path", "[http]") {
  TestServer server(videoRoutes());
  const RawReply reply = call(server.api(), request("GET", "/api/v1/videos/4711", "",
                                                    {server.token(), "X-Request-Id: my-id-12345"}));
  CHECK(reply.header("x-request-id") == "my-id-12345");
  const json line = json::parse(server.waitForLog("my-id-12345"));
  CHECK(line["route"] == "/api/v1/videos/{id}");
  CHECK(line["actor"] == "token:1");
  CHECK(line.dump().find("4711") == std::string::npos);
}

TEST_CASE("a malformed request id is replaced", "[http]") {
  TestServer server(videoRoutes());
  const RawReply reply = call(server.api(), request("GET", "/api/v1/videos/1", "",
                                                    {server.token(), "X-Request-Id: a b{}\"x"}));
  CHECK(reply.header("x-request-id").size() == 24);
}

TEST_CASE("routes that clash or need a missing check do not start", "[http]") {
  const auto handler = [](Request&) { return noContent(); };
  CHECK_THROWS_AS(
      Router({{Method::get, "/a/{x}", kOpen, handler}, {Method::get, "/a/{y}", kOpen, handler}}),
      Error);
  CHECK_THROWS_AS(Router({{Method::get, "/a", Scope::audit, handler}}), Error);
}
