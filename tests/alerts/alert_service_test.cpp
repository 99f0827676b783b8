#include "alerts/alert_service.h"
#include "base/error.h"

#include "alerts/alert_words.h"
#include "messages/message_fixture.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::alerts;

namespace {

struct AlertFixture : messages::MessageFixture {
  explicit AlertFixture(db::Engine engine, int count = 0) : MessageFixture(engine, count) {
    beat();
  }
  void run(const std::string& sql) {
    database->write([&](db::Transaction& tx) { tx.run(sql); });
  }
  void beat() {
    database->write([&](db::Transaction& tx) {
      tx.run("DELETE FROM dispatcher_heartbeats");
      tx.run("INSERT INTO dispatcher_heartbeats (owner, at_ms) VALUES ('node', $1)", clock.now());
    });
  }
  // Campaign 1 sends the file f1, which the provider does not have yet.
  void addContent() {
    run("INSERT INTO videos (title, filename, state, original_sha256, original_bytes, "
        "created_at_ms, updated_at_ms) VALUES ('v', 'v.mp4', 'ready', 'x', 1, 0, 0)");
    run("INSERT INTO clips (video_id, profile, state, created_at_ms) "
        "VALUES (1, 'whatsapp', 'planned', 0)");
    run("INSERT INTO campaign_contents (campaign_id, language, clip_id, clip_sha256, "
        "template_name, template_language) VALUES (1, 'de', 1, 'f1', 'product_clip', 'de')");
  }
  void setMedia(const std::string& sha256, const std::string& state, Millis life) {
    database->write([&](db::Transaction& tx) {
      tx.run("DELETE FROM sender_media");
      tx.run(
          "INSERT INTO sender_media (sender_id, sha256, state, media_id, expires_at_ms) "
          "VALUES (1, $1, $2, 'm1', $3)",
          sha256, state, clock.now() + life);
    });
  }
  // "kind subject" of all that is open.
  std::vector<std::string> open() {
    service.check();
    std::vector<std::string> found;
    for (const Alert& alert : service.list(true, {}, 100))
      found.push_back(alert.kind + " " + alert.subject);
    return found;
  }

