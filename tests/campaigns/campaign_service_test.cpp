#include "campaigns/campaign_service.h"

#include "base/error.h"
#include "campaign_fixture.h"
#include "messages/counters.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::campaigns;

namespace {

ErrorKind kindOf(const std::function<void()>& step) {
  try {
    step();
  } catch (const Error& e) {
    return e.kind();
  }
  FAIL("must be refused");
  return ErrorKind::internal;
}

}  // namespace

TEST_CASE("a campaign pins its clip by hash and can be edited while it is a draft", "[campaigns]") {
  CampaignFixture f(GENERATE(values(kBothEngines)));
  Campaign campaign = f.service.create(f.input(), f.actor);
  CHECK(campaign.state == CampaignState::draft);
  CHECK(campaign.contents.at(0).clipSha256 == crypto::hex(crypto::sha256("clip")));
  CampaignInput changed = f.input();
  changed.name = "Herbst";
  changed.audience.tags = {"vip"};
  const Campaign edited = f.service.edit(campaign.id, campaign.version, changed, f.actor);
  CHECK(edited.name == "Herbst");
  CHECK(edited.audience.tags == std::vector<std::string>{"vip"});
  CHECK(kindOf([&] { f.service.edit(campaign.id, campaign.version, changed, f.actor); }) ==
        ErrorKind::conflict);
  changed.contents[0].clip = {99};
  CHECK(kindOf([&] { f.service.create(changed, f.actor); }) == ErrorKind::invalidInput);
  CHECK(kindOf([&] { f.service.get({99}); }) == ErrorKind::notFound);
}

TEST_CASE("a launch is refused with all reasons at once", "[campaigns]") {
  CampaignFixture f(GENERATE(values(kBothEngines)));
  f.database->write([](db::Transaction& tx) {
    tx.run("UPDATE clips SET report_mac = 'forged'");
    tx.run("UPDATE templates SET status = 'PAUSED'");
  });
  CampaignInput in = f.input();
  in.fallbackLanguage = "en";
  in.contents[0].variables = messages::parseVariables({{"colour", {{"text", "rot"}}}});
  const Campaign campaign = f.service.create(in, f.actor);
  try {
    f.service.launch(campaign.id, f.actor);
    FAIL("must be refused");
  } catch (const Error& e) {
    CHECK(e.kind() == ErrorKind::refused);
    std::vector<std::string> codes;
    for (const ErrorDetail& detail : e.details()) {
      codes.push_back(detail.code);
      CHECK_FALSE(detail.what.empty());
    }
    CHECK(codes == std::vector<std::string>{"content.fallback", "clip.bad_mac",
                                            "template.not_approved", "template.variable_missing",
                                            "template.variable_missing",
                                            "template.variable_unknown", "audience.empty"});
  }
  CHECK(f.service.get(campaign.id).state == CampaignState::draft);
  CHECK(f.number("SELECT count(*) FROM jobs") == 0);
}

TEST_CASE("templates that would mislead the reader are found before the launch", "[campaigns]") {
  CampaignFixture f(db::Engine::sqlite);
  f.addCustomers(1);
  CHECK(f.codes(f.input()).empty());
  f.database->write([&](db::Transaction& tx) {
    channels::Template text = f.approvedTemplate();
    text.componentsJson = R"([
      {"type": "HEADER", "format": "IMAGE"},
      {"type": "BODY", "text": "Hallo {{first_name}}, hier ist Ihr Clip zu {{product}}."},
      {"type": "BUTTONS", "buttons": [
        {"type": "URL", "text": "Ansehen", "url": "https://other.example/w/{{1}}"}]}])";
    text.headerFormat = "IMAGE";
    text.buttons = {{"URL", "Ansehen", "https://other.example/w/{{1}}"}};
    senders::TemplateRepository(tx).put({1}, text, f.clock.now());
  });
  CHECK(f.codes(f.input()) ==
        std::vector<std::string>{"template.header", "template.url", "template.opt_out"});
  CampaignInput in = f.input();
  in.contents[0].variables["product"].text = std::string(1024, 'x');
  in.sender = {9};
  const auto codes = f.codes(in);
  CHECK(std::ranges::count(codes, "sender.not_found") == 1);
  CHECK(std::ranges::count(codes, "template.missing") == 1);
}

