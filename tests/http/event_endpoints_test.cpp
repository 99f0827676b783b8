#include "http/event_endpoints.h"

#include <poll.h>
#include <sys/socket.h>

#include <nlohmann/json.hpp>

#include "http/openapi.h"
#include "http/raw_client.h"
#include "http/server.h"
#include "support/catch.h"
#include "support/manual_clock.h"
#include "support/test_database.h"
#include "users/audit_log.h"
#include "users/token_service.h"

using namespace clipcourier;
using namespace clipcourier::http;
using nlohmann::json;

namespace {

ServerSettings serverSettings() {
  ServerSettings settings;
  settings.api.threads = 4;  // so two streams at once
  return settings;
}

// A feed of videos on a real socket.
struct World {
  explicit World(EventStreamSettings streams = {Millis(20), Millis(60'000), Millis(60'000)})
      : endpoints(feed, streams) {
    feed.collect();
    server.start();
  }

  void addVideo() {
    (*database).write([&](db::Transaction& tx) {
      tx.run(R"sql(INSERT INTO videos (title, filename, state, original_sha256, original_bytes,
          created_at_ms, updated_at_ms) VALUES ('v', 'v.mp4', 'ready', 'x', 1, $1, $1))sql",
             clock.now());
    });
    clock.advance(Millis(1'000));
    feed.collect();
  }
  std::string token(users::Scopes scopes) {
    return tokens.create("t", scopes, {}, Actor{"cli", "", ""}).text.reveal();
  }
  std::string ask(const std::string& query = "", const std::string& more = "") {
    return request("GET", "/api/v1/events" + query, "",
                   more.empty() ? std::vector{"Authorization: Bearer " + all}
                                : std::vector{"Authorization: Bearer " + all, more});
  }

  ManualClock clock;
  TestDatabase database{db::Engine::sqlite};
  events::EventFeed feed{*database, clock, std::chrono::hours(24)};
  users::AuditLog audit{clock};
  users::TokenService tokens{*database, audit, clock};
  std::string all = token(users::Scopes::all());
  EventEndpoints endpoints;
  Server server{serverSettings(),
                {.api = endpoints.routes(), .webhooks = {}, .publicPages = {}},
                tokens,
                [](const std::string&) {}};
};

// One caller that reads its stream.
struct Follower {
  Follower(World& world, const std::string& text) : client(world.server.port(Port::api)) {
    client.send(text);
  }
  // Everything until `part` has come; fails after ten seconds.
  std::string until(const std::string& part) {
    std::size_t at = 0;
    while ((at = got.find(part)) == std::string::npos) {
      pollfd wait{client.fd(), POLLIN, 0};
      if (::poll(&wait, 1, 10'000) <= 0) FAIL("nothing came; so far: " << got);
      char buffer[4096];
      const auto count = ::recv(client.fd(), buffer, sizeof buffer, 0);
      if (count <= 0) FAIL("the stream ended; so far: " << got);
      got.append(buffer, static_cast<std::size_t>(count));
    }
    const std::string before = got.substr(0, at + part.size());
    got.erase(0, before.size());
    return before;
  }
  RawClient client;
  std::string got;
};

}  // namespace

TEST_CASE("events come as they happen, and after a break from where it was", "[events]") {
  World world;
  Follower follower(world, world.ask());
  const std::string head = follower.until("id: 0\n\n");
  CHECK(head.find("HTTP/1.1 200") == 0);
  CHECK(head.find("Content-Type: text/event-stream\r\n") != std::string::npos);
  world.addVideo();
  const std::string first = follower.until("\n\n");
  CHECK(first.find("event: video\nid: 1\ndata: {") != std::string::npos);
  world.addVideo();
  CHECK(follower.until("\n\n").find("id: 2\n") != std::string::npos);

  const std::string again = world.ask("?after=2", "Last-Event-ID: 1");  // the header wins
  Follower later(world, again);
  later.until("id: 1\n\n");
  CHECK(later.until("\n\n").find("event: video\nid: 2\n") != std::string::npos);
  CHECK(call(world.server.port(Port::api), world.ask("?after=x")).status == 400);
  CHECK(call(world.server.port(Port::api), world.ask("", "Last-Event-ID: -1")).status == 400);
}

TEST_CASE("a caller gets only what he may read, and none without a right to any", "[events]") {
  World world;
  world.all = world.token({Scope::campaignsRead});
  Follower blind(world, world.ask("?after=0"));
  blind.until("id: 0\n\n");
  world.addVideo();
  world.all = world.token({Scope::videosRead});
  Follower seeing(world, world.ask("?after=0"));
  seeing.until("id: 0\n\n");
  CHECK(seeing.until("\n\n").find("event: video") != std::string::npos);
  CHECK(blind.got.find("video") == std::string::npos);
  world.all = world.token({Scope::tokens});
  CHECK(call(world.server.port(Port::api), world.ask()).status == 403);
  world.all = "nobody";
  CHECK(call(world.server.port(Port::api), world.ask()).status == 401);
}

TEST_CASE("who asks for events that are gone gets a reset and goes on", "[events]") {
  World world;
  world.addVideo();
  world.clock.advance(std::chrono::hours(25));
  world.feed.prune();
  Follower follower(world, world.ask("?after=0"));
  follower.until("id: 0\n\n");
  CHECK(follower.until("\n\n").find("event: reset\nid: 1\n") != std::string::npos);
  world.addVideo();
  CHECK(follower.until("\n\n").find("id: 2\n") != std::string::npos);
}

TEST_CASE("a quiet stream shows signs of life with its place, and ends in time", "[events]") {
  World world({Millis(10), Millis(20), Millis(300)});
  Follower follower(world, world.ask());
  follower.until(": heartbeat\nid: 0\n\n");
  follower.until(": heartbeat\nid: 0\n\n");
  follower.until("\r\n0\r\n\r\n");  // the last chunk: the caller comes again
}

TEST_CASE("streams are limited, and end when the server stops", "[events]") {
  World world;
  Follower first(world, world.ask()), second(world, world.ask());
  first.until("id: 0\n\n");
  second.until("id: 0\n\n");
  const RawReply third = call(world.server.port(Port::api), world.ask());
  CHECK(third.status == 503);
  CHECK(third.header("Retry-After") == "5");
  world.server.stop();
  first.until("0\r\n\r\n");
}

TEST_CASE("the description of events fits their route", "[events]") {
  World world;
  json document = openApiDocument(), paths = json::object();
  for (const auto& route : world.endpoints.routes())
    paths[route.path] = document["paths"][route.path];
  document["paths"] = paths;
  CHECK(openApiMismatches(world.endpoints.routes(), document) == std::vector<std::string>{});
  CHECK(document["components"]["schemas"]["Event"]["properties"]["kind"]["enum"] ==
        json(events::allKinds()));
}
