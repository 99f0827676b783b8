#include "tracking/campaign_watch_pages.h"

#include <random>
#include <thread>

#include "messages/message_fixture.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::tracking;

namespace {

// One message of a running campaign that shows a clip, sent under a consent that covers tracking.
struct World : messages::MessageFixture {
  explicit World(db::Engine engine) : MessageFixture(engine, 1) {
    database->write([](db::Transaction& tx) {
      tx.run(
          R"sql(INSERT INTO videos (title, filename, state, original_sha256, original_bytes,
                created_at_ms, updated_at_ms)
          VALUES ('Modell 7', 'm.mov', 'ready', 'aa', 9, 0, 0))sql");
      tx.run(
          R"sql(INSERT INTO clips (video_id, profile, state, sha256, bytes, width, height,
            duration_ms, poster_sha256, poster_bytes, report, report_mac, created_at_ms)
          VALUES (1, 'whatsapp', 'ready', 'c1', 4000, 720, 1280, 12500, 'p1', 300, '{}', 'm', 0))sql");
      tx.run(
          R"sql(INSERT INTO campaign_contents (campaign_id, language, clip_id, clip_sha256,
            template_name, template_language) VALUES (1, 'de', 1, 'c1', 'news', 'de'))sql");
    });
    sendOne();
  }
  void change(const std::string& sql) {
    database->write([&](db::Transaction& tx) { tx.run(sql); });
  }
  std::int64_t number(const std::string& sql) {
    return database->read([&](db::Connection& c) { return *c.scalar<std::int64_t>(sql); });
  }
  std::int64_t events(const std::string& kind) {
    return number("SELECT count(*) FROM message_events WHERE kind = '" + kind + "'");
  }
  std::int64_t openedAt() { return number("SELECT coalesce(opened_at_ms, -1) FROM messages"); }

  messages::WatchToken tokens{keys};
  CampaignWatchPages pages{*database, tokens, clock, std::chrono::hours(24 * 90)};
  std::string token = tokens.make({1});
};

db::Engine anyEngine() { return GENERATE(db::Engine::sqlite, db::Engine::postgresql); }

}  // namespace