TEST_CASE("a launch writes one message for each who consented, in their language", "[campaigns]") {
  CampaignFixture f(GENERATE(values(kBothEngines)));
  f.addCustomers(250);
  f.addCustomers(1, "fr");
  f.database->write([](db::Transaction& tx) {
    tx.run("UPDATE consents SET state = 'withdrawn' WHERE customer_id = 7");
    tx.run("DELETE FROM customer_identities WHERE customer_id = 8");
  });
  const Campaign campaign = f.service.create(f.input(), f.actor);
  CHECK(f.service.launch(campaign.id, f.actor).state == CampaignState::launching);
  CHECK(kindOf([&] { f.service.launch(campaign.id, f.actor); }) == ErrorKind::conflict);
  LaunchJob job = f.launchJob();
  REQUIRE(f.runJob(job.handler()));
  CHECK(f.service.get(campaign.id).state == CampaignState::running);
  CHECK(f.uploaded.size() == 1);
  CHECK(f.wakes == 1);
  CHECK(f.number("SELECT count(*) FROM messages WHERE state = 'queued' AND language = 'de'") ==
        249);
  CHECK(f.number("SELECT count(*) FROM messages WHERE customer_id IN (7, 8)") == 0);
  CHECK(f.number("SELECT value FROM campaign_counters WHERE name = 'queued'") == 249);
}

TEST_CASE("a launch that was interrupted starts over and counts nobody twice", "[campaigns]") {
  CampaignFixture f(GENERATE(values(kBothEngines)));
  f.addCustomers(30);
  const Campaign campaign = f.service.create(f.input(), f.actor);
  f.service.launch(campaign.id, f.actor);
  f.database->write([&](db::Transaction& tx) {  // what a crash in the middle leaves
    tx.run(
        "INSERT INTO messages (campaign_id, customer_id, sender_id, address, language, state, "
        "due_at_ms, "
        "state_at_ms, created_at_ms) SELECT 1, customer_id, 1, value, 'de', 'queued', 0, 0, 0 "
        "FROM customer_identities WHERE customer_id <= 12");
    messages::CounterChanges counters;
    counters.add({1}, "queued", 12);
    counters.write(tx);
  });
  LaunchJob job = f.launchJob();
  REQUIRE(f.runJob(job.handler()));
  CHECK(f.number("SELECT count(*) FROM messages") == 30);
  CHECK(f.number("SELECT value FROM campaign_counters WHERE name = 'queued'") == 30);
}

TEST_CASE("an audience by tag holds only those with one of the tags", "[campaigns]") {
  CampaignFixture f(GENERATE(values(kBothEngines)));
  f.addCustomers(5);
  f.database->write([](db::Transaction& tx) {
    tx.run(
        "INSERT INTO customer_tags (customer_id, tag) VALUES (2, 'vip'), (2, 'berlin'), (4, "
        "'berlin')");
  });
  const auto members = [&](std::vector<std::string> tags) {
    return f.database->read([&](db::Connection& c) {
      AudienceReader reader(c, {std::move(tags)}, "whatsapp", "marketing");
      CHECK(reader.count() == static_cast<std::int64_t>(reader.page({}, 10).size()));
      return reader.count();
    });
  };
  CHECK(members({}) == 5);
  CHECK(members({"vip", "berlin"}) == 2);
  CHECK(members({"vip"}) == 1);
  CHECK(members({"unknown"}) == 0);
}

TEST_CASE("pause, resume and cancel go their way and no other", "[campaigns]") {
  CampaignFixture f(GENERATE(values(kBothEngines)));
  f.addCustomers(3);
  const Campaign campaign = f.service.create(f.input(), f.actor);
  CHECK(kindOf([&] { f.service.pause(campaign.id, "x", f.actor); }) == ErrorKind::conflict);
  f.service.launch(campaign.id, f.actor);
  LaunchJob job = f.launchJob();
  REQUIRE(f.runJob(job.handler()));
  const Campaign paused = f.service.pause(campaign.id, "wrong video", f.actor);
  CHECK(paused.pauseReason == "wrong video");
  CHECK(paused.pausedBy == "token:1");
  CHECK(f.service.resume(campaign.id, f.actor).pauseReason.empty());
  CHECK(f.service.cancel(campaign.id, f.actor).state == CampaignState::cancelled);
  REQUIRE(f.runJob(cancelHandler(f.clock)));
  CHECK(f.number(
            "SELECT count(*) FROM messages WHERE state = 'skipped' AND reason = 'cancelled'") == 3);
  CHECK(kindOf([&] { f.service.resume(campaign.id, f.actor); }) == ErrorKind::conflict);
  CHECK(f.number("SELECT count(*) FROM audit_log WHERE object_type = 'campaign'") == 5);
}

