#include "events/event_feed.h"

#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "support/catch.h"
#include "support/manual_clock.h"
#include "support/test_database.h"

using namespace clipcourier;
using namespace clipcourier::events;
using nlohmann::json;

namespace {

const users::Scopes kAll = users::Scopes::all();

struct World {
  explicit World(db::Engine engine) : database(engine) {}

  void run(const std::string& sql) {
    database->write([&](db::Transaction& tx) { tx.run(sql); });
  }
  void addVideo(const std::string& state = "uploaded") {
    database->write([&](db::Transaction& tx) {
      tx.run(R"sql(INSERT INTO videos (title, filename, state, original_sha256, original_bytes,
          created_at_ms, updated_at_ms) VALUES ('Geheim', 'v.mp4', $1, 'x', 1, $2, $2))sql",
             state, clock.now());
    });
  }
  void setVideo(const std::string& state) {
    database->write([&](db::Transaction& tx) {
      tx.run("UPDATE videos SET state = $1, updated_at_ms = $2", state, clock.now());
    });
  }
  void addCampaign() {
    run(R"sql(INSERT INTO senders (channel, name, external_id, account_id, base_url, api_version,
        token_source, app_secret_source, verify_token_source, messages_per_second, state,
        created_at_ms, updated_at_ms)
        VALUES ('whatsapp', 's', '1', '2', '', '', '', '', '', 10, 'active', 0, 0))sql");
    run(R"sql(INSERT INTO campaigns (name, state, sender_id, purpose, audience, fallback_language,
        created_at_ms, updated_at_ms) VALUES ('Sommer', 'running', 1, 'marketing', '{}', 'de', 0, 0))sql");
    run("INSERT INTO campaign_counters (campaign_id, name, value) VALUES (1, 'queued', 1000)");
  }
  std::vector<std::string> lines(std::int64_t after, const users::Scopes& scopes = kAll) {
    std::vector<std::string> all;
    for (const Event& event : feed.after(after, scopes).events)
      all.push_back(std::to_string(event.id) + ' ' + event.state.kind + ' ' + event.state.subject);
    return all;
  }
  json last() {
    const auto events = feed.after(0, kAll).events;
    return events.empty() ? json() : json::parse(events.back().state.data);
  }
  int nextSecond(EventFeed& which) {
    clock.advance(Millis(1'000));
    return which.collect();
  }

  ManualClock clock;
  TestDatabase database;
  EventFeed feed{*database, clock, std::chrono::hours(24)};
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("what changed is told once, as it is now", "[events]") {
  World w(GENERATE(values(kBothEngines)));
  CHECK(w.nextSecond(w.feed) == 0);
  w.addVideo();
  CHECK(w.nextSecond(w.feed) == 1);
  CHECK(w.nextSecond(w.feed) == 0);
  w.setVideo("probing");
  w.setVideo("transcoding");
  CHECK(w.nextSecond(w.feed) == 1);
  CHECK(w.lines(0) == Lines{"1 video 1", "2 video 1"});
  CHECK(w.lines(1) == Lines{"2 video 1"});
  CHECK(w.lines(2).empty());
  CHECK(w.last()["state"] == "transcoding");
  CHECK(w.last().dump().find("Geheim") == std::string::npos);
  w.run(R"sql(INSERT INTO jobs (kind, subject_id, payload, state, priority, due_at_ms, attempts,
      max_attempts, fence, progress_percent, created_at_ms)
      VALUES ('video.transcode', 1, '{}', 'running', 0, 0, 1, 1, 1, 40, 0))sql");
  // Long after the video was touched, its work is still told of.
  w.clock.advance(std::chrono::hours(1));
  CHECK(w.nextSecond(w.feed) == 1);
  CHECK(w.last()["percent"] == 40);
}

TEST_CASE("a campaign costs at most one event a second, however much it sends", "[events]") {
  World w(GENERATE(values(kBothEngines)));
  w.addCampaign();
  CHECK(w.nextSecond(w.feed) == 2);  // with its sender
  for (int i = 0; i < 50; ++i)
    w.run("UPDATE campaign_counters SET value = value - 1 WHERE campaign_id = 1");
  CHECK(w.nextSecond(w.feed) == 1);
  CHECK(w.last()["counters"] == json{{"queued", 950}});
  w.run("UPDATE campaign_counters SET value = 0 WHERE campaign_id = 1");
  w.clock.advance(Millis(200));
  CHECK(w.feed.collect() == 0);  // too soon; it is told a little later
  w.clock.advance(Millis(800));
  CHECK(w.feed.collect() == 1);
  CHECK(w.last()["counters"] == json::object());
}

TEST_CASE("holds are told when they begin and when they end", "[events]") {
  World w(GENERATE(values(kBothEngines)));
  w.nextSecond(w.feed);
  w.run(R"sql(INSERT INTO holds (scope, scope_key, reason, held_by, since_ms)
      VALUES ('everything', '', 'Anna ist krank', 'token:1', 0))sql");
  CHECK(w.nextSecond(w.feed) == 1);
  CHECK(w.last() == json{{"scope", "everything"}, {"key", ""}, {"held", true}, {"until", nullptr}});
  w.run("DELETE FROM holds");
  CHECK(w.nextSecond(w.feed) == 1);
  CHECK(w.last()["held"] == false);
  CHECK(w.nextSecond(w.feed) == 0);
}

TEST_CASE("templates are told with how they stand", "[events]") {
  World w(GENERATE(values(kBothEngines)));
  w.addCampaign();
  w.nextSecond(w.feed);
  w.run(R"sql(INSERT INTO templates (sender_id, provider_id, name, language, category, status,
      parameter_format, components, synced_at_ms)
      VALUES (1, '9', 'news', 'de', 'MARKETING', 'APPROVED', 'NAMED', '{}', 0))sql");
  CHECK(w.nextSecond(w.feed) == 1);
  CHECK(w.last()["missing"] == false);
  w.run("UPDATE templates SET status = 'PAUSED', missing_since_ms = 1");
  CHECK(w.nextSecond(w.feed) == 1);
  CHECK(w.last()["status"] == "PAUSED");
  CHECK(w.last()["missing"] == true);
}