  std::uint64_t free = 10'000'000'000;
  std::vector<std::string> logged;
  users::AuditLog audit{clock};
  AlertService service{*database, audit, clock, settingsOf(),
                       [this](const std::string& event, const Alert& alert) {
                         logged.push_back(event + " " + alert.kind);
                       }};
  AlertSettings settingsOf() {
    AlertSettings own;
    own.freeBytes = [this] { return free; };
    return own;
  }
};

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("an alert is opened once, says what it is, and is closed when it is over", "[alerts]") {
  AlertFixture f(GENERATE(values(kBothEngines)), 1);
  CHECK(f.open().empty());
  f.answer(f.sendOne(), channels::TryLater{Millis(900'000), 190, channels::Reaction::auth, 0, "x"});
  CHECK(f.open() == Strings{"hold sender 1"});
  CHECK(f.open() == Strings{"hold sender 1"});
  const Alert alert = f.service.list(false, {}, 10).at(0);
  CHECK(alert.critical);
  CHECK(alert.code == "190");
  CHECK(wordsOf(alert).en.find("token") != std::string::npos);
  CHECK(wordsOf(alert).de != wordsOf(alert).en);

  const Actor anna{"token", "7", "r"};
  CHECK(f.service.acknowledge(alert.id, anna).acknowledgedBy == "token:7");
  CHECK(f.service.acknowledge(alert.id, {"token", "8", "r"}).acknowledgedBy == "token:7");
  CHECK_THROWS_AS(f.service.acknowledge({99}, anna), Error);

  f.run("DELETE FROM holds");
  f.run("DELETE FROM sender_rates");
  CHECK(f.open().empty());
  CHECK(f.service.list(false, {}, 10).at(0).until == f.clock.now());
  CHECK(f.logged == Strings{"alert.opened hold", "alert.closed hold"});
}

TEST_CASE("what operations must know is found in the rows", "[alerts]") {
  AlertFixture f(GENERATE(values(kBothEngines)));
  const auto [statement, alert] = GENERATE(table<std::string, std::string>({
      {"INSERT INTO webhooks (channel, received_at_ms, body, state, due_at_ms) "
       "VALUES ('whatsapp', $NOW, '{}', 'failed', 0)",
       "webhooks_failed "},
      {"INSERT INTO jobs (kind, payload, state, priority, due_at_ms, attempts, max_attempts, "
       "fence, "
       "created_at_ms, finished_at_ms) VALUES ('video.probe', '{}', 'failed', 1, 0, 5, 5, 0, 0, "
       "$NOW)",
       "jobs_failed video.probe"},
      {"UPDATE senders SET details = '{\"quality_rating\": \"RED\"}'", "quality_rating sender 1"},
      {"UPDATE senders SET details = '{\"number_event\": \"FLAGGED\"}'", "number_flagged sender 1"},
      {"UPDATE campaigns SET state = 'paused', paused_by = 'system', pause_reason = 'guard:132000'",
       "campaign_paused campaign 1"},
      {"INSERT INTO counter_checks (campaign_id, number, checked_at_ms, messages, took_ms, "
       "different, "
       "differences) VALUES (1, 1, $NOW, 1, 1, 2, '{}')",
       "counters_wrong "},
      {"UPDATE dispatcher_heartbeats SET at_ms = $NOW - 61000", "dispatcher_silent "},
      {"INSERT INTO provider_errors (sender_id, code, hour_ms, listed, count) "
       "VALUES (1, '777', $NOW, 0, 5)",
       "unknown_error_code sender 1 777"},
      {"INSERT INTO provider_errors (sender_id, code, hour_ms, listed, count, given_up) "
       "VALUES (1, '130497', $NOW, 1, 1, 1)",
       "refusals sender 1 130497"},
      {"INSERT INTO sender_rates (sender_id, per_second, changed_at_ms, since_ms, code) "
       "VALUES (1, 40, $NOW, $NOW, '130429')",
       "sender_limited sender 1"},
      {"INSERT INTO holds (scope, scope_key, reason, held_by, since_ms) "
       "VALUES ('template', '1/t/de', '132015', 'system', 0)",
       "hold template 1/t/de"},
  }));
  std::string sql = statement;
  for (std::size_t at; (at = sql.find("$NOW")) != std::string::npos;)
    sql.replace(at, 4, std::to_string(toMs(f.clock.now())));
  f.run(sql);
  CHECK(f.open() == Strings{alert});
  const Words words = wordsOf(f.service.list(true, {}, 1).at(0));
  CHECK(words.de.ends_with('.'));
  CHECK(words.en.ends_with('.'));
  CHECK(words.en.find('{') == std::string::npos);
}

TEST_CASE("a clip that its campaign cannot send is told before the campaign begins, and after",
          "[alerts]") {
  AlertFixture f(GENERATE(values(kBothEngines)));
  const Millis hour{3'600'000};
  const std::string state =
      GENERATE(as<std::string>{}, "scheduled", "launching", "running", "paused");
  f.addContent();
  f.run("UPDATE campaigns SET state = '" + state + "'");
  CHECK(f.open().empty());
  f.setMedia("f1", "failed", Millis(0));
  CHECK(f.open() == Strings{"media_failed sender 1"});
  CHECK(f.service.list(true, {}, 1).at(0).critical);
  CHECK(
      wordsOf(f.service.list(true, {}, 1).at(0)).de.starts_with("1 Mediendateien von Absender 1"));
  f.setMedia("f1", "ready", 23 * hour);
  CHECK(f.open() == Strings{"media_expiring sender 1"});
  CHECK_FALSE(f.service.list(true, {}, 1).at(0).critical);
  CHECK(wordsOf(f.service.list(true, {}, 1).at(0)).en.starts_with("1 media files of sender 1"));
  f.setMedia("f1", "ready", 25 * hour);
  CHECK(f.open().empty());
  CHECK(f.logged == Strings{"alert.opened media_failed", "alert.opened media_expiring",
                            "alert.closed media_failed", "alert.closed media_expiring"});
}

TEST_CASE("a clip that nobody is going to send is no alert", "[alerts]") {
  AlertFixture f(GENERATE(values(kBothEngines)));
  f.addContent();
  const auto [state, sha256] = GENERATE(table<std::string, std::string>(
      {{"draft", "f1"}, {"completed", "f1"}, {"cancelled", "f1"}, {"running", "f2"}}));
  f.run("UPDATE campaigns SET state = '" + state + "'");
  f.setMedia(sha256, "failed", Millis(0));
  CHECK(f.open().empty());
}

TEST_CASE("a code that is tried again is told when that was in vain", "[alerts]") {
  AlertFixture f(GENERATE(values(kBothEngines)), 1);
  for (int i = 0; i < 3; ++i) {
    f.beat();
    CHECK(f.open().empty());
    f.answer(f.sendOne(), channels::TryLater{Millis(10'000), 1, channels::Reaction::retry, 3, "x"});
    f.clock.advance(Millis(600'000));
  }
  CHECK(f.state(1) == "failed");
  f.beat();
  CHECK(f.open() == Strings{"refusals sender 1 1"});
  f.clock.advance(std::chrono::hours(3));
  f.beat();
  CHECK(f.open().empty());
}

TEST_CASE("a recipient who cannot be reached is no alert", "[alerts]") {
  AlertFixture f(GENERATE(values(kBothEngines)), 1);
  f.answer(f.sendOne(), channels::Refused{131026, channels::Reaction::unreachable, "x"});
  CHECK(f.open().empty());
}

TEST_CASE("a hold by a person and a broken detail are no alerts", "[alerts]") {
  AlertFixture f(GENERATE(values(kBothEngines)));
  f.run(
      "INSERT INTO holds (scope, scope_key, reason, held_by, since_ms) "
      "VALUES ('everything', '', 'x', 'token:1', 0)");
  f.run("UPDATE senders SET details = '{\"quality_rating\": 7, \"account_event\": []}'");
  CHECK(f.open().empty());
}

TEST_CASE("many lost answers and a full disk are told, the worse the louder", "[alerts]") {
  AlertFixture f(GENERATE(values(kBothEngines)), 20);
  for (int i = 0; i < 19; ++i) {
    f.answer(f.sendOne(), channels::Unknown{"reset"});
    f.clock.advance(Millis(100));
  }
  f.beat();
  CHECK(f.open().empty());
  f.answer(f.sendOne(), channels::Unknown{"reset"});
  CHECK(f.open() == Strings{"unknown_messages sender 1"});
  f.free = 1'900'000'000;
  CHECK(f.open().size() == 2);
  CHECK_FALSE(f.service.list(true, {}, 1).at(0).critical);
  f.free = 900'000'000;
  CHECK(f.open().size() == 2);
  CHECK(f.service.list(true, {}, 1).at(0).critical);
}
