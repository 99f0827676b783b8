#include "http/campaign_endpoints.h"

#include <nlohmann/json.hpp>

#include "campaigns/campaign_fixture.h"
#include "http/idempotency.h"
#include "http/openapi.h"
#include "http/raw_client.h"
#include "http/server.h"
#include "support/catch.h"
#include "users/token_service.h"

using namespace clipcourier;
using namespace clipcourier::http;
using nlohmann::json;

namespace {

struct CampaignApi : campaigns::CampaignFixture {
  explicit CampaignApi(db::Engine engine) : CampaignFixture(engine) {
    addCustomers(1);
    server.start();
  }
  RawReply ask(const std::string& method, const std::string& path, const std::string& body = {},
               std::vector<std::string> headers = {}) {
    headers.push_back("Authorization: Bearer " + bearer);
    return call(server.port(Port::api), request(method, "/api/v1/campaigns" + path, body, headers));
  }
  std::string draft() {
    const json wanted = {{"name", "Sommer"},
                         {"sender_id", 1},
                         {"audience", {{"all", true}}},
                         {"fallback_language", "de"},
                         {"contents",
                          {{{"language", "de"},
                            {"clip_id", 1},
                            {"template", {{"name", "product_clip"}, {"language", "de"}}},
                            {"variables",
                             {{"first_name", {{"field", "first_name"}, {"fallback", "Kunde"}}},
                              {"product", {{"text", "Modell 7"}}}}}}}}};
    return wanted.dump();
  }

  users::TokenService tokens{*database, audit, clock};
  std::string bearer =
      tokens.create("t", users::Scopes::all(), {}, Actor{"cli", "", ""}).text.reveal();
  IdempotencyKeys once{*database, clock, std::chrono::hours(24)};
  CampaignEndpoints endpoints{service, *database,
                              [] { return std::map<CampaignId, std::string>(); }};
  Server server{ServerSettings{},
                {.api = once.guard(endpoints.routes()), .webhooks = {}, .publicPages = {}},
                tokens,
                [](const std::string&) {}};
};

}  // namespace

TEST_CASE("a campaign is launched once, however often the launch is sent", "[campaigns]") {
  CampaignApi api(GENERATE(values(kBothEngines)));
  const RawReply made = api.ask("POST", "", api.draft(), {"Idempotency-Key: make"});
  CAPTURE(made.body);
  REQUIRE(made.status == 201);
  CHECK(api.ask("POST", "", api.draft(), {"Idempotency-Key: make"}).body == made.body);
  CHECK(api.number("SELECT count(*) FROM campaigns") == 1);

  const RawReply launched = api.ask("POST", "/1/launch", "", {"Idempotency-Key: go"});
  CAPTURE(launched.body);
  REQUIRE(launched.status == 202);
  CHECK(json::parse(launched.body)["state"] == "launching");
  // Later it runs; the repetition still gets the first answer, and without a key it is a conflict.
  REQUIRE(api.runJob(api.launchJob().handler()));
  const RawReply again = api.ask("POST", "/1/launch", "", {"Idempotency-Key: go"});
  CHECK(again.status == 202);
  CHECK(again.body == launched.body);
  CHECK(again.header("ETag") == launched.header("ETag"));
  CHECK(again.header("Idempotent-Replayed") == "true");
  CHECK(api.ask("POST", "/1/launch").status == 409);
  CHECK(api.number("SELECT count(*) FROM jobs WHERE kind = 'campaign.launch'") == 1);
  CHECK(api.number("SELECT count(*) FROM audit_log WHERE action = 'campaign.launch'") == 1);
  CHECK(api.ask("POST", "", api.draft(), {"Idempotency-Key: go"}).status == 422);
}

TEST_CASE("who edits a campaign says what he saw", "[campaigns]") {
  CampaignApi api(db::Engine::sqlite);
  const std::string tag = api.ask("POST", "", api.draft()).header("ETag");
  REQUIRE_FALSE(tag.empty());
  CHECK(api.ask("GET", "/1").header("ETag") == tag);
  const RawReply without = api.ask("PUT", "/1", api.draft());
  CHECK(without.status == 428);
  CHECK(json::parse(without.body)["code"] == "request.if_match_missing");
  const RawReply edited = api.ask("PUT", "/1", api.draft(), {"If-Match: " + tag});
  CHECK(edited.status == 200);
  CHECK(edited.header("ETag") != tag);
  CHECK(api.ask("PUT", "/1", api.draft(), {"If-Match: " + tag}).status == 409);
  CHECK(api.ask("PUT", "/1", api.draft(), {"If-Match: 1"}).status == 400);
}

TEST_CASE("the description of campaigns fits their routes", "[campaigns]") {
  CampaignApi api(db::Engine::sqlite);
  json document = openApiDocument(), paths = json::object();
  for (const auto& route : api.endpoints.routes())
    paths[route.path] = document["paths"][route.path];
  document["paths"] = paths;
  CHECK(openApiMismatches(api.endpoints.routes(), document) == std::vector<std::string>{});
}