TEST_CASE("events show only what the caller may read", "[events]") {
  World w(GENERATE(values(kBothEngines)));
  w.addVideo();
  w.addCampaign();
  w.nextSecond(w.feed);
  const auto kinds = [&](users::Scopes scopes) {
    std::set<std::string> all;
    for (const Event& event : w.feed.after(0, scopes).events) all.insert(event.state.kind);
    return all;
  };
  CHECK(kinds({users::Scope::videosRead}) == std::set<std::string>{"video"});
  CHECK(kinds({users::Scope::campaignsRead}) == std::set<std::string>{"campaign"});
  CHECK(kinds({users::Scope::tokens}).empty());
  CHECK(kinds(kAll) == std::set<std::string>{"video", "campaign", "sender"});
  // Who sees nothing moves on all the same.
  CHECK(w.feed.after(0, {users::Scope::tokens}).position == w.feed.newest());
}

TEST_CASE("a change while nobody collected is told after the restart, and none twice", "[events]") {
  World w(GENERATE(values(kBothEngines)));
  w.addVideo();
  w.nextSecond(w.feed);
  w.setVideo("failed");  // and then the process is killed
  w.clock.advance(std::chrono::hours(5));
  EventFeed restarted(*w.database, w.clock, std::chrono::hours(24));
  CHECK(w.nextSecond(restarted) == 1);
  CHECK(w.last()["state"] == "failed");
  CHECK(w.nextSecond(restarted) == 0);
}

TEST_CASE("two nodes tell a change once, and in one order", "[events]") {
  World w(db::Engine::postgresql);
  EventFeed other(*w.database, w.clock, std::chrono::hours(24));
  w.nextSecond(w.feed);
  w.nextSecond(other);
  for (int i = 0; i < 10; ++i) {
    w.addVideo();
    w.clock.advance(Millis(1'000));
    int a = 0, b = 0;
    std::thread first([&] { a = w.feed.collect(); });
    b = other.collect();
    first.join();
    CHECK(a + b == 1);
  }
  CHECK(w.lines(0).size() == 10);
  CHECK(w.feed.newest() == 10);
}

TEST_CASE("who was away for too long is told to start anew", "[events]") {
  World w(GENERATE(values(kBothEngines)));
  w.addVideo();
  w.nextSecond(w.feed);
  w.clock.advance(std::chrono::hours(20));
  w.setVideo("ready");
  w.nextSecond(w.feed);
  w.clock.advance(std::chrono::hours(10));
  w.feed.prune();
  CHECK(w.feed.after(0, kAll).gap);
  CHECK(w.feed.after(0, kAll).position == 2);
  CHECK_FALSE(w.feed.after(1, kAll).gap);
  CHECK(w.lines(1) == Lines{"2 video 1"});
  CHECK(w.feed.after(3, kAll).gap);  // of a database that was put back
  w.clock.advance(std::chrono::hours(24));
  w.feed.prune();
  CHECK_FALSE(w.feed.after(2, kAll).gap);
  CHECK(w.feed.after(1, kAll).gap);
}

TEST_CASE("more events than one page has follow one another", "[events]") {
  World w(db::Engine::sqlite);
  for (int i = 0; i < 250; ++i) w.addVideo();
  CHECK(w.nextSecond(w.feed) == 250);
  const auto first = w.feed.after(0, kAll);
  CHECK(first.more);
  const auto rest = w.feed.after(first.position, kAll);
  CHECK_FALSE(rest.more);
  CHECK(first.events.size() + rest.events.size() == 250);
  CHECK(rest.events.back().id == 250);
}
