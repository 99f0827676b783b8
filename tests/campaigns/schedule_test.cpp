#include "campaigns/schedule_service.h"

#include "campaigns/campaign_fixture.h"
#include "messages/reasons.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::campaigns;
using namespace std::chrono_literals;

namespace {

struct ScheduleFixture : CampaignFixture {
  explicit ScheduleFixture(db::Engine engine) : CampaignFixture(engine) {
    addCustomers(1);
    campaign = service.create(input(), actor).id;
  }
  // A new one each time: nothing is kept in memory.
  ScheduleService schedules() {
    return ScheduleService(
        {*database, check, audit, bell, clock,
         [this](SenderId, const std::string& sha256) { wanted.push_back(sha256); }},
        60min);
  }
  Campaign now() { return service.get(campaign); }
  void setTemplate(const std::string& status) {
    database->write(
        [&](db::Transaction& tx) { tx.run("UPDATE templates SET status = $1", status); });
  }
  // What the ledger says of the clip: with the provider until then, or that its upload failed.
  void setMedia(std::optional<TimePoint> until) {
    const std::optional<std::string> mediaId =
        until ? std::optional<std::string>("m1") : std::nullopt;
    database->write([&](db::Transaction& tx) {
      tx.run("DELETE FROM sender_media");
      tx.run(
          "INSERT INTO sender_media (sender_id, sha256, state, media_id, expires_at_ms) "
          "VALUES (1, $1, $2, $3, $4)",
          crypto::hex(crypto::sha256("clip")), until ? "ready" : "failed", mediaId, until);
    });
  }
  std::string codeOf(const std::function<void()>& work) {
    try {
      work();
    } catch (const Error& error) {
      return error.code();
    }
    return "";
  }

  CampaignId campaign;
  std::vector<std::string> wanted;
};

}  // namespace

TEST_CASE("a campaign starts at its time, and not before", "[campaigns]") {
  ScheduleFixture f(GENERATE(values(kBothEngines)));
  const TimePoint at = f.clock.now() + 2h;
  const Campaign planned = f.schedules().schedule(f.campaign, at, "Europe/Berlin", f.actor);
  CHECK(planned.state == CampaignState::scheduled);
  CHECK(planned.scheduledAt == at);
  CHECK(planned.scheduleZone == "Europe/Berlin");
  CHECK(f.wanted.size() == 1);  // the clip goes to the provider in time
  f.clock.advance(2h - 1s);
  CHECK(f.schedules().runDue() == 0);
  CHECK(f.now().state == CampaignState::scheduled);
  f.clock.advance(1s);
  CHECK(f.schedules().runDue() == 1);
  CHECK(f.now().state == CampaignState::launching);
  CHECK(f.schedules().runDue() == 0);
  CHECK(f.number("SELECT count(*) FROM jobs WHERE kind = 'campaign.launch'") == 1);
}

TEST_CASE("a campaign that cannot be launched is not scheduled either", "[campaigns]") {
  ScheduleFixture f(db::Engine::sqlite);
  const auto schedule = [&](TimePoint at) {
    return f.codeOf([&] { f.schedules().schedule(f.campaign, at, "UTC", f.actor); });
  };
  CHECK(schedule(f.clock.now()) == "schedule.past");
  CHECK(schedule(f.clock.now() + 24h * 367) == "schedule.far");
  f.setTemplate("PAUSED");
  CHECK(schedule(f.clock.now() + 1h) == "campaign.not_launchable");
  CHECK(f.now().state == CampaignState::draft);
}

TEST_CASE("what stands in the way is seen before the time, and mended it starts", "[campaigns]") {
  ScheduleFixture f(GENERATE(values(kBothEngines)));
  f.schedules().schedule(f.campaign, f.clock.now() + 2h, "UTC", f.actor);
  f.setTemplate("PAUSED");
  f.clock.advance(2h - 10min);
  CHECK(f.schedules().runDue() == 0);
  CHECK(f.now().scheduleHold == "not_launchable:template.not_approved");
  CHECK(messages::reasonWords(f.now().scheduleHold));
  f.clock.advance(20min);
  CHECK(f.schedules().runDue() == 0);
  CHECK(f.now().state == CampaignState::scheduled);
  f.setTemplate("APPROVED");
  f.clock.advance(20min);
  CHECK(f.schedules().runDue() == 1);
  CHECK(f.now().scheduleHold.empty());
}

