// Alerts over real sockets: who may read them, pages, and who takes care.
#include "http/alert_endpoints.h"

#include <nlohmann/json.hpp>

#include "http/openapi.h"
#include "http/operator_tokens.h"
#include "http/raw_client.h"
#include "http/server.h"
#include "messages/message_fixture.h"
#include "support/catch.h"
#include "users/audit_log.h"

using namespace clipcourier;
using namespace clipcourier::http;
using nlohmann::json;

namespace {

// Nothing sends here: the dispatcher is silent, and the disk is nearly full.
struct World : messages::MessageFixture {
  explicit World(db::Engine engine) : MessageFixture(engine, 0) {
    database->write([&](db::Transaction& tx) {
      tx.run("INSERT INTO dispatcher_heartbeats (owner, at_ms) VALUES ('node', 0)");
    });
    alerts.check();
    server.start();
  }
  RawReply askAs(const std::string& bearer, const std::string& method, const std::string& target) {
    return call(server.port(Port::api),
                request(method, target, "", {"Authorization: Bearer " + bearer}));
  }
  json items(const std::string& query = {}) {
    return json::parse(askAs("operator", "GET", "/api/v1/alerts" + query).body)["items"];
  }

  std::uint64_t free = 1;
  users::AuditLog audit{clock};
  alerts::AlertSettings settings() {
    alerts::AlertSettings own;
    own.freeBytes = [this] { return free; };
    return own;
  }
  alerts::AlertService alerts{*database, audit, clock, settings(),
                              [](const std::string&, const alerts::Alert&) {}};
  OperatorTokens tokens;
  AlertEndpoints endpoints{alerts};
  Server server{ServerSettings{},
                {.api = endpoints.routes(), .webhooks = {}, .publicPages = {}},
                tokens,
                [](const std::string&) {}};
};

}  // namespace

TEST_CASE("alerts say what is wrong in two languages, page by page", "[alerts]") {
  World world(GENERATE(values(kBothEngines)));
  const json all = world.items();
  REQUIRE(all.size() == 2);
  for (const json& alert : all) {
    CHECK(alert["severity"] == "critical");
    CHECK(alert["until"].is_null());
    CHECK(alert["acknowledged_by"].is_null());
    CHECK(alert["text"]["de"] != alert["text"]["en"]);
    CHECK(alert["text"]["en"].get<std::string>().size() > 10);
  }
  const RawReply first = world.askAs("operator", "GET", "/api/v1/alerts?limit=1");
  const json page = json::parse(first.body);
  REQUIRE(page["items"].size() == 1);
  CHECK(page["items"][0] == all[0]);
  CHECK(world.items("?limit=1&cursor=" + page["next_cursor"].get<std::string>())[0] == all[1]);
}

TEST_CASE("what is over stays listed, and is left away when only open ones are asked for",
          "[alerts]") {
  World world(GENERATE(values(kBothEngines)));
  world.free = 100'000'000'000;
  world.alerts.check();
  CHECK(world.items().size() == 2);
  const json open = world.items("?open=true");
  REQUIRE(open.size() == 1);
  CHECK(open[0]["until"].is_null());
}

TEST_CASE("who acknowledges an alert first takes care of it", "[alerts]") {
  World world(GENERATE(values(kBothEngines)));
  const std::string one =
      "/api/v1/alerts/" + std::to_string(world.items()[0]["id"].get<int>()) + "/acknowledge";
  const RawReply taken = world.askAs("operator", "POST", one);
  CHECK(taken.status == 200);
  CHECK(json::parse(taken.body)["acknowledged_by"] == "token:7");
  CHECK(json::parse(world.askAs("operator", "POST", one).body) == json::parse(taken.body));
  CHECK(world.items()[0]["acknowledged_by"] == "token:7");
  const RawReply none = world.askAs("operator", "POST", "/api/v1/alerts/9999/acknowledge");
  CHECK(none.status == 404);
  CHECK_FALSE(json::parse(none.body)["code"].get<std::string>().empty());
}

TEST_CASE("alerts are for operations alone", "[alerts]") {
  World world(db::Engine::sqlite);
  CHECK(world.askAs("viewer", "GET", "/api/v1/alerts").status == 403);
  CHECK(world.askAs("viewer", "POST", "/api/v1/alerts/1/acknowledge").status == 403);
  CHECK(world.askAs("nobody", "GET", "/api/v1/alerts").status == 401);
  CHECK(world.items()[0]["acknowledged_by"].is_null());
}
