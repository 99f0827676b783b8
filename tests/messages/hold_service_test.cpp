#include "messages/hold_service.h"

#include "base/error.h"
#include "messages/message_fixture.h"
#include "messages/queue_overview.h"
#include "support/catch.h"
#include "users/audit_log.h"

using namespace clipcourier;
using namespace clipcourier::messages;

namespace {

db::Engine anyEngine() { return GENERATE(db::Engine::sqlite, db::Engine::postgresql); }

struct World : MessageFixture {
  using MessageFixture::MessageFixture;
  std::vector<Hold> active() {
    return database->read([&](db::Connection& c) { return HoldRepository(c).active(clock.now()); });
  }
  std::vector<Lane> lanes() {
    return database->read([&](db::Connection& c) { return openLanes(c, clock.now()); });
  }
  std::vector<users::AuditEntry> auditRows() {
    return database->read([](db::Connection& c) { return users::AuditLog::list(c, 0, 10); });
  }
  std::vector<CampaignWait> waits(const std::map<CampaignId, std::string>& supplies = {}) {
    return database->read([&](db::Connection& c) {
      return campaignQueues(c, HoldRepository(c).active(clock.now()), supplies).at(0).waits;
    });
  }

  int wakes = 0;
  const Actor anna{"token", "7", "r1"};
  users::AuditLog audit{clock};
  HoldService holds{*database, audit, clock, [this] { ++wakes; }};
};

Hold wanted(const std::string& scope, const std::string& key) {
  Hold hold;
  hold.scope = scope;
  hold.key = key;
  hold.reason = "wrong price";
  return hold;
}

}  // namespace

TEST_CASE("a held scope sends nothing until it is released, and both are written down",
          "[messages]") {
  World world(anyEngine(), 1);
  const auto [scope, key] = GENERATE(table<std::string, std::string>(
      {{"everything", ""}, {"channel", "whatsapp"}, {"sender", "1"}, {"campaign", "1"}}));
  const Hold held = world.holds.hold(wanted(scope, key), world.anna);
  CHECK(held.heldBy == "token:7");
  CHECK(held.since == world.clock.now());
  CHECK(world.lanes().empty());
  REQUIRE(world.waits().size() == 1);
  CHECK(world.waits()[0].scope == scope);
  CHECK(world.waits()[0].code == "wrong price");
  CHECK(world.wakes == 0);
  world.holds.release(scope, key, world.anna);
  CHECK(world.lanes().size() == 1);
  CHECK(world.waits().empty());
  CHECK(world.wakes == 1);
  const auto rows = world.auditRows();
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].action == "hold.release");
  CHECK(rows[1].action == "hold.set");
  CHECK(rows[1].actor.id == "7");
}

TEST_CASE("a hold with an end releases itself", "[messages]") {
  World world(anyEngine(), 1);
  Hold hold = wanted("sender", "1");
  hold.until = world.clock.now() + Millis(60'000);
  world.holds.hold(hold, world.anna);
  CHECK(world.waits().at(0).until == hold.until);
  world.clock.advance(Millis(60'001));
  CHECK(world.active().empty());
  CHECK(world.lanes().size() == 1);
}

TEST_CASE("what is not there, or an end that is past, cannot be held", "[messages]") {
  World world(anyEngine(), 1);
  for (const auto& [scope, key] :
       std::vector<std::pair<std::string, std::string>>{{"everything", "x"},
                                                        {"channel", "pigeon"},
                                                        {"sender", "2"},
                                                        {"sender", "1 OR 1=1"},
                                                        {"campaign", "0"},
                                                        {"campaign", ""},
                                                        {"template", "1/news/de"},
                                                        {"planet", "earth"}}) {
    INFO(scope << ' ' << key);
    CHECK_THROWS_AS(world.holds.hold(wanted(scope, key), world.anna), Error);
  }
  Hold past = wanted("sender", "1");
  past.until = world.clock.now();
  CHECK_THROWS_AS(world.holds.hold(past, world.anna), Error);
  CHECK_THROWS_AS(world.holds.release("sender", "1", world.anna), Error);
  CHECK(world.active().empty());
  CHECK(world.auditRows().empty());
}

TEST_CASE("the overview says why a campaign waits, what it has and when it goes on", "[messages]") {
  World world(anyEngine(), 3);
  const AttemptRef lost = world.sendOne();
  world.answer(lost, channels::Unknown{"timeout"});
  world.sendOne();
  world.database->read([&](db::Connection& c) {
    const auto queues = campaignQueues(c, {}, {});
    REQUIRE(queues.size() == 1);
    CHECK(queues[0].counts.at("queued") == 1);
    CHECK(queues[0].counts.at("unknown") == 1);
    CHECK(queues[0].nextDueAt == world.clock.now());
    CHECK(queues[0].waits.empty());
    const auto senders = senderQueues(c, world.clock.now());
    REQUIRE(senders.size() == 1);
    CHECK(senders[0].perSecond == 80);
    CHECK(senders[0].inFlight == 1);
    CHECK(senders[0].unknown == 1);
  });
  CHECK(world.waits({{CampaignId{1}, "media_missing"}}).at(0).code == "media_missing");
  world.database->write([](db::Transaction& tx) {
    tx.run("UPDATE campaigns SET state = 'paused', pause_reason = 'wrong price'");
  });
  CHECK(world.waits({{CampaignId{1}, "media_missing"}}).size() == 1);
  CHECK(world.waits().at(0).code == "wrong price");
  world.database->write(
      [](db::Transaction& tx) { tx.run("UPDATE senders SET state = 'disabled'"); });
  CHECK(world.waits().at(1).code == "sender_disabled");
  world.database->write(
      [](db::Transaction& tx) { tx.run("UPDATE campaigns SET state = 'completed'"); });
  world.database->read([](db::Connection& c) { CHECK(campaignQueues(c, {}, {}).empty()); });
}

TEST_CASE("a person's hold that has ended gives way to the system's", "[messages]") {
  World world(anyEngine(), 1);
  Hold hold = wanted("sender", "1");
  hold.until = world.clock.now() + Millis(1'000);
  world.holds.hold(hold, world.anna);
  const auto holdBySystem = [&] {
    world.database->write([&](db::Transaction& tx) {
      const TimePoint now = world.clock.now();
      HoldRepository(tx).hold({"sender", "1", "190", "system", now, now + Millis(60'000)});
    });
  };
  holdBySystem();
  REQUIRE(world.active().size() == 1);
  CHECK(world.active()[0].heldBy == "token:7");
  world.clock.advance(Millis(2'000));
  holdBySystem();
  REQUIRE(world.active().size() == 1);
  CHECK(world.active()[0].heldBy == "system");
}