TEST_CASE("a token shows the clip of its message in the message's language", "[tracking]") {
  World world(anyEngine());
  const WatchLookup found = world.pages.find(world.token);
  const auto* page = std::get_if<WatchPage>(&found);
  REQUIRE(page);
  CHECK(page->title == "Modell 7");
  CHECK(page->senderName == "Shop");
  CHECK(page->language == "de");
  CHECK(page->width == 720);
  CHECK(page->height == 1280);
  CHECK(page->duration == Millis(12'500));
  CHECK(page->clip.sha256 == "c1");
  CHECK(page->clip.size == ByteSize{4000});
  CHECK(page->clip.contentType == "video/mp4");
  CHECK(page->poster.sha256 == "p1");
  CHECK(page->poster.contentType == "image/jpeg");
}

TEST_CASE("a page has the pictures its campaign was made with, and the streams of its edits",
          "[tracking]") {
  World world(anyEngine());
  const auto picture = [&](int edits, int revision, const std::string& kind) {
    const std::string hash = kind + std::to_string(edits) + std::to_string(revision);
    world.change(
        "INSERT INTO video_pictures (video_id, edit_version, revision, kind, sha256, bytes,"
        " width, height, time_ms) VALUES (1, " +
        std::to_string(edits) + ", " + std::to_string(revision) + ", '" + kind + "', '" + hash +
        "', 5, 600, 315, 0)");
  };
  const auto clip = [&](const std::string& profile, int edits, const std::string& hash, int width) {
    world.change(
        "INSERT INTO clips (video_id, profile, state, edit_version, sha256, bytes, width,"
        " height, duration_ms, report, report_mac, created_at_ms) VALUES (1, '" +
        profile + "', 'ready', " + std::to_string(edits) + ", '" + hash + "', 9, " +
        std::to_string(width) + ", 1920, 12500, '{}', 'm', 0)");
  };
  const auto page = [&] { return std::get<WatchPage>(world.pages.find(world.token)); };
  CHECK(page().poster.sha256 == "p1");
  CHECK(page().streams.empty());
  CHECK_FALSE(page().badge);

  for (const char* kind : {"poster", "poster_webp", "badge"}) picture(1, 1, kind);
  world.change("UPDATE campaign_contents SET picture_revision = 1");
  picture(1, 2, "poster");  // chosen after the campaign was made
  picture(2, 3, "poster");  // of other edits
  CHECK(page().poster.sha256 == "poster11");
  CHECK(page().posterWebp->sha256 == "poster_webp11");
  CHECK(page().badge->width == 600);
  world.change("UPDATE campaign_contents SET picture_revision = 0");
  CHECK(page().poster.sha256 == "poster12");

  clip("web-480", 1, "small", 480);  // smaller than what was sent
  clip("web-720", 1, "medium", 720);
  clip("web-1080", 2, "other", 1080);  // of other edits
  world.change("UPDATE clips SET state = 'superseded' WHERE sha256 = 'medium'");
  REQUIRE(page().streams.size() == 1);
  CHECK(page().streams[0].media.sha256 == "medium");
  CHECK(page().clip.sha256 == "c1");
}

TEST_CASE("a link that was sent outlives campaign, clip and consent, but not its time",
          "[tracking]") {
  World world(anyEngine());
  world.change("UPDATE campaigns SET state = 'cancelled'");
  world.change("UPDATE clips SET state = 'superseded'");
  world.change("UPDATE consents SET state = 'withdrawn'");
  CHECK(std::holds_alternative<WatchPage>(world.pages.find(world.token)));
  world.clock.advance(std::chrono::hours(24 * 90) - Millis(1));
  CHECK(std::holds_alternative<WatchPage>(world.pages.find(world.token)));
  world.clock.advance(Millis(1));
  const WatchLookup late = world.pages.find(world.token);
  REQUIRE(std::holds_alternative<PageIsOver>(late));
  CHECK(std::get<PageIsOver>(late).language == "de");
  CHECK_FALSE(world.pages.record(world.token, WatchEvent::opened));
  CHECK(world.counter("opened") + world.counter("opened_anonymous") == 0);
}

TEST_CASE("a token of nothing shows nothing and counts nothing", "[tracking]") {
  World world(anyEngine());
  const messages::WatchToken others(crypto::KeyRing(Secret("another key")));
  for (const std::string& token :
       {std::string(), std::string("x"), others.make({1}), world.tokens.make({4711})}) {
    CHECK(std::holds_alternative<NoSuchPage>(world.pages.find(token)));
    CHECK_FALSE(world.pages.record(token, WatchEvent::opened));
  }
  CHECK(world.counter("opened") + world.counter("opened_anonymous") == 0);
}

TEST_CASE("whoever agreed to tracking is counted once per event", "[tracking]") {
  World world(anyEngine());
  const TimePoint first = world.clock.now();
  CHECK(world.pages.record(world.token, WatchEvent::opened));
  world.clock.advance(Millis(60'000));
  CHECK(world.pages.record(world.token, WatchEvent::opened));
  CHECK(world.counter("opened") == 1);
  CHECK(world.counter("opened_anonymous") == 0);
  CHECK(world.events("opened") == 1);
  CHECK(world.openedAt() == toMs(first));
  CHECK(world.pages.record(world.token, WatchEvent::played));
  CHECK(world.pages.record(world.token, WatchEvent::completed));
  CHECK(world.pages.record(world.token, WatchEvent::completed));
  CHECK(world.counter("played") == 1);
  CHECK(world.counter("completed") == 1);
  CHECK(world.events("completed") == 1);
  CHECK(world.state(1) == "sending");  // receipts alone move a message
}

TEST_CASE("a mark implies those before it, and none goes back", "[tracking]") {
  World world(anyEngine());
  CHECK(world.pages.record(world.token, WatchEvent::watched75));
  for (const char* implied : {"opened", "played", "watched_25", "watched_50", "watched_75"})
    CHECK(world.counter(implied) == 1);
  CHECK(world.openedAt() == toMs(world.clock.now()));
  CHECK(world.pages.record(world.token, WatchEvent::watched25));
  CHECK(world.pages.record(world.token, WatchEvent::opened));
  CHECK(world.counter("watched_25") == 1);
  CHECK(world.events("watched_75") == 1);
  CHECK(world.events("watched_25") == 0);  // the timeline tells what was reported
  CHECK(world.pages.record(world.token, WatchEvent::completed));
  CHECK(world.counter("completed") == 1);
  CHECK(world.counter("watched_75") == 1);
  CHECK(world.countersAreTrue());
}

TEST_CASE("without consent to tracking only the campaign counts, once for each visit",
          "[tracking]") {
  World world(anyEngine());
  SECTION("never given") { world.change("UPDATE consents SET tracking = 0"); }
  SECTION("withdrawn since") { world.change("UPDATE consents SET state = 'withdrawn'"); }
  SECTION("sent under none") { world.change("UPDATE messages SET consent_id = NULL"); }
  for (int i = 0; i < 100; ++i) CHECK(world.pages.record(world.token, WatchEvent::opened));
  CHECK(world.counter("opened_anonymous") == 1);
  world.clock.advance(BeaconLimit::kWindow);
  CHECK(world.pages.record(world.token, WatchEvent::opened));
  CHECK(world.pages.record(world.token, WatchEvent::watched50));
  CHECK(world.counter("opened_anonymous") == 2);
  CHECK(world.counter("watched_50_anonymous") == 1);
  CHECK(world.counter("watched_25_anonymous") == 0);  // of whom it would be is not known
  CHECK(world.counter("opened") + world.counter("watched_50") == 0);
  CHECK(world.number("SELECT count(*) FROM message_events WHERE attempt = 0") == 0);
  CHECK(world.number("SELECT watch_rank FROM messages") == 0);
  CHECK(world.openedAt() == -1);
}

TEST_CASE("whoever withdraws consent keeps what was counted, and is told apart no more",
          "[tracking]") {
  World world(anyEngine());
  CHECK(world.pages.record(world.token, WatchEvent::played));
  world.change("UPDATE consents SET state = 'withdrawn'");
  CHECK(world.pages.record(world.token, WatchEvent::completed));
  CHECK(world.counter("completed") == 0);
  CHECK(world.counter("completed_anonymous") == 1);
  CHECK(world.events("completed") == 0);
  CHECK(world.countersAreTrue());
}

TEST_CASE("a beacon that could not be written may come again", "[tracking]") {
  BeaconLimit limit;
  const TimePoint now = fromMs(1'790'000'000'000);
  CHECK(limit.take({7}, WatchEvent::opened, now));
  CHECK_FALSE(limit.take({7}, WatchEvent::opened, now));
  CHECK(limit.take({7}, WatchEvent::played, now));
  CHECK(limit.take({8}, WatchEvent::opened, now));
  limit.giveBack({7}, WatchEvent::opened);
  CHECK(limit.take({7}, WatchEvent::opened, now));
  CHECK_FALSE(limit.take({7}, WatchEvent::opened, now + BeaconLimit::kWindow - Millis(1)));
  CHECK(limit.take({7}, WatchEvent::opened, now + BeaconLimit::kWindow));
}

TEST_CASE("beacons in any order and number end in the same counters", "[tracking]") {
  World world(anyEngine());
  std::minstd_rand random(GENERATE(1U, 2U, 3U));
  int furthest = -1;
  for (int i = 0; i < 40; ++i) {
    const int event = static_cast<int>(random() % kWatchEvents);
    furthest = std::max(furthest, event);
    CHECK(world.pages.record(world.token, static_cast<WatchEvent>(event)));
    if (random() % 4 == 0) world.clock.advance(BeaconLimit::kWindow);
    REQUIRE(world.countersAreTrue());
  }
  for (int event = 0; event < kWatchEvents; ++event)
    CHECK(world.counter(std::string(name(static_cast<WatchEvent>(event)))) ==
          (event <= furthest ? 1 : 0));
}

TEST_CASE("events of one person that come together count once", "[tracking]") {
  World world(anyEngine());
  std::vector<std::thread> phones;
  for (int i = 0; i < 4; ++i)
    phones.emplace_back([&] {
      for (int n = 0; n < 5; ++n) {
        world.pages.record(world.token, WatchEvent::opened);
        world.pages.record(world.token, WatchEvent::played);
      }
    });
  for (std::thread& phone : phones) phone.join();
  CHECK(world.counter("opened") == 1);
  CHECK(world.counter("played") == 1);
  CHECK(world.events("played") == 1);
}
