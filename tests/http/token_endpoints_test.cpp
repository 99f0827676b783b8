#include "http/token_endpoints.h"

#include <nlohmann/json.hpp>

#include "http/openapi.h"
#include "http/raw_client.h"
#include "http/server.h"
#include "support/catch.h"
#include "support/manual_clock.h"
#include "support/test_database.h"
#include "users/role.h"

using namespace clipcourier;
using namespace clipcourier::http;
using nlohmann::json;

namespace {

struct Fixture {
  explicit Fixture(db::Engine engine) : database(engine) { server.start(); }
  std::string make(users::Scopes scopes) {
    return tokens.create("test", scopes, {}, Actor{"cli", "root", ""}).text.reveal();
  }
  RawReply ask(const std::string& token, const std::string& method, const std::string& target,
               const std::string& body = {}) {
    return call(server.port(Port::api),
                request(method, target, body, {"Authorization: Bearer " + token}));
  }

  TestDatabase database;
  ManualClock clock;
  users::AuditLog audit{clock};
  users::TokenService tokens{*database, audit, clock};
  TokenEndpoints endpoints{tokens, *database, clock};
  Server server{ServerSettings{},
                {.api = endpoints.routes(), .webhooks = {}, .publicPages = {}},
                tokens,
                [](const std::string&) {}};
};

#define ON_BOTH_ENGINES GENERATE(db::Engine::sqlite, db::Engine::postgresql)

}  // namespace

TEST_CASE("a token makes another, which works until it is revoked", "[http][users]") {
  Fixture f(ON_BOTH_ENGINES);
  const std::string admin = f.make(users::Scopes::all());
  const RawReply made = f.ask(admin, "POST", "/api/v1/tokens",
                              R"({"name": "report", "scopes": ["audit"], "expires_in_days": 30})");
  REQUIRE(made.status == 201);
  const json token = json::parse(made.body);
  CHECK(made.header("location") == "/api/v1/tokens/" + token["id"].dump());
  CHECK(token["expires_at"] == toIso(f.clock.now() + std::chrono::days(30)));
  const std::string text = token["token"];
  CHECK(f.ask(text, "GET", "/api/v1/audit").status == 200);
  CHECK(f.ask(text, "GET", "/api/v1/tokens").status == 403);
  CHECK(f.ask(admin, "DELETE", "/api/v1/tokens/" + token["id"].dump()).status == 200);
  CHECK(f.ask(text, "GET", "/api/v1/audit").status == 401);
}

TEST_CASE("nobody gives away a scope he does not have", "[http][users]") {
  Fixture f(ON_BOTH_ENGINES);
  const std::string clerk = f.make({Scope::tokens, Scope::videosRead});
  CHECK(f.ask(clerk, "POST", "/api/v1/tokens", R"({"name": "x", "scopes": ["campaigns:launch"]})")
            .status == 403);
  CHECK(f.ask(clerk, "POST", "/api/v1/tokens", R"({"name": "x", "scopes": ["*"]})").status == 403);
  CHECK(f.tokens.list(0, 10).size() == 1);
}

TEST_CASE("a role stands for its scopes, and is not given by who has less", "[http][users]") {
  Fixture f(ON_BOTH_ENGINES);
  const std::string admin = f.make(users::Scopes::all());
  const RawReply made = f.ask(admin, "POST", "/api/v1/tokens",
                              R"({"name": "m", "role": "marketing", "scopes": ["audit"]})");
  REQUIRE(made.status == 201);
  users::Scopes wanted = users::roleNamed("marketing").scopes;
  CHECK_FALSE(wanted.has(Scope::audit));
  wanted.add(Scope::audit);
  CHECK(json::parse(made.body)["scopes"] == json(wanted.names()));

  users::Scopes some = users::roleNamed("marketing").scopes;
  some.add(Scope::tokens);
  const std::string clerk = f.make(some);
  const auto give = [&](const std::string& role) {
    return f.ask(clerk, "POST", "/api/v1/tokens", R"({"name": "x", "role": ")" + role + "\"}")
        .status;
  };
  CHECK(give("viewer") == 201);
  CHECK(give("marketing") == 201);
  CHECK(give("operations") == 403);
  CHECK(give("admin") == 403);
  CHECK(give("king") == 400);
}