TEST_CASE("a clip that the provider does not have before the time is told until it is there",
          "[campaigns]") {
  ScheduleFixture f(GENERATE(values(kBothEngines)));
  f.schedules().schedule(f.campaign, f.clock.now() + 2h, "UTC", f.actor);
  const TimePoint at = *f.now().scheduledAt;
  SECTION("there in time") { f.setMedia(at + 24h); }
  SECTION("never uploaded") {}
  SECTION("refused by the provider") { f.setMedia({}); }
  SECTION("over before the start") { f.setMedia(at - 20min); }
  const bool there = f.number("SELECT count(*) FROM sender_media WHERE expires_at_ms > " +
                              std::to_string(toMs(at))) == 1;
  f.clock.advance(2h - 10min);
  f.schedules().runDue();
  CHECK(f.now().scheduleHold == (there ? "" : "media_missing"));
  CHECK(f.wanted.size() == (there ? 1 : 2));
  CHECK(messages::reasonWords("media_missing"));
  f.schedules().runDue();
  CHECK(f.wanted.size() == (there ? 1 : 2));  // not all the time
  f.clock.advance(1min);
  f.schedules().runDue();
  CHECK(f.now().scheduleHold == (there ? "" : "media_missing"));
  CHECK(f.wanted.size() == (there ? 1 : 3));  // whoever gave up is asked anew
  f.setMedia(at + 24h);
  f.clock.advance(1min);
  f.schedules().runDue();
  CHECK(f.now().scheduleHold.empty());
}

TEST_CASE("a missing clip delays no start, and does not hide that one was missed", "[campaigns]") {
  ScheduleFixture f(GENERATE(values(kBothEngines)));
  f.schedules().schedule(f.campaign, f.clock.now() + 2h, "UTC", f.actor);
  f.clock.advance(2h - 10min);
  f.schedules().runDue();
  CHECK(f.now().scheduleHold == "media_missing");
  SECTION("it starts at its time") {
    f.clock.advance(10min);
    CHECK(f.schedules().runDue() == 1);
    CHECK(f.now().state == CampaignState::launching);
    CHECK(f.now().scheduleHold.empty());
  }
  SECTION("it was missed") {
    f.clock.advance(10min + 60min + 1s);
    CHECK(f.schedules().runDue() == 0);
    CHECK(f.now().scheduleHold == "schedule_missed");
  }
  SECTION("what stands in the way of the start itself comes first") {
    f.schedules().schedule(f.campaign, f.clock.now() + 5min, "UTC", f.actor);
    f.setTemplate("PAUSED");
    f.schedules().runDue();
    CHECK(f.now().scheduleHold == "not_launchable:template.not_approved");
  }
}

TEST_CASE("a start that was missed while the service was down is late, or waits", "[campaigns]") {
  ScheduleFixture f(GENERATE(values(kBothEngines)));
  f.schedules().schedule(f.campaign, f.clock.now() + 2h, "UTC", f.actor);
  SECTION("a little late") {
    f.clock.advance(2h + 60min);
    CHECK(f.schedules().runDue() == 1);
  }
  SECTION("too late, until a person chooses another time") {
    f.clock.advance(2h + 60min + 1s);
    CHECK(f.schedules().runDue() == 0);
    CHECK(f.now().state == CampaignState::scheduled);
    CHECK(f.now().scheduleHold == "schedule_missed");
    f.schedules().schedule(f.campaign, f.clock.now() + 1h, "UTC", f.actor);
    CHECK(f.now().scheduleHold.empty());
    f.clock.advance(1h);
    CHECK(f.schedules().runDue() == 1);
  }
}

TEST_CASE("a scheduled campaign can be taken back or cancelled", "[campaigns]") {
  ScheduleFixture f(db::Engine::sqlite);
  f.schedules().schedule(f.campaign, f.clock.now() + 2h, "UTC", f.actor);
  SECTION("taken back") {
    CHECK(f.schedules().unschedule(f.campaign, f.actor).state == CampaignState::draft);
    CHECK_FALSE(f.now().scheduledAt);
    CHECK(f.codeOf([&] { f.schedules().unschedule(f.campaign, f.actor); }) == "campaign.state");
  }
  SECTION("cancelled") { f.service.cancel(f.campaign, f.actor); }
  f.clock.advance(3h);
  CHECK(f.schedules().runDue() == 0);
}
