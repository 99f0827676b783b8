#include "http/message_endpoints.h"

#include <nlohmann/json.hpp>

#include "http/message_api.h"
#include "http/openapi.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::http;
using nlohmann::json;

TEST_CASE("a message shows its state, why, and each attempt", "[http]") {
  MessageApi api(ON_BOTH_ENGINES, 1);
  const auto attempt = api.world.sendOne();
  api.world.answer(attempt, channels::Refused{131026, channels::Reaction::recipient, "no"});
  const json message = api.get("/api/v1/messages/1");
  CHECK(message["state"] == "failed");
  CHECK(message["campaign_id"] == 1);
  CHECK(message["channel"] == "whatsapp");
  CHECK(message["reason"]["code"] == "131026");
  CHECK(message["reason"]["text"]["de"] == api.world.channel.errorInfo(131026).german);
  REQUIRE(message["attempts"].size() == 1);
  CHECK(message["attempts"][0]["state"] == "failed");
  CHECK(message["attempts"][0]["error"]["code"] == "131026");
  CHECK(message["waits"].empty());
  CHECK(message["outlook"].is_null());
}

TEST_CASE("a timeline tells what happened, in order", "[http]") {
  MessageApi api(ON_BOTH_ENGINES, 1);
  api.world.clock.advance(Millis(1'000));
  api.world.answer(api.world.sendOne(), channels::Accepted{"wamid.1", "", "", false});
  const json timeline = api.get("/api/v1/messages/1/timeline");
  CHECK(timeline["message_id"] == 1);
  REQUIRE(timeline["items"].size() == 3);
  CHECK(timeline["items"][0]["kind"] == "queued");
  CHECK(timeline["items"][0]["attempt"].is_null());
  CHECK(timeline["items"][1]["kind"] == "sending");
  CHECK(timeline["items"][1]["attempt"] == 1);
  CHECK(timeline["items"][2]["kind"] == "accepted");
  CHECK(timeline["items"][2]["at"] == toIso(api.world.clock.now()));
}

TEST_CASE("a timeline is read page by page, also of one moment, and what comes late moves nothing",
          "[http]") {
  MessageApi api(ON_BOTH_ENGINES, 1);
  api.world.answer(api.world.sendOne(), channels::Accepted{"wamid.1", "", "", false});
  const std::string path = "/api/v1/messages/1/timeline";
  const json whole = api.get(path);
  CHECK(whole["next_cursor"].is_null());
  const json first = api.get(path + "?limit=2");
  CHECK(first["message_id"] == 1);
  CHECK(first["items"] == json::array({whole["items"][0], whole["items"][1]}));
  const std::string rest = path + "?limit=2&cursor=" + first["next_cursor"].get<std::string>();
  CHECK(api.get(rest)["items"] == json::array({whole["items"][2]}));
  CHECK(api.get(rest)["next_cursor"].is_null());
  api.world.database->write([](db::Transaction& tx) {
    tx.run(
        "INSERT INTO message_events (message_id, attempt, kind, at_ms) VALUES (1, 1, 'sent', 5)");
  });
  CHECK(api.get(rest)["items"] == json::array({whole["items"][2]}));
  const json all = api.get(path)["items"];
  REQUIRE(all.size() == 4);
  CHECK(all[0] == whole["items"][0]);
  CHECK(all[1]["kind"] == "sent");
}

TEST_CASE("an unknown message says what to think of it", "[http]") {
  MessageApi api(ON_BOTH_ENGINES, 1);
  api.world.answer(api.world.sendOne(), channels::Unknown{"timeout"});
  const json message = api.get("/api/v1/messages?campaign=1&state=unknown")["items"][0];
  CHECK(message["reason"]["code"] == "reply_lost");
  CHECK(message["outlook"]["probably_never_sent"] == false);
  CHECK_FALSE(message["outlook"]["text"]["de"].get<std::string>().empty());
}

TEST_CASE("unknown messages are listed by sender and age, and decided about", "[http]") {
  MessageApi api(ON_BOTH_ENGINES, 3);
  for (int i = 0; i < 3; ++i) api.world.answer(api.world.sendOne(), channels::Unknown{"timeout"});
  const auto count = [&](const std::string& more) {
    return api.get("/api/v1/messages?state=unknown" + more)["items"].size();
  };
  CHECK(count("") == 3);
  CHECK(count("&sender=1&campaign=1") == 3);
  CHECK(count("&sender=2") == 0);
  CHECK(count("&older_than_minutes=5") == 0);
  CHECK(count("&probably_never_sent=true") == 0);
  const json page = api.get("/api/v1/messages?state=unknown&limit=2");
  CHECK(page["items"].size() == 2);
  CHECK(count("&limit=2&cursor=" + page["next_cursor"].get<std::string>()) == 1);
  CHECK(api.ask("GET", "/api/v1/messages?campaign=1&sender=1").status == 400);

  api.world.clock.advance(Millis(1));  // what is tried from now on is not meant
  const std::string resend = R"({"action": "resend", "sender_id": 1})";
  const RawReply reply = api.askAs(api.all, "POST", "/api/v1/resolutions", resend, "k1");
  REQUIRE(reply.status == 202);
  CHECK(api.askAs(api.all, "POST", "/api/v1/resolutions", resend, "k1").body == reply.body);
  const json begun = json::parse(reply.body);
  CHECK(begun["total"] == 3);
  CHECK(begun["state"] == "waiting");
  CHECK(begun["created_by"].get<std::string>().starts_with("token:"));
  CHECK(api.get("/api/v1/resolutions/1") == begun);
  CHECK(api.get("/api/v1/resolutions")["items"] == json::array({begun}));
  CHECK(api.auditActions().at(0) == "messages.resend");
  CHECK(api.ask("GET", "/api/v1/resolutions/2").status == 404);
  CHECK(api.ask("POST", "/api/v1/resolutions", R"({"action": "forget"})").status == 400);
  CHECK(api.askAs(api.token({Scope::messagesWrite}), "POST", "/api/v1/resolutions",
                  R"({"action": "resend"})")
            .status == 403);
}

TEST_CASE("addresses are masked for whoever may not see customers", "[http]") {
  MessageApi api(db::Engine::sqlite, 1);
  const std::string clerk = api.token({Scope::messagesRead});
  const std::string number = "+4917100000001";
  for (const char* path : {"/api/v1/messages", "/api/v1/messages/1"}) {
    CHECK(api.askAs(clerk, "GET", path).body.find("100000001") == std::string::npos);
    CHECK(api.ask("GET", path).body.find(number) != std::string::npos);
  }
  CHECK(api.getAs(clerk, "/api/v1/messages/1")["address"].get<std::string>().starts_with("+49"));
  api.world.database->write(
      [](db::Transaction& tx) { tx.run("UPDATE messages SET address = 'DE.1234567890'"); });
  CHECK(api.getAs(clerk, "/api/v1/messages/1")["address"] == "DE.…");
}

TEST_CASE("the personal link is only for those who may act on messages", "[http]") {
  MessageApi api(db::Engine::sqlite, 1);
  const std::string reader = api.token({Scope::messagesRead, Scope::customersRead});
  CHECK_FALSE(api.getAs(reader, "/api/v1/messages/1").contains("watch_url"));
  const std::string url = api.get("/api/v1/messages/1")["watch_url"];
  CHECK(url == "https://w.example/w/" + api.watchTokens.make({1}));
  CHECK_FALSE(api.get("/api/v1/messages")["items"][0].contains("watch_url"));
}

TEST_CASE("messages are listed page by page", "[http]") {
  MessageApi api(ON_BOTH_ENGINES, 5);
  std::vector<int> ids;
  std::string cursor;
  for (int page = 0; page < 3; ++page) {
    const json reply = api.get("/api/v1/messages?campaign=1&limit=2" + cursor);
    for (const json& item : reply["items"]) ids.push_back(item["id"]);
    if (reply["next_cursor"].is_null()) break;
    cursor = "&cursor=" + reply["next_cursor"].get<std::string>();
  }
  CHECK(ids == std::vector<int>{5, 4, 3, 2, 1});
  CHECK(api.get("/api/v1/messages?customer=3")["items"].size() == 1);
  CHECK(api.get("/api/v1/messages?campaign=1&state=held")["items"].empty());
}

TEST_CASE("what cannot be asked of messages is refused with a hint", "[http]") {
  MessageApi api(db::Engine::sqlite, 1);
  for (const char* query :
       {"?state=queued", "?state=lost", "?campaign=x", "?campaign=0", "?campaign=1&campaign=2",
        "?limit=0", "?limit=9999", "?cursor=%00", "?cursor=abc", "?phone=1"}) {
    INFO(query);
    const RawReply reply = api.ask("GET", std::string("/api/v1/messages") + query);
    CHECK(reply.status == 400);
    CHECK_FALSE(json::parse(reply.body)["detail"].get<std::string>().empty());
  }
  for (const char* path : {"/api/v1/messages/2", "/api/v1/messages/x", "/api/v1/messages/0",
                           "/api/v1/messages/99999999999999999999", "/api/v1/messages/2/timeline"})
    CHECK(api.ask("GET", path).status == 404);
  CHECK(api.ask("POST", "/api/v1/messages", "{}").status == 405);
  CHECK(api.askAs(api.token({Scope::videosRead}), "GET", "/api/v1/messages").status == 403);
}

TEST_CASE("the message and queue endpoints are described as they are", "[http]") {
  MessageApi api(db::Engine::sqlite, 0);
  json document = openApiDocument();
  json paths = json::object();
  for (const Route& route : api.routes()) paths[route.path] = document["paths"][route.path];
  document["paths"] = paths;
  CHECK(openApiMismatches(api.routes(), document) == std::vector<std::string>{});
}
