#include "campaigns/campaign_fixture.h"
#include "campaigns/preview.h"
#include "messages/counter_truth.h"
#include "messages/counters.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::campaigns;

namespace {

// A campaign in German and French, of which only the German template is approved.
struct LanguageFixture : CampaignFixture {
  explicit LanguageFixture(db::Engine engine) : CampaignFixture(engine) {
    channels::Template french = approvedTemplate();
    french.id = "9002";
    french.language = "fr";
    french.status = "PENDING";
    putTemplate(french);
    addCustomers(2, "de-AT");
    addCustomers(3, "fr");
    addCustomers(4, "it");
  }
  void putTemplate(const channels::Template& text) {
    database->write(
        [&](db::Transaction& tx) { senders::TemplateRepository(tx).put({1}, text, clock.now()); });
  }
  CampaignInput twoLanguages(const std::string& fallback) {
    CampaignInput in = input();
    messages::Content french = in.contents[0];
    french.language = french.templateLanguage = "fr";
    in.contents.push_back(french);
    in.fallbackLanguage = fallback;
    return in;
  }
  std::int64_t held(const std::string& language) {
    return number(
        "SELECT count(*) FROM messages WHERE state = 'held' AND reason = "
        "'template.missing_language' AND language = '" +
        language + "'");
  }
  bool countersAreTrue() {
    return database->snapshot([](db::Connection& c) {
      const auto truth = messages::counterTruth(c, {1}).counters;
      CHECK(messages::counters(c, {1}) == truth);
      return messages::counters(c, {1}) == truth;
    });
  }
  std::int64_t queued() { return number("SELECT count(*) FROM messages WHERE state = 'queued'"); }
  std::vector<std::string> reasons(const Preview& preview) {
    std::vector<std::string> codes;
    for (const ErrorDetail& reason : preview.reasons) codes.push_back(reason.code);
    return codes;
  }
};

}  // namespace

TEST_CASE("who has no template in their language waits for one, and the check says how many",
          "[campaigns]") {
  LanguageFixture f(GENERATE(values(kBothEngines)));
  const Campaign campaign = f.service.create(f.twoLanguages(""), f.actor);
  CHECK(f.service.launchProblems(campaign.id).empty());
  const auto warnings = f.service.launchWarnings(campaign.id);
  REQUIRE(warnings.size() == 2);
  CHECK(warnings[0].code == "template.missing_language");
  CHECK(warnings[0].where == "contents.fr");
  CHECK(warnings[0].count == 3);
  CHECK(warnings[1].where == "contents.it");
  CHECK(warnings[1].count == 4);

  f.service.launch(campaign.id, f.actor);
  LaunchJob job = f.launchJob();
  REQUIRE(f.runJob(job.handler()));
  CHECK(f.queued() == 2);
  CHECK(f.held("fr") == 3);
  CHECK(f.held("it") == 4);
  CHECK(f.service.completeExhausted() == 0);
  CHECK(f.countersAreTrue());

  CHECK(releaseLanguages(*f.database, f.clock) == 0);
  channels::Template french = f.approvedTemplate();
  french.id = "9002";
  french.language = "fr";
  f.putTemplate(french);
  CHECK(releaseLanguages(*f.database, f.clock) == 3);
  CHECK(f.held("fr") == 0);
  CHECK(f.held("it") == 4);
  CHECK(f.queued() == 5);
  CHECK(f.countersAreTrue());
  CHECK(f.number("SELECT count(*) FROM messages WHERE state = 'queued' AND due_at_ms > " +
                 std::to_string(toMs(f.clock.now()))) == 0);
}

TEST_CASE("a fallback language serves those whose language has no content", "[campaigns]") {
  LanguageFixture f(db::Engine::sqlite);
  const Campaign campaign = f.service.create(f.twoLanguages("de"), f.actor);
  REQUIRE(f.service.launchWarnings(campaign.id).size() == 1);
  f.service.launch(campaign.id, f.actor);
  LaunchJob job = f.launchJob();
  REQUIRE(f.runJob(job.handler()));
  CHECK(f.queued() == 6);
  CHECK(f.held("fr") == 3);
}

TEST_CASE("a text that is too long for some customers is found before the launch", "[campaigns]") {
  LanguageFixture f(GENERATE(values(kBothEngines)));
  CHECK(f.codes(f.input()).empty());
  f.database->write([](db::Transaction& tx) {
    tx.run("UPDATE customers SET name = $1 WHERE id = 1", std::string(1100, 'x'));
  });
  CHECK(f.codes(f.input()) == std::vector<std::string>{"template.too_long_for_some"});
  // Long words that the text does not show are no problem.
  f.database->write([](db::Transaction& tx) {
    tx.run("UPDATE customers SET name = $1 WHERE id = 1", "Jana " + std::string(1100, 'x'));
  });
  CHECK(f.codes(f.input()).empty());
}

TEST_CASE("a preview shows what one customer would get, and every reason why not", "[campaigns]") {
  LanguageFixture f(GENERATE(values(kBothEngines)));
  const Campaign campaign = f.service.create(f.twoLanguages(""), f.actor);
  const Previewer previews(*f.database);
  const Preview german = previews.preview(campaign.id, {1});
  CHECK(german.reasons.empty());
  CHECK(german.language == "de");
  CHECK_FALSE(german.isFallback);
  REQUIRE(german.text);
  CHECK(german.text->body == "Hallo Jana, hier ist Ihr Clip zu Modell 7.");
  CHECK(german.text->buttons[0].url == "https://shop.example/w/preview");
  REQUIRE(german.clip);
  CHECK(german.clip->id == ClipId{1});

  CHECK(f.reasons(previews.preview(campaign.id, {3})) ==
        std::vector<std::string>{"template.missing_language"});
  const Preview italian = previews.preview(campaign.id, {6});
  CHECK(f.reasons(italian) == std::vector<std::string>{"template.missing_language"});
  CHECK_FALSE(italian.text);

  f.database->write([](db::Transaction& tx) {
    tx.run("UPDATE consents SET state = 'withdrawn' WHERE customer_id = 1");
    tx.run("DELETE FROM customer_identities WHERE customer_id = 1");
  });
  CHECK(f.reasons(previews.preview(campaign.id, {1})) ==
        std::vector<std::string>{"no_consent", "no_address"});
  CHECK_THROWS_AS(previews.preview(campaign.id, {99}), Error);
  CHECK(f.number("SELECT count(*) FROM messages") == 0);
}
