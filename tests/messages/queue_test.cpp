#include "messages/queue.h"

#include <mutex>
#include <thread>

#include "messages/message_fixture.h"
#include "messages/rate_limit.h"
#include "support/catch.h"
#include "support/wait_for.h"

using namespace clipcourier;
using namespace clipcourier::messages;
using namespace std::chrono_literals;

TEST_CASE("due messages are claimed with their recipients, and begin once", "[messages]") {
  MessageFixture f(GENERATE(values(kBothEngines)), 3);
  const auto first = f.claim(2);
  REQUIRE(first.size() == 2);
  CHECK(first[0].address == "+4917100000001");
  CHECK(first[0].recipient.name == "Jana 1");
  CHECK(f.begin(2).size() == 2);
  CHECK(f.begin(5) == std::vector<AttemptRef>{{{3}, 1}});
  CHECK(f.begin(5).empty());
  CHECK(f.counter("sending") == 3);
  CHECK(f.text("SELECT CAST(consent_id AS TEXT) FROM messages WHERE id = $1", 2) == "2");
  CHECK(f.countersAreTrue());
}

TEST_CASE("nobody is claimed without consent, and what was never sent says why", "[messages]") {
  MessageFixture f(GENERATE(values(kBothEngines)), 2);
  f.database->write([](db::Transaction& tx) {
    tx.run("UPDATE consents SET state = 'withdrawn' WHERE customer_id = 1");
  });
  CHECK(f.claim(5).size() == 1);
  CHECK(f.state(1) == "skipped");
  CHECK(f.reason(1) == "no_consent");
  CHECK(f.countersAreTrue());
}

TEST_CASE("consent withdrawn after the claim stops the request", "[messages]") {
  MessageFixture f(db::Engine::postgresql, 1);
  CHECK(f.begin(1, [&] {
           f.database->write(
               [](db::Transaction& tx) { tx.run("UPDATE consents SET state = 'withdrawn'"); });
         }).empty());
  CHECK(f.state(1) == "queued");
  CHECK(f.claim(1).empty());
  CHECK(f.state(1) == "skipped");
  CHECK(f.countersAreTrue());
}

TEST_CASE("a STOP skips what waits and withdraws consent in one commit", "[messages]") {
  MessageFixture f(GENERATE(values(kBothEngines)), 2);
  f.database->write([&](db::Transaction& tx) {
    CHECK(f.optOut.apply(tx, {1}, "whatsapp", {"inbound_message", "test", "wamid.1 \"STOP\""},
                         f.clock.now(), f.clock.now()) == 1);
  });
  CHECK(f.state(1) == "skipped");
  CHECK(f.reason(1) == "opt_out");
  CHECK(f.state(2) == "queued");
  CHECK(f.begin(5) == std::vector<AttemptRef>{{{2}, 1}});
  CHECK(f.text("SELECT state FROM consents WHERE customer_id = $1", 1) == "withdrawn");
  CHECK(f.countersAreTrue());
}

TEST_CASE("a STOP that comes after the claim waits for the attempt, and skips nothing",
          "[messages]") {
  MessageFixture f(db::Engine::postgresql, 1);
  std::jthread stopping;
  int skipped = -1;
  CHECK(f.begin(1, [&] {
           stopping = std::jthread([&] {
             f.database->write([&](db::Transaction& tx) {
               skipped = f.optOut.apply(tx, {1}, "whatsapp",
                                        {"inbound_message", "test", "wamid.1 \"STOP\""},
                                        f.clock.now(), f.clock.now());
             });
           });
           CHECK(waitFor([&] {
             return f.database->read([](db::Connection& c) {
               return c.scalar<int>("SELECT 1 FROM pg_locks WHERE NOT granted LIMIT 1").has_value();
             });
           }));
         }).size() == 1);
  stopping.join();
  CHECK(skipped == 0);
  CHECK(f.state(1) == "sending");
  CHECK(f.text("SELECT state FROM consents WHERE customer_id = $1", 1) == "withdrawn");
  CHECK(f.countersAreTrue());
}

TEST_CASE("a claim passes by whoever is just saying STOP", "[messages]") {
  MessageFixture f(db::Engine::postgresql, 1);
  f.database->write([&](db::Transaction& tx) {
    CHECK(f.optOut.apply(tx, {1}, "whatsapp", {"inbound_message", "test", "wamid.1 \"STOP\""},
                         f.clock.now(), f.clock.now()) == 1);
    CHECK(f.begin(1).empty());
  });
  CHECK(f.state(1) == "skipped");
  CHECK(f.countersAreTrue());
}

TEST_CASE("a paused campaign begins nothing more", "[messages]") {
  MessageFixture f(GENERATE(values(kBothEngines)), 1);
  f.database->write([](db::Transaction& tx) { tx.run("UPDATE campaigns SET state = 'paused'"); });
  CHECK(f.begin(1).empty());
  CHECK(f.state(1) == "queued");
}

TEST_CASE("a campaign that is paused after the claim begins nothing more", "[messages]") {
  MessageFixture f(db::Engine::postgresql, 1);
  CHECK(f.begin(1, [&] {
           f.database->write(
               [](db::Transaction& tx) { tx.run("UPDATE campaigns SET state = 'paused'"); });
         }).empty());
  CHECK(f.state(1) == "queued");
  CHECK(f.countersAreTrue());
}