TEST_CASE("roles are listed by page, with what they may do", "[http][users]") {
  Fixture f(db::Engine::sqlite);
  const std::string admin = f.make(users::Scopes::all());
  std::vector<std::string> names;
  std::string cursor;
  do {
    const json page = json::parse(f.ask(admin, "GET", "/api/v1/roles?limit=2" + cursor).body);
    REQUIRE(page["items"].size() <= 2);
    for (const json& role : page["items"]) {
      names.push_back(role["name"]);
      CHECK_FALSE(role["scopes"].empty());
    }
    cursor =
        page["next_cursor"].is_null() ? "" : "&cursor=" + page["next_cursor"].get<std::string>();
  } while (!cursor.empty());
  CHECK(names ==
        std::vector<std::string>{"admin", "approver", "marketing", "operations", "viewer"});
}

TEST_CASE("lists never show a secret", "[http][users]") {
  Fixture f(ON_BOTH_ENGINES);
  const std::string admin = f.make(users::Scopes::all());
  f.make({Scope::audit});
  const RawReply first = f.ask(admin, "GET", "/api/v1/tokens?limit=1");
  const json page = json::parse(first.body);
  REQUIRE(page["items"].size() == 1);
  REQUIRE(page["next_cursor"].is_string());
  const json rest = json::parse(
      f.ask(admin, "GET", "/api/v1/tokens?cursor=" + page["next_cursor"].get<std::string>()).body);
  CHECK(rest["items"].size() == 1);
  CHECK(rest["next_cursor"].is_null());
  CHECK(first.body.find(admin.substr(admin.find('_', 3) + 1)) == std::string::npos);
  const json log = json::parse(f.ask(admin, "GET", "/api/v1/audit").body);
  CHECK(log["items"][0]["action"] == "token.create");
}

TEST_CASE("a request for a token that makes no sense changes nothing", "[http][users]") {
  Fixture f(ON_BOTH_ENGINES);
  const std::string admin = f.make(users::Scopes::all());
  for (const std::string& body :
       {std::string("{}"), std::string("[]"), std::string(R"({"name": "x"})"),
        std::string(R"({"name": "x", "scopes": ["everything"]})"),
        std::string(R"({"name": "x", "scopes": "audit"})"),
        std::string(R"({"name": "", "scopes": ["audit"]})"), std::string(R"({"role": "viewer"})"),
        std::string(R"({"name": "x", "scopes": ["audit"], "expires_in_days": 0})"),
        std::string(R"({"name": "x", "scopes": ["audit"], "admin": true})")}) {
    INFO(body);
    const RawReply reply = f.ask(admin, "POST", "/api/v1/tokens", body);
    CHECK(reply.status == 400);
    CHECK_FALSE(json::parse(reply.body)["detail"].get<std::string>().empty());
  }
  CHECK(f.ask(admin, "DELETE", "/api/v1/tokens/999").status == 404);
  CHECK(f.tokens.list(0, 10).size() == 1);
}

TEST_CASE("the token endpoints are described as they are", "[http][users]") {
  Fixture f(db::Engine::sqlite);
  json document = openApiDocument();
  json paths = json::object();
  for (const Route& route : f.endpoints.routes()) paths[route.path] = document["paths"][route.path];
  document["paths"] = paths;
  CHECK(openApiMismatches(f.endpoints.routes(), document) == std::vector<std::string>{});
  CHECK(document["components"]["schemas"]["Scope"]["enum"] == json(users::Scopes::all().names()));
  json roles = json::array();
  for (const users::Role& role : users::allRoles()) roles.push_back(role.name);
  CHECK(document["components"]["schemas"]["RoleName"]["enum"] == roles);
}
