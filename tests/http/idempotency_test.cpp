#include "http/idempotency.h"

#include <condition_variable>
#include <nlohmann/json.hpp>
#include <thread>

#include "http/raw_client.h"
#include "http/server.h"
#include "support/catch.h"
#include "support/manual_clock.h"
#include "support/test_database.h"
#include "support/wait_for.h"
#include "users/audit_log.h"
#include "users/token_service.h"

using namespace clipcourier;
using namespace clipcourier::http;
using nlohmann::json;

namespace {

// Two callers and routes whose effect is a row of the audit log.
struct World {
  explicit World(db::Engine engine) : database(engine) { server.start(); }

  std::vector<Route> routes() {
    const RouteOptions once{.once = true};
    return {
        {Method::post, "/things", Scope::audit, [this](Request& r) { return make(r, true); }, once},
        {Method::post, "/late", Scope::audit, [this](Request& r) { return make(r, false); }, once},
        {Method::post, "/dies", Scope::audit, [this](Request& r) { return die(r, true); }, once},
        {Method::post, "/dies/early", Scope::audit, [this](Request& r) { return die(r, false); },
         once},
        {Method::post, "/looks", Scope::audit,
         [this](Request&) {
           return ok({{"at", ++looks}});
         },
         once},
        {Method::post, "/refuses", Scope::audit,
         [](Request&) -> Reply { throw Error(ErrorKind::refused, "no", "Never.", "test.refused"); },
         once},
        {Method::post, "/plain", Scope::audit, [this](Request& r) { return make(r, true); }},
    };
  }

  Reply make(Request& request, bool within) {
    const json wanted = request.json();
    if (wanted.value("wait", false)) waitForGo();
    Reply reply;
    (*database).write([&](db::Transaction& tx) {
      audit.record(tx, request.actor(), "thing.make", "thing", 1, wanted);
      const auto count =
          *tx.scalar<std::int64_t>("SELECT count(*) FROM audit_log WHERE action = 'thing.make'");
      reply = created("/things/" + std::to_string(count), {{"number", count}});
      if (within) request.keepAnswer(reply);
    });
    return reply;
  }
  // What a process leaves that is killed after its effect: no answer reaches the caller.
  Reply die(Request& request, bool within) {
    make(request, within);
    throw std::runtime_error("killed");
  }
  void waitForGo() {
    std::unique_lock lock(mutex);
    ++waiting;
    changed.notify_all();
    changed.wait_for(lock, std::chrono::seconds(10), [&] { return go; });
  }
  bool waitForWaiting() {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(10), [&] { return waiting > 0; });
  }
  void letGo() {
    const std::lock_guard lock(mutex);
    go = true;
    changed.notify_all();
  }

  RawReply post(const std::string& path, const std::string& key, const std::string& body = "{}",
                const std::string& bearer = "") {
    return call(server.port(Port::api),
                request("POST", path, body,
                        {"Authorization: Bearer " + (bearer.empty() ? anna : bearer),
                         "Idempotency-Key: " + key}));
  }
  std::int64_t made() {
    return database->read([](db::Connection& c) {
      return *c.scalar<std::int64_t>("SELECT count(*) FROM audit_log WHERE action = 'thing.make'");
    });
  }
  std::int64_t keys() {
    return database->read([](db::Connection& c) {
      return *c.scalar<std::int64_t>("SELECT count(*) FROM idempotency_keys");
    });
  }
  std::string token() {
    return tokens.create("t", users::Scopes::all(), {}, Actor{"cli", "", ""}).text.reveal();
  }

  std::mutex mutex;
  std::condition_variable changed;
  int waiting = 0, looks = 0;
  bool go = false;
  ManualClock clock;
  TestDatabase database;
  users::AuditLog audit{clock};
  users::TokenService tokens{*database, audit, clock};
  std::string anna = token(), ben = token();
  IdempotencyKeys once{*database, clock, std::chrono::hours(24)};
  Server server{ServerSettings{},
                {.api = once.guard(routes()), .webhooks = {}, .publicPages = {}},
                tokens,
                [](const std::string&) {}};
};

std::string codeOf(const RawReply& reply) {
  return std::to_string(reply.status) + ' ' + json::parse(reply.body).value("code", "");
}

}  // namespace

TEST_CASE("the same request with the same key has its effect once", "[idempotency]") {
  World world(GENERATE(values(kBothEngines)));
  const std::string path = GENERATE("/things", "/late");
  const RawReply first = world.post(path, "k1");
  REQUIRE(first.status == 201);
  CHECK(first.header("Idempotent-Replayed").empty());
  const RawReply again = world.post(path, "k1");
  CHECK(again.status == 201);
  CHECK(again.body == first.body);
  CHECK(again.header("Location") == "/things/1");
  CHECK(again.header("Idempotent-Replayed") == "true");
  CHECK(world.made() == 1);
  CHECK(world.post(path, "k2").header("Location") == "/things/2");
  // Keys of different callers never meet.
  CHECK(world.post(path, "k1", "{}", world.ben).header("Location") == "/things/3");
}

