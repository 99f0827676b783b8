#include "messages/webhook_intake.h"

#include <atomic>
#include <latch>
#include <thread>

#include "base/error.h"
#include "support/catch.h"
#include "support/test_database.h"

using namespace clipcourier;
using namespace clipcourier::messages;

namespace {

constexpr int kThreads = 48;

// Calls fn(n) on a thread each, at the same time.
template <class F>
void together(F&& fn) {
  std::latch ready(kThreads);
  std::vector<std::jthread> threads;
  for (int n = 0; n < kThreads; ++n)
    threads.emplace_back([&, n] {
      ready.arrive_and_wait();
      fn(n);
    });
}

std::vector<std::string> bodies(db::Database& database) {
  std::vector<std::string> list;
  database.read([&](db::Connection& connection) {
    for (auto& [body] : connection.query<std::string>("SELECT body FROM webhooks ORDER BY body"))
      list.push_back(body);
  });
  return list;
}

std::int64_t commits(db::Database& database) {
  return database.read([](db::Connection& connection) {
    return *connection.scalar<std::int64_t>(
        "SELECT count(DISTINCT CAST(xmin AS TEXT)) FROM webhooks");
  });
}

}  // namespace

TEST_CASE("webhooks that come together are each stored once, byte for byte", "[messages]") {
  TestDatabase database(GENERATE(values(kBothEngines)));
  WebhookIntake intake(*database);
  const auto bodyOf = [](int n) {
    return "{\"n\":" + std::to_string(1000 + n) + ",\"t\":\"\\u0000 \t \\\\ \xf0\x9f\x8e\xac\"}";
  };
  together([&](int n) { intake.store("whatsapp", bodyOf(n), fromMs(n)); });
  std::vector<std::string> expected;
  for (int n = 0; n < kThreads; ++n) expected.push_back(bodyOf(n));
  CHECK(bodies(*database) == expected);
  database->read([](db::Connection& connection) {
    CHECK(*connection.scalar<std::int64_t>("SELECT count(*) FROM webhooks WHERE state = 'stored' "
                                           "AND due_at_ms = received_at_ms") == kThreads);
  });
}

TEST_CASE("webhooks that come together share commits", "[messages]") {
  TestDatabase database(db::Engine::postgresql);
  WebhookIntake intake(*database);
  together([&](int n) { intake.store("whatsapp", std::to_string(n), fromMs(0)); });
  CHECK(commits(*database) < kThreads);
}

TEST_CASE("while the database takes nothing every webhook is told so, and later ones are stored",
          "[messages]") {
  TestDatabase database(db::Engine::postgresql);
  WebhookIntake intake(*database);
  database->write([](db::Transaction& tx) {  // disk_full, and no other way to have that here
    tx.run(R"sql(CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN RAISE EXCEPTION USING ERRCODE = ''53100''; END')sql");
    tx.run("CREATE TRIGGER refuse BEFORE INSERT ON webhooks EXECUTE FUNCTION refuse()");
  });
  std::atomic<int> refused = 0;
  together([&](int n) {
    try {
      intake.store("whatsapp", std::to_string(n), fromMs(0));
    } catch (const Error& e) {
      if (isTemporary(e)) ++refused;
    }
  });
  CHECK(refused == kThreads);
  database->write([](db::Transaction& tx) { tx.run("DROP TRIGGER refuse ON webhooks"); });
  intake.store("whatsapp", "later", fromMs(0));
  CHECK(bodies(*database) == std::vector<std::string>{"later"});
}

TEST_CASE("a webhook that cannot be stored takes no other with it", "[messages]") {
  TestDatabase database(GENERATE(values(kBothEngines)));
  WebhookIntake intake(*database);
  database->write(
      [](db::Transaction& tx) { tx.run("CREATE UNIQUE INDEX only_once ON webhooks (body)"); });
  intake.store("whatsapp", "bad", fromMs(0));
  std::atomic<int> refused = 0;
  together([&](int n) {
    try {
      intake.store("whatsapp", n % 8 == 0 ? "bad" : std::to_string(n), fromMs(0));
    } catch (const Error&) {
      ++refused;
    }
  });
  CHECK(refused == kThreads / 8);
  CHECK(bodies(*database).size() == 1 + kThreads - kThreads / 8);
}

TEST_CASE("large webhooks are stored in several commits, each of them whole", "[messages]") {
  TestDatabase database(GENERATE(values(kBothEngines)));
  WebhookIntake intake(*database);
  together([&](int n) { intake.store("whatsapp", std::string(400'000, 'a' + n % 26), fromMs(0)); });
  const auto stored = bodies(*database);
  REQUIRE(stored.size() == kThreads);
  if (database->engine() == db::Engine::postgresql)  // two of them are the most that fit
    CHECK(commits(*database) >= kThreads / 2);
  for (const std::string& body : stored) CHECK(body == std::string(400'000, body[0]));
}

TEST_CASE("what is no JSON text is refused before it is stored", "[messages]") {
  TestDatabase database(GENERATE(values(kBothEngines)));
  WebhookIntake intake(*database);
  for (const std::string& body : {std::string("\xff"), std::string("{\0}", 3)}) {
    try {
      intake.store("whatsapp", body, fromMs(0));
      FAIL("must be refused");
    } catch (const Error& e) {
      CHECK(e.kind() == ErrorKind::invalidInput);
    }
  }
  CHECK(bodies(*database).empty());
}
