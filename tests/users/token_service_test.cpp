#include "users/token_service.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "support/catch.h"
#include "support/manual_clock.h"
#include "support/test_database.h"

using namespace clipcourier;
using namespace clipcourier::users;
using namespace std::chrono_literals;

namespace {

struct Fixture {
  explicit Fixture(db::Engine engine) : database(engine) {}
  std::string make(Scopes scopes = {Scope::videosRead}, std::optional<TimePoint> expires = {}) {
    return tokens.create("test", scopes, expires, by).text.reveal();
  }
  std::vector<AuditEntry> log() {
    return database->read([](db::Connection& c) { return AuditLog::list(c, 0, 10); });
  }
  TestDatabase database;
  ManualClock clock;
  AuditLog audit{clock};
  TokenService tokens{*database, audit, clock};
  Actor by{"cli", "root", ""};
};

#define ON_BOTH_ENGINES GENERATE(db::Engine::sqlite, db::Engine::postgresql)

}  // namespace

TEST_CASE("a token opens what its scopes say, until it is revoked", "[users]") {
  Fixture f(ON_BOTH_ENGINES);
  const auto created = f.tokens.create("shop import", {Scope::customersWrite}, {}, f.by);
  const auto caller = f.tokens.authenticate(created.text.reveal());
  REQUIRE(caller);
  CHECK(caller->actor.kind == "token");
  CHECK(caller->actor.id == std::to_string(created.token.id.value));
  CHECK(caller->scopes == Scopes{Scope::customersWrite});
  CHECK(f.tokens.revoke(created.token.id, f.by).revokedAt == f.clock.now());
  CHECK_FALSE(f.tokens.authenticate(created.text.reveal()));
}

TEST_CASE("a token is worth nothing from the moment it expires", "[users]") {
  Fixture f(ON_BOTH_ENGINES);
  const std::string token = f.make({Scope::videosRead}, f.clock.now() + 1h);
  f.clock.advance(59min);
  CHECK(f.tokens.authenticate(token));
  f.clock.advance(1min);
  CHECK_FALSE(f.tokens.authenticate(token));
}

TEST_CASE("a token's name is text on one line", "[users]") {
  Fixture f(ON_BOTH_ENGINES);
  for (const std::string& wrong : {std::string(" "), std::string("a\nb"), std::string("\x1b[2Jx"),
                                   std::string("\xff"), std::string(101, 'x')}) {
    INFO(wrong);
    CHECK_THROWS_AS(f.tokens.create(wrong, {Scope::videosRead}, {}, f.by), Error);
  }
  CHECK(f.tokens.create("Ladenimport für Jürgen", {Scope::videosRead}, {}, f.by).token.id.value >
        0);
}

TEST_CASE("nothing that is not exactly a token is one", "[users]") {
  Fixture f(ON_BOTH_ENGINES);
  const std::string token = f.make();
  const std::string other = f.make();
  const std::string secret = token.substr(token.find('_', 3) + 1);
  for (const std::string& wrong :
       {std::string(), std::string("cc_"), std::string("cc_1"), std::string("cc_1_"),
        "cc_999_" + secret, "cc_2_" + secret, "cc_0_" + secret, "cc_-1_" + secret,
        "cc_1x_" + secret, token + "x", token.substr(0, token.size() - 1), "CC" + token.substr(2),
        " " + token, "cc_99999999999999999999_" + secret, token + std::string(1'000, 'x')}) {
    INFO(wrong);
    CHECK_FALSE(f.tokens.authenticate(wrong));
  }
  CHECK(f.tokens.authenticate(token));
  CHECK(f.tokens.authenticate(other));
}

TEST_CASE("the secret is nowhere in the database", "[users]") {
  Fixture f(ON_BOTH_ENGINES);
  const std::string token = f.make();
  const std::string secret = token.substr(token.find('_', 3) + 1);
  CHECK(secret.size() == 43);
  const auto hash = f.database->read([](db::Connection& c) {
    return c.scalar<std::string>("SELECT secret_hash FROM api_tokens WHERE id = 1");
  });
  CHECK(hash->size() == 64);
  CHECK(hash->find(secret) == std::string::npos);
  for (const AuditEntry& entry : f.log()) CHECK(entry.details.find(secret) == std::string::npos);
}

TEST_CASE("making and revoking a token is in the audit log, with who did it", "[users]") {
  Fixture f(ON_BOTH_ENGINES);
  const auto created = f.tokens.create("shop", {Scope::audit}, {}, {"token", "7", "request-1"});
  f.tokens.revoke(created.token.id, f.by);
  f.tokens.revoke(created.token.id, f.by);  // changes nothing, so it leaves no row
  const auto log = f.log();
  REQUIRE(log.size() == 2);
  CHECK(log[1].action == "token.create");
  CHECK(log[1].actor.id == "7");
  CHECK(log[1].actor.requestId == "request-1");
  CHECK(nlohmann::json::parse(log[1].details)["name"] == "shop");
  CHECK(log[0].action == "token.revoke");
  CHECK(log[0].objectId == std::to_string(created.token.id.value));
}

TEST_CASE("when a token was used is known to the hour", "[users]") {
  Fixture f(ON_BOTH_ENGINES);
  const std::string token = f.make();
  CHECK_FALSE(f.tokens.get({1}).lastUsedAt);
  f.tokens.authenticate(token);
  const auto first = f.tokens.get({1}).lastUsedAt;
  REQUIRE(first);
  CHECK(first->time_since_epoch() % 1h == 0ms);
  f.clock.advance(2h);
  f.tokens.authenticate(token);
  CHECK(f.tokens.get({1}).lastUsedAt == *first + 2h);
}

TEST_CASE("tokens are listed page by page, without secrets", "[users]") {
  Fixture f(ON_BOTH_ENGINES);
  for (int i = 0; i < 3; ++i) f.make();
  const auto first = f.tokens.list(0, 2);
  REQUIRE(first.size() == 2);
  const auto second = f.tokens.list(first.back().id.value, 2);
  REQUIRE(second.size() == 1);
  CHECK(second[0].id == TokenId{3});
}

TEST_CASE("a token that makes no sense is not made", "[users]") {
  Fixture f(ON_BOTH_ENGINES);
  CHECK_THROWS_AS(f.tokens.create(" ", {Scope::audit}, {}, f.by), Error);
  CHECK_THROWS_AS(f.tokens.create("x", {}, {}, f.by), Error);
  CHECK_THROWS_AS(f.tokens.create("x", {Scope::audit}, f.clock.now(), f.by), Error);
  CHECK_THROWS_AS(f.tokens.revoke({42}, f.by), Error);
  CHECK(f.log().empty());
}