TEST_CASE("an interrupted request is unknown and not sent again by itself", "[messages]") {
  MessageFixture f(GENERATE(values(kBothEngines)), 1);
  const AttemptRef attempt = f.sendOne();
  CHECK(f.onQueue([](Queue& queue) { return queue.recover(false); }) ==
        0);  // may still be answered
  CHECK(f.onQueue([](Queue& queue) { return queue.recover(true); }) == 1);
  CHECK(f.state(1) == "unknown");
  CHECK(f.reason(1) == "interrupted");
  CHECK(f.attemptState(attempt) == "unknown");
  f.clock.advance(24h);
  CHECK(f.claim(1).empty());
  CHECK(f.countersAreTrue());
}

TEST_CASE("an accepted message knows its provider id", "[messages]") {
  MessageFixture f(GENERATE(values(kBothEngines)), 1);
  const AttemptRef attempt = f.sendOne();
  f.answer(attempt, channels::Accepted{"wamid.X", "49171", "", false});
  CHECK(f.state(1) == "accepted");
  CHECK(f.text("SELECT provider_id FROM attempts WHERE message_id = $1", 1) == "wamid.X");
  CHECK(f.countersAreTrue());
}

TEST_CASE("a temporary refusal waits longer each time and is given up at last", "[messages]") {
  MessageFixture f(GENERATE(values(kBothEngines)), 1);
  Millis before{0};
  for (int attempt = 1; attempt < RetryPolicy{}.maxTries; ++attempt) {
    f.answer(f.sendOne(),
             channels::TryLater{Millis(0), 131016, channels::Reaction::retry, 0, "busy"});
    REQUIRE(f.state(1) == "held");
    const Millis wait(
        std::stoll(f.text("SELECT CAST(due_at_ms AS TEXT) FROM messages WHERE id = $1", 1)) -
        toMs(f.clock.now()));
    CHECK(wait > before);
    before = wait;
    CHECK(f.claim(1).empty());
    f.clock.advance(wait);
  }
  f.answer(f.sendOne(),
           channels::TryLater{Millis(0), 131016, channels::Reaction::retry, 0, "busy"});
  CHECK(f.state(1) == "failed");
  CHECK(f.reason(1) == "131016");
  CHECK(f.countersAreTrue());
}

TEST_CASE("a refused token holds the sender and keeps the message", "[messages]") {
  MessageFixture f(GENERATE(values(kBothEngines)), 2);
  f.answer(f.sendOne(), channels::Refused{190, channels::Reaction::auth, "expired"});
  CHECK(f.state(1) == "held");
  const auto lanes = [&] {
    return f.database->read([&](db::Connection& c) { return openLanes(c, f.clock.now()).size(); });
  };
  CHECK(lanes() == 0);
  f.clock.advance(61s);
  CHECK(lanes() == 1);
}

TEST_CASE("a lost reply leaves the message unknown", "[messages]") {
  MessageFixture f(GENERATE(values(kBothEngines)), 1);
  f.answer(f.sendOne(), channels::Unknown{"reset"});
  CHECK(f.state(1) == "unknown");
  CHECK(f.reason(1) == "reply_lost");
  CHECK(f.countersAreTrue());
}

TEST_CASE("the provider's opt-out is an opt-out", "[messages]") {
  MessageFixture f(GENERATE(values(kBothEngines)), 1);
  f.answer(f.sendOne(), channels::Refused{131050, channels::Reaction::optOut, "stopped"});
  CHECK(f.state(1) == "failed");
  CHECK(f.text("SELECT state FROM consents WHERE customer_id = $1", 1) == "withdrawn");
}

TEST_CASE("a sender never gets more than its rate, over restarts and campaigns", "[messages]") {
  MessageFixture f(GENERATE(values(kBothEngines)), 200);
  f.lane.perSecond = 40;
  std::size_t claimed = 0;
  for (int tick = 0; tick < 20; ++tick) {  // one second
    claimed += f.claim(100).size();
    f.clock.advance(50ms);
  }
  CHECK(claimed >= 40);
  CHECK(claimed <= 50);
}

TEST_CASE("dispatchers on PostgreSQL never begin the same message", "[messages]") {
  MessageFixture f(db::Engine::postgresql, 60);
  f.lane.perSecond = 10'000;
  std::mutex mutex;
  std::map<AttemptRef, int> seen;
  std::vector<std::thread> nodes;
  for (int node = 1; node <= 4; ++node)
    nodes.emplace_back([&, node] {
      Lane lane = f.lane;
      lane.sender = {node};  // its rate would let in one node after the other
      for (int i = 0; i < 20; ++i)
        for (const AttemptRef& one : f.begin(lane, 3)) {
          const std::lock_guard lock(mutex);
          ++seen[one];
        }
    });
  for (std::thread& node : nodes) node.join();
  CHECK(seen.size() == 60);
  for (const auto& [attempt, count] : seen) CHECK((count == 1 && attempt.number == 1));
  CHECK(f.countersAreTrue());
}

TEST_CASE("a clock that is set back does not stop the sending", "[messages]") {
  MessageFixture f(GENERATE(values(kBothEngines)), 30);
  CHECK(f.claim(30).size() == 20);  // all there is
  f.clock.advance(Millis(-3'600'000));
  f.database->write([](db::Transaction& tx) { tx.run("UPDATE messages SET due_at_ms = 0"); });
  f.claim(30);
  f.clock.advance(Millis(100));
  CHECK(f.claim(30).size() == 8);
}
