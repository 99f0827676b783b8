#include "http/queue_endpoints.h"

#include <nlohmann/json.hpp>

#include "http/message_api.h"
#include "support/catch.h"
#include "users/audit_log.h"

using namespace clipcourier;
using namespace clipcourier::http;
using nlohmann::json;

TEST_CASE("operations hold a sender and release it, and the queue says why it waits", "[http]") {
  MessageApi api(ON_BOTH_ENGINES, 2);
  const RawReply held =
      api.ask("POST", "/api/v1/holds",
              R"({"scope": "sender", "key": "1", "reason": "wrong price", "minutes": 30})");
  REQUIRE(held.status == 201);
  CHECK(held.header("Location") == "/api/v1/holds/sender/1");
  const json hold = json::parse(held.body);
  CHECK(hold["reason"]["text"]["de"] == "wrong price");
  CHECK(hold["held_by"].get<std::string>().starts_with("token:"));
  CHECK(hold["until"] == toIso(api.world.clock.now() + std::chrono::minutes(30)));
  CHECK(api.get("/api/v1/holds")["items"] == json::array({hold}));

  const json queue = api.get("/api/v1/queue");
  CHECK(queue["holds"] == json::array({hold}));
  REQUIRE(queue["campaigns"].size() == 1);
  CHECK(queue["campaigns"][0]["counts"]["queued"] == 2);
  CHECK(queue["campaigns"][0]["waits"][0]["scope"] == "sender");
  CHECK(queue["campaigns"][0]["next_due_at"] == toIso(api.world.clock.now()));
  CHECK(queue["senders"][0]["messages_per_second"] == 80);
  // A waiting message shows the same reason.
  CHECK(api.get("/api/v1/messages/1")["waits"][0]["reason"]["code"] == "wrong price");

  CHECK(api.ask("DELETE", "/api/v1/holds/sender/1").status == 204);
  CHECK(api.ask("DELETE", "/api/v1/holds/sender/1").status == 404);
  CHECK(api.wakes == 1);
  CHECK(api.get("/api/v1/queue")["campaigns"][0]["waits"].empty());
  CHECK(api.auditActions() == std::vector<std::string>{"hold.release", "hold.set"});
}

TEST_CASE("everything is held under the key all", "[http]") {
  MessageApi api(db::Engine::sqlite, 1);
  const RawReply held =
      api.ask("POST", "/api/v1/holds", R"({"scope": "everything", "reason": "fire"})");
  REQUIRE(held.status == 201);
  CHECK(json::parse(held.body)["key"] == "all");
  CHECK(json::parse(held.body)["until"].is_null());
  CHECK(api.ask("DELETE", held.header("Location")).status == 204);
}

TEST_CASE("a template the system holds is released by the key it shows", "[http]") {
  MessageApi api(db::Engine::sqlite, 1);
  api.world.database->write([&](db::Transaction& tx) {
    messages::HoldRepository(tx).hold(
        {"template", "1/news/de", "132015", "system", api.world.clock.now(), {}});
  });
  const json hold = api.get("/api/v1/holds")["items"][0];
  CHECK(hold["key"] == "1:news:de");
  CHECK(hold["reason"]["text"]["en"] == api.world.channel.errorInfo(132015).english);
  CHECK(api.ask("DELETE", "/api/v1/holds/template/1:news:de").status == 204);
}

TEST_CASE("the queue tells what the dispatcher waits for", "[http]") {
  MessageApi api(db::Engine::sqlite, 1);
  api.supplyWaits[CampaignId{1}] = "media_missing";
  const json wait = api.get("/api/v1/queue")["campaigns"][0]["waits"][0];
  CHECK(wait["scope"] == "supplies");
  CHECK(wait["reason"]["code"] == "media_missing");
  CHECK(wait["reason"]["text"]["de"] != "media_missing");
}

TEST_CASE("a hold that makes no sense changes nothing", "[http]") {
  MessageApi api(db::Engine::sqlite, 1);
  const std::string toLong(301, 'x');
  for (const std::string& body :
       {std::string("{}"), std::string("[]"), std::string("null"), std::string("{\"scope\":"),
        std::string(R"({"scope": "everything"})"),
        std::string(R"({"scope": "everything", "key": "1", "reason": "x"})"),
        std::string(R"({"scope": "sender", "reason": "x"})"),
        std::string(R"({"scope": "sender", "key": 1, "reason": "x"})"),
        std::string(R"({"scope": "template", "reason": "x"})"),
        std::string(R"({"scope": "sender", "key": "1", "reason": ")") + toLong + "\"}",
        std::string(R"({"scope": "sender", "key": "1", "reason": "x", "minutes": 0})"),
        std::string(R"({"scope": "sender", "key": "1", "reason": "x", "forever": true})")}) {
    INFO(body);
    const RawReply reply = api.ask("POST", "/api/v1/holds", body);
    CHECK(reply.status == 400);
    CHECK_FALSE(json::parse(reply.body)["detail"].get<std::string>().empty());
  }
  CHECK(api.ask("POST", "/api/v1/holds", R"({"scope": "sender", "key": "9", "reason": "x"})")
            .status == 404);
  CHECK(api.ask("POST", "/api/v1/holds", R"({"scope": "template", "key": "1:a:de", "reason": "x"})")
            .status == 404);
  CHECK(api.get("/api/v1/holds")["items"].empty());
  CHECK(api.auditActions().empty());
}

TEST_CASE("holds are listed by page, also while some come and go", "[http]") {
  MessageApi api(ON_BOTH_ENGINES, 1);
  for (const char* hold : {R"({"scope": "everything", "reason": "x"})",
                           R"({"scope": "sender", "key": "1", "reason": "x"})",
                           R"({"scope": "campaign", "key": "1", "reason": "x"})"})
    REQUIRE(api.ask("POST", "/api/v1/holds", hold).status == 201);
  const json first = api.get("/api/v1/holds?limit=2");
  REQUIRE(first["items"].size() == 2);
  CHECK(first["items"][0]["scope"] == "campaign");
  CHECK(first["items"][1]["scope"] == "everything");
  REQUIRE(api.ask("DELETE", "/api/v1/holds/campaign/1").status == 204);
  const json rest =
      api.get("/api/v1/holds?limit=2&cursor=" + first["next_cursor"].get<std::string>());
  REQUIRE(rest["items"].size() == 1);
  CHECK(rest["items"][0]["scope"] == "sender");
  CHECK(rest["next_cursor"].is_null());
  CHECK(api.ask("GET", "/api/v1/holds?cursor=%21").status == 400);
}

TEST_CASE("the queue is for operations only", "[http]") {
  MessageApi api(db::Engine::sqlite, 1);
  const std::string reader = api.token({Scope::messagesRead, Scope::messagesWrite});
  for (const char* path : {"/api/v1/queue", "/api/v1/holds"})
    CHECK(api.askAs(reader, "GET", path).status == 403);
  CHECK(api.askAs(reader, "POST", "/api/v1/holds", R"({"scope": "everything", "reason": "x"})")
            .status == 403);
  CHECK(api.askAs(reader, "DELETE", "/api/v1/holds/everything/all").status == 403);
  CHECK(call(api.server.port(Port::api), request("GET", "/api/v1/queue")).status == 401);
}
