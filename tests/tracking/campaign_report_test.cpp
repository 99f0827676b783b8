#include "tracking/campaign_report.h"

#include <set>

#include "base/error.h"
#include "messages/message_fixture.h"
#include "support/catch.h"
#include "tracking/message_export.h"

using namespace clipcourier;
using namespace clipcourier::tracking;

namespace {}

TEST_CASE("a report adds up what the counters say", "[tracking]") {
  const CampaignReport report = reportOf({{"queued", 10},
                                          {"held", 3},
                                          {"held:131056", 2},
                                          {"held:131000", 1},
                                          {"sending", 3},
                                          {"skipped", 4},
                                          {"skipped:no_consent", 4},
                                          {"failed", 5},
                                          {"failed:131026", 5},
                                          {"failed:131000", 0},
                                          {"unknown", 1},
                                          {"accepted", 6},
                                          {"sent", 7},
                                          {"delivered", 8},
                                          {"read", 12},
                                          {"read_in:60", 4},
                                          {"read_in:3600", 5},
                                          {"read_in:more", 3},
                                          {"opened", 9},
                                          {"played", 8},
                                          {"watched_25", 6},
                                          {"completed", 2},
                                          {"played_anonymous", 3},
                                          {"tapped", 2},
                                          {"tapped:more:c1", 2}});
  CHECK(report.step("audience") == 59);
  CHECK(report.step("sending") == 3);
  CHECK(report.step("accepted") == 33);
  CHECK(report.step("sent") == 27);
  CHECK(report.step("delivered") == 20);
  CHECK(report.step("read") == 12);
  CHECK(report.held == std::vector<Count>{{"131056", 2}, {"131000", 1}});
  CHECK(report.failed == std::vector<Count>{{"131026", 5}});
  CHECK(report.skipped == std::vector<Count>{{"no_consent", 4}});
  CHECK(report.taps == std::vector<Count>{{"more:c1", 2}});
  CHECK(report.readWithinHour == 9);
  CHECK(report.timeToRead.front().count == 4);
  CHECK(report.timeToRead.back().count == 12);
  CHECK_FALSE(report.timeToRead.back().within);
  REQUIRE(report.watchThrough.size() == 5);
  CHECK(report.watchThrough[0].people == 8);
  CHECK(report.watchThrough[0].anonymous == 3);
  CHECK(report.watchThrough[1].people == 6);
  CHECK(report.watchThrough[4].people == 2);
  CHECK(reportOf({}).step("audience") == 0);
}

TEST_CASE("a report is of one campaign that there is", "[tracking]") {
  messages::MessageFixture world(GENERATE(values(kBothEngines)), 2);
  world.database->read([](db::Connection& c) {
    const CampaignReport report = campaignReport(c, {1});
    CHECK(report.step("audience") == 2);
    CHECK(report.channel == "whatsapp");
    CHECK_FALSE(report.check);
    CHECK_THROWS_AS(campaignReport(c, {2}), Error);
  });
}

TEST_CASE("an export has every message once, though messages move meanwhile", "[tracking]") {
  messages::MessageFixture world(GENERATE(values(kBothEngines)), 7);
  MessageExport all(*world.database, {1}, std::nullopt, 2);
  std::vector<std::int64_t> ids;
  for (auto page = all.next(); !page.empty(); page = all.next()) {
    for (const ExportedMessage& one : page) ids.push_back(one.id.value);
    if (ids.size() < 5) world.sendOne();
  }
  CHECK(ids == std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7});

  MessageExport sending(*world.database, {1}, messages::MessageState::sending, 2);
  const auto page = sending.next();
  REQUIRE(page.size() == 2);
  CHECK(page[0].customerName == "Jana 1");
  CHECK(page[0].address == world.numberOf(1));
  CHECK(page[0].state == messages::MessageState::sending);
  CHECK(page[0].attempts == 1);
  CHECK_FALSE(page[0].readAt);
  CHECK(sending.next().empty());
  CHECK(MessageExport(*world.database, {2}, std::nullopt).next().empty());
}