TEST_CASE("a key that was used for another request is refused", "[idempotency]") {
  World world(GENERATE(values(kBothEngines)));
  REQUIRE(world.post("/things", "k1").status == 201);
  CHECK(codeOf(world.post("/things", "k1", R"({"a":1})")) == "422 idempotency.other_request");
  CHECK(codeOf(world.post("/late", "k1")) == "422 idempotency.other_request");
  CHECK(codeOf(world.post("/things", std::string(201, 'k'))) == "400 request.bad_idempotency_key");
  CHECK(world.made() == 1);
}

TEST_CASE("a process killed after its effect gives the same answer later", "[idempotency]") {
  World world(GENERATE(values(kBothEngines)));
  CHECK(world.post("/dies", "k1").status == 201);  // the answer was durable with the effect
  const RawReply again = world.post("/dies", "k1");
  CHECK(again.status == 201);
  CHECK(json::parse(again.body)["number"] == 1);
  CHECK(world.made() == 1);

  // Without an answer in the transaction the effect still stays the only one.
  CHECK(world.post("/dies/early", "k2").status == 500);
  CHECK(codeOf(world.post("/dies/early", "k2")) == "409 idempotency.in_work");
  world.clock.advance(std::chrono::minutes(2));
  CHECK(codeOf(world.post("/dies/early", "k2")) == "409 idempotency.answer_lost");
  CHECK(world.made() == 2);
}

TEST_CASE("an answer outlives the process that gave it", "[idempotency]") {
  World world(GENERATE(values(kBothEngines)));
  const RawReply first = world.post("/things", "k1");
  world.server.stop();
  db::Database reopened(world.database.settings());
  IdempotencyKeys once(reopened, world.clock, std::chrono::hours(24));
  Server server(ServerSettings{}, {once.guard(world.routes()), {}, {}}, world.tokens,
                [](const std::string&) {});
  server.start();
  const RawReply again =
      call(server.port(Port::api),
           request("POST", "/things", "{}",
                   {"Authorization: Bearer " + world.anna, "Idempotency-Key: k1"}));
  CHECK(again.body == first.body);
  CHECK(world.made() == 1);
}

TEST_CASE("a request in work is not begun a second time", "[idempotency]") {
  World world(GENERATE(values(kBothEngines)));
  const std::string slow = R"({"wait":true})";
  RawReply first;
  std::thread caller([&] { first = world.post("/things", "k1", slow); });
  CHECK(world.waitForWaiting());
  const RawReply meanwhile = world.post("/things", "k1", slow);
  CHECK(codeOf(meanwhile) == "409 idempotency.in_work");
  CHECK(meanwhile.header("Retry-After") == "1");
  world.letGo();
  caller.join();
  CHECK(first.status == 201);
  CHECK(world.post("/things", "k1", slow).body == first.body);
  CHECK(world.made() == 1);
}

// Two nodes know nothing of each other's memory: the database decides.
TEST_CASE("many requests with one key on two nodes have one effect", "[idempotency]") {
  World world(GENERATE(values(kBothEngines)));
  IdempotencyKeys other(*world.database, world.clock, std::chrono::hours(24));
  Server node(ServerSettings{}, {other.guard(world.routes()), {}, {}}, world.tokens,
              [](const std::string&) {});
  node.start();
  const std::string text = request("POST", "/things", R"({"wait":true})",
                                   {"Authorization: Bearer " + world.anna, "Idempotency-Key: k1"});
  std::vector<RawReply> replies(8);
  std::vector<std::thread> callers;
  for (std::size_t i = 0; i < replies.size(); ++i)
    callers.emplace_back([&, i] {
      replies[i] = call(i % 2 ? node.port(Port::api) : world.server.port(Port::api), text);
    });
  CHECK(waitFor([&] {
    const std::lock_guard lock(world.mutex);
    return world.waiting == 2;  // one on each node
  }));
  world.letGo();
  for (std::thread& caller : callers) caller.join();
  for (const RawReply& reply : replies)
    if (reply.status != 409) CHECK(json::parse(reply.body)["number"] == 1);
  CHECK(world.made() == 1);
  CHECK(call(node.port(Port::api), text).status == 201);
  CHECK(world.made() == 1);
}

TEST_CASE("a refused request leaves its key free, one without a write keeps its answer",
          "[idempotency]") {
  World world(GENERATE(values(kBothEngines)));
  CHECK(codeOf(world.post("/refuses", "k1")) == "422 test.refused");
  CHECK(world.keys() == 0);
  CHECK(world.post("/things", "k1").status == 201);
  CHECK(json::parse(world.post("/looks", "k2").body)["at"] == 1);
  CHECK(json::parse(world.post("/looks", "k2").body)["at"] == 1);
}

TEST_CASE("keys are forgotten after their time, and routes without the mark ignore them",
          "[idempotency]") {
  World world(GENERATE(values(kBothEngines)));
  CHECK(world.post("/plain", "k1").status == 201);
  CHECK(world.post("/plain", "k1").status == 201);
  CHECK(world.keys() == 0);
  CHECK(world.post("/things", "k1").status == 201);
  world.clock.advance(std::chrono::hours(23));
  world.once.prune();
  CHECK(world.keys() == 1);
  world.clock.advance(std::chrono::hours(2));
  world.once.prune();
  CHECK(world.keys() == 0);
  CHECK(world.post("/things", "k1").header("Location") == "/things/4");
}