TEST_CASE("a campaign with nothing left to do is completed", "[campaigns]") {
  CampaignFixture f(GENERATE(values(kBothEngines)));
  f.addCustomers(1);
  const Campaign campaign = f.service.create(f.input(), f.actor);
  f.service.launch(campaign.id, f.actor);
  LaunchJob job = f.launchJob();
  REQUIRE(f.runJob(job.handler()));
  CHECK(f.service.completeExhausted() == 0);
  f.database->write([&](db::Transaction& tx) {
    tx.run("UPDATE messages SET state = 'accepted'");
    messages::CounterChanges counters;
    counters.moved(campaign.id, messages::MessageState::queued, messages::MessageState::accepted);
    counters.write(tx);
  });
  CHECK(f.service.completeExhausted() == 1);
  CHECK(f.service.get(campaign.id).state == CampaignState::completed);
}

TEST_CASE("a launch that is given up is a draft again and says why", "[campaigns]") {
  CampaignFixture f(GENERATE(values(kBothEngines)));
  f.addCustomers(3);
  const Campaign campaign = f.service.create(f.input(), f.actor);
  f.service.launch(campaign.id, f.actor);
  LaunchJob job = f.launchJob();
  jobs::Lease lease;
  lease.subjectId = campaign.id.value;
  f.database->write([&](db::Transaction& tx) {
    job.handler().gaveUp(tx, lease, {"media.refused", "the provider rejects the clip", ""});
  });
  const Campaign failed = f.service.get(campaign.id);
  CHECK(failed.state == CampaignState::draft);
  CHECK(failed.pauseReason == "launch failed: the provider rejects the clip");
}

TEST_CASE("a campaign cancelled while it launches leaves nothing waiting", "[campaigns]") {
  CampaignFixture f(GENERATE(values(kBothEngines)));
  f.addCustomers(3);
  const Campaign campaign = f.service.create(f.input(), f.actor);
  f.service.launch(campaign.id, f.actor);
  LaunchJob job(
      *f.database, f.senders,
      [&](SenderId, const std::string&) {  // the upload takes long enough for all of this
        f.service.cancel(campaign.id, f.actor);
        REQUIRE(f.runJob(cancelHandler(f.clock)));
      },
      f.clock, [] {});
  CHECK(kindOf([&] { f.runJob(job.handler()); }) == ErrorKind::refused);
  CHECK(f.number("SELECT count(*) FROM messages WHERE state = 'queued'") == 0);
}

TEST_CASE("a worker that lost its launch takes nothing back from who went on with it",
          "[campaigns]") {
  CampaignFixture f(GENERATE(values(kBothEngines)));
  f.addCustomers(3);
  const Campaign campaign = f.service.create(f.input(), f.actor);
  f.service.launch(campaign.id, f.actor);
  LaunchJob job = f.launchJob();
  const auto claim = [&] {
    return *f.database->write([&](db::Transaction& tx) {
      return jobs::JobQueue(tx).claim(kLaunchJob, "late", f.clock.now(), Millis(60'000));
    });
  };
  jobs::JobContext late(*f.database, f.clock, claim());
  f.clock.advance(Millis(61'000));
  jobs::JobContext other(*f.database, f.clock, claim());
  f.database->write([](db::Transaction& tx) {  // what the other one has written so far
    tx.run(
        "INSERT INTO messages (campaign_id, customer_id, sender_id, address, language, state, "
        "due_at_ms, state_at_ms, created_at_ms) VALUES (1, 1, 1, '+491711000001', 'de', 'queued', "
        "0, 0, 0)");
  });
  CHECK_THROWS_AS(job.handler().run(late), Error);
  CHECK(f.number("SELECT count(*) FROM messages") == 1);
  job.handler().run(other);
  CHECK(f.number("SELECT count(*) FROM messages") == 3);
}
