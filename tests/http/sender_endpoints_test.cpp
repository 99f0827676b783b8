#include "http/sender_endpoints.h"

#include <stdlib.h>

#include <nlohmann/json.hpp>

#include "http/openapi.h"
#include "http/raw_client.h"
#include "http/server.h"
#include "support/catch.h"
#include "support/http_responder.h"
#include "support/manual_clock.h"
#include "support/test_database.h"
#include "users/token_service.h"

using namespace clipcourier;
using namespace clipcourier::http;
using nlohmann::json;

namespace {

ResponderReply provider(const ResponderRequest& request) {
  ResponderReply reply;
  if (request.target.find("message_templates") == std::string::npos) {
    reply.body = R"({"id":"1055","display_phone_number":"+49 30 123456"})";
  } else {
    reply.body = R"({"data":[{"id":"1","name":"clip","language":"de","status":"APPROVED",
      "components":[{"type":"BODY","text":"Hallo {{1}}."}]}]})";
  }
  return reply;
}

struct Fixture {
  explicit Fixture(db::Engine engine) : database(engine) {
    ::setenv("CLIPCOURIER_SENDER_T", "t0ken", 1);
    server.start();
  }
  RawReply ask(const std::string& method, const std::string& target, const json& body = {},
               std::vector<std::string> headers = {}) {
    headers.push_back("Authorization: Bearer " + token);
    return call(server.port(Port::api),
                request(method, target, body.is_null() ? "" : body.dump(), headers));
  }
  json sender() const {
    return {{"channel", "whatsapp"},
            {"name", "Haupt"},
            {"external_id", "1055"},
            {"account_id", "2066"},
            {"base_url", responder.url()},
            {"token_source", "env:CLIPCOURIER_SENDER_T"},
            {"app_secret_source", "env:CLIPCOURIER_SENDER_T"},
            {"verify_token_source", "env:CLIPCOURIER_SENDER_T"}};
  }

  TestDatabase database;
  ManualClock clock;
  HttpResponder responder{provider};
  std::unique_ptr<net::HttpEngine> engine = net::makeHttpEngine();
  users::AuditLog audit{clock};
  users::TokenService tokens{*database, audit, clock};
  std::string token =
      tokens.create("test", users::Scopes::all(), {}, Actor{"cli", "root", ""}).text.reveal();
  senders::SecretSources secrets{""};
  senders::SenderDirectory directory{*database, secrets, clock};
  senders::SenderService service{*database, secrets, directory, clock};
  senders::TemplateSync sync{*database, *engine, directory, clock};
  senders::SenderCheck check{*database, *engine, secrets};
  SenderEndpoints endpoints{service, sync, check, *database, clock};
  Server server{ServerSettings{},
                {.api = endpoints.routes(), .webhooks = {}, .publicPages = {}},
                tokens,
                [](const std::string&) {}};
};

#define ON_BOTH_ENGINES GENERATE(db::Engine::sqlite, db::Engine::postgresql)

}  // namespace

TEST_CASE("a sender is added, checked, synced and edited by API", "[http][senders]") {
  Fixture f(ON_BOTH_ENGINES);
  const RawReply made = f.ask("POST", "/api/v1/senders", f.sender());
  REQUIRE(made.status == 201);
  const std::string at = made.header("location");
  CHECK(json::parse(made.body)["messages_per_second"] == 80);
  CHECK(made.body.find("t0ken") == std::string::npos);

  const json found = json::parse(f.ask("POST", at + "/check").body);
  CHECK(found["ok"] == true);
  CHECK(found["findings"].size() == 5);
  CHECK(json::parse(f.ask("POST", at + "/templates/sync").body)["added"] == 1);
  const json templates = json::parse(f.ask("GET", at + "/templates").body);
  REQUIRE(templates["items"].size() == 1);
  CHECK(templates["items"][0]["usable"] == true);
  CHECK(templates["items"][0]["parameters"] == json{"1"});

  const RawReply seen = f.ask("GET", at);
  CHECK(json::parse(seen.body)["display_address"] == "+49 30 123456");
  const std::string tag = "If-Match: " + seen.header("etag");
  const json change = {{"messages_per_second", 20}, {"state", "disabled"}};
  CHECK(f.ask("PATCH", at, change).status == 428);
  const RawReply edited = f.ask("PATCH", at, change, {tag});
  CHECK(edited.status == 200);
  CHECK(json::parse(edited.body)["messages_per_second"] == 20);
  CHECK(json::parse(edited.body)["name"] == "Haupt");
  CHECK(f.ask("PATCH", at, change, {tag}).status == 409);
  CHECK(f.ask("POST", at + "/templates/sync").status == 422);  // disabled
  CHECK(json::parse(f.ask("GET", "/api/v1/senders").body)["items"].size() == 1);
}

TEST_CASE("a sender that makes no sense is refused with every reason", "[http][senders]") {
  Fixture f(db::Engine::sqlite);
  json bad = f.sender();
  bad["external_id"] = "12/../3";
  bad["token_source"] = "env:PATH";
  bad["base_url"] = "javascript:alert(1)";
  const RawReply reply = f.ask("POST", "/api/v1/senders", bad);
  CHECK(reply.status == 400);
  CHECK(json::parse(reply.body)["errors"].size() == 3);
  bad = f.sender();
  bad["surprise"] = 1;
  CHECK(f.ask("POST", "/api/v1/senders", bad).status == 400);
  bad = f.sender();
  bad["channel"] = "pigeon";
  CHECK(f.ask("POST", "/api/v1/senders", bad).status == 400);
  for (const json& wrong : {json::array(), json::object(), json{{"name", 7}}}) {
    CHECK(f.ask("POST", "/api/v1/senders", wrong).status == 400);
  }
  CHECK(json::parse(f.ask("GET", "/api/v1/senders").body)["items"].empty());
  for (const char* path :
       {"/api/v1/senders/7", "/api/v1/senders/x", "/api/v1/senders/7/templates"}) {
    CHECK(f.ask("GET", path).status == 404);
  }
  CHECK(f.ask("POST", "/api/v1/senders", f.sender()).status == 201);
  CHECK(f.ask("POST", "/api/v1/senders", f.sender()).status == 409);
}

TEST_CASE("the senders' routes are as they are described", "[http][senders]") {
  Fixture f(db::Engine::sqlite);
  json document = openApiDocument();
  json paths = json::object();
  for (const Route& route : f.endpoints.routes()) {
    paths[route.path] = document["paths"].value(route.path, json::object());
  }
  document["paths"] = paths;
  CHECK(openApiMismatches(f.endpoints.routes(), document) == std::vector<std::string>{});
}
