#include "messages/unreached.h"
#include "campaigns/campaign_fixture.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::campaigns;

namespace {

// Two customers; the channel says of the first that it cannot reach them.
struct UnreachedFixture : CampaignFixture {
  explicit UnreachedFixture(db::Engine engine) : CampaignFixture(engine) { addCustomers(2); }

  // How many got a message of a new campaign.
  std::int64_t campaign() {
    clock.advance(Millis(60'000));
    const CampaignId id = service.create(input(), actor).id;
    service.launch(id, actor);
    REQUIRE(runJob(launchJob().handler()));
    return number("SELECT count(*) FROM messages WHERE campaign_id = " + std::to_string(id.value));
  }
  void fail() {
    clock.advance(Millis(60'000));
    const MessageId last{number("SELECT max(id) FROM messages WHERE customer_id = 1")};
    database->write([&](db::Transaction& tx) {
      messages::UnreachedRepository(tx).note({last, last}, clock.now());
    });
  }
  // Three campaigns that do not reach them.
  void failThrice() {
    for (int i = 0; i < 3; ++i) {
      CHECK(campaign() == 2);
      fail();
    }
  }
  void run(const char* statement) {
    clock.advance(Millis(60'000));
    database->write([&](db::Transaction& tx) { tx.run(statement, clock.now()); });
  }
  std::map<std::string, std::int64_t> warnings() {
    std::map<std::string, std::int64_t> counts;
    const CampaignId id = service.create(input(), actor).id;
    for (const auto& warning : service.launchWarnings(id)) counts[warning.code] = warning.count;
    return counts;
  }
};

}  // namespace

TEST_CASE("who was not reached in three campaigns is left out, and the check says so",
          "[campaigns]") {
  UnreachedFixture f(GENERATE(values(kBothEngines)));
  f.failThrice();
  CHECK(f.warnings() == std::map<std::string, std::int64_t>{{"audience.unreached", 1}});
  CHECK(f.campaign() == 1);
}

TEST_CASE("who can be reached again is asked again", "[campaigns]") {
  UnreachedFixture f(GENERATE(values(kBothEngines)));
  f.failThrice();
  SECTION("by another number") {
    f.run(
        "UPDATE customer_identities SET value = '+4930999', created_at_ms = $1 WHERE customer_id = "
        "1");
  }
  SECTION("because they agreed anew") {
    f.run("UPDATE consents SET changed_at_ms = $1 WHERE customer_id = 1");
  }
  SECTION("because they wrote to us") {
    f.run(
        "INSERT INTO session_windows (sender_id, customer_id, last_inbound_ms) VALUES (1, 1, $1)");
  }
  CHECK(f.warnings().empty());
  CHECK(f.campaign() == 2);
}

TEST_CASE("what was delivered in between starts the count anew", "[campaigns]") {
  UnreachedFixture f(GENERATE(values(kBothEngines)));
  for (int i = 0; i < 2; ++i) {
    CHECK(f.campaign() == 2);
    f.fail();
  }
  CHECK(f.campaign() == 2);
  f.run(
      "UPDATE messages SET delivered_at_ms = $1 WHERE id = (SELECT max(id) FROM messages WHERE "
      "customer_id = 1)");
  f.failThrice();
  CHECK(f.campaign() == 1);
}

TEST_CASE("who has no address is told beside the audience", "[campaigns]") {
  UnreachedFixture f(GENERATE(values(kBothEngines)));
  f.run("DELETE FROM customer_identities WHERE customer_id = 2 AND created_at_ms < $1");
  CHECK(f.warnings() == std::map<std::string, std::int64_t>{{"audience.no_address", 1}});
  CHECK(f.campaign() == 1);
}
