#include "tracking/counter_audit.h"

#include "base/error.h"
#include "jobs/job_queue.h"
#include "messages/message_fixture.h"
#include "support/catch.h"
#include "tracking/counter_job.h"

using namespace clipcourier;
using namespace clipcourier::tracking;

namespace {

struct World : messages::MessageFixture {
  explicit World(db::Engine engine) : MessageFixture(engine, 3) {}
  void change(const std::string& sql) {
    database->write([&](db::Transaction& tx) { tx.run(sql); });
  }
  std::int64_t number(const std::string& sql) {
    return database->read([&](db::Connection& c) { return *c.scalar<std::int64_t>(sql); });
  }
  std::optional<CounterCheck> last() {
    return database->read([](db::Connection& c) { return CounterAudit::last(c, {1}); });
  }

  users::AuditLog auditLog{clock};
  CounterAudit audit{*database, auditLog, clock};
  Actor actor{"cli", "", ""};
};

}  // namespace

TEST_CASE("counters that are right are proved right", "[tracking]") {
  World world(GENERATE(values(kBothEngines)));
  world.sendOne();
  const CounterCheck check = world.audit.verify({1});
  CHECK(check.differences.empty());
  CHECK(check.messages == 3);
  CHECK_FALSE(world.audit.repair(check, world.actor));
  REQUIRE(world.last());
  CHECK(world.last()->at == world.clock.now());
  CHECK(world.number("SELECT different FROM counter_checks") == 0);
  CHECK_THROWS_AS(world.audit.verify({99}), Error);
}

TEST_CASE("counters that are wrong are found, stored and set right", "[tracking]") {
  World world(GENERATE(values(kBothEngines)));
  world.change("UPDATE campaign_counters SET value = value + 7 WHERE name = 'queued'");
  world.change(
      "INSERT INTO campaign_counters (campaign_id, name, value) VALUES (1, 'read', 2),"
      " (1, 'played_anonymous', 40)");
  world.change("UPDATE messages SET watch_rank = 2 WHERE id = 1");
  const CounterCheck check = world.audit.verify({1});
  CHECK(check.differences ==
        std::vector<CounterDifference>{
            {"opened", 0, 1}, {"played", 0, 1}, {"queued", 10, 3}, {"read", 2, 0}});
  CHECK(world.number("SELECT different FROM counter_checks") == 4);
  CHECK(world.last()->differences == check.differences);

  SECTION("once, also while messages move on") {
    world.sendOne();
    CHECK(world.audit.repair(check, world.actor));
    CHECK_FALSE(world.audit.repair(check, world.actor));
    CHECK(world.counter("queued") == 2);
    CHECK(world.counter("sending") == 1);
    CHECK(world.counter("played_anonymous") == 40);
    CHECK(world.countersAreTrue());
    CHECK(world.number("SELECT different FROM counter_checks") == 0);
    CHECK(world.last()->repairedAt == world.clock.now());
    CHECK(world.number("SELECT count(*) FROM audit_log WHERE action = 'counters.repair'") == 1);
  }
  SECTION("not by a comparison that is no longer the last") {
    world.audit.verify({1});
    CHECK_FALSE(world.audit.repair(check, world.actor));
    CHECK(world.counter("queued") == 10);
  }
}

TEST_CASE("every launched campaign is compared now and then, the longest waiting first",
          "[tracking]") {
  World world(GENERATE(values(kBothEngines)));
  world.change(
      "INSERT INTO campaigns (name, state, sender_id, purpose, audience, fallback_language,"
      " created_at_ms, updated_at_ms) VALUES ('d', 'draft', 1, 'marketing', '{}', 'de', 0, 0),"
      " ('e', 'completed', 1, 'marketing', '{}', 'de', 0, 0)");
  std::vector<CampaignId> wrong;
  jobs::Bell bell;
  CounterJob job(*world.database, world.audit, world.clock, bell, Millis(86'400'000),
                 [&](const CounterCheck& check) { wrong.push_back(check.campaign); });
  world.change("UPDATE campaign_counters SET value = value + 1 WHERE name = 'queued'");
  const auto runAll = [&] {
    job.addWhenDue();
    job.addWhenDue();
    const auto lease = world.database->write([&](db::Transaction& tx) {
      return jobs::JobQueue(tx).claim(kCountersJob, "test", world.clock.now(), Millis(60'000));
    });
    if (!lease) return false;
    jobs::JobContext context(*world.database, world.clock, *lease);
    job.handler().run(context);
    context.finish([](db::Transaction&) {});
    return true;
  };
  CHECK(runAll());
  CHECK(wrong == std::vector<CampaignId>{{1}});
  CHECK(world.number("SELECT count(*) FROM counter_checks") == 2);
  CHECK_FALSE(runAll());
  world.clock.advance(Millis(86'400'001));
  CHECK(world.audit.due(world.clock.now() - Millis(86'400'000)) == CampaignId{1});
  CHECK(runAll());
  CHECK(world.number("SELECT min(number) FROM counter_checks") == 2);
}

TEST_CASE("what is written for people names the counter and both numbers", "[tracking]") {
  CounterCheck check{.campaign = {7}, .number = 1, .at = fromMs(0), .messages = 12};
  CHECK(toText(check) == "campaign 7: 12 messages, every counter is right\n");
  check.differences = {{"read", 2, 5}};
  CHECK(toText(check) ==
        "campaign 7: 12 messages, 1 counters are wrong\n  read: counted 2, really 5\n");
}
