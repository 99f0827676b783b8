#include "senders/media_ledger.h"

#include <future>
#include <latch>

#include "base/error.h"
#include "senders_fixture.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::senders;
using namespace std::chrono_literals;

namespace {

// A provider that keeps uploads: ids count from 1, and it confirms size and hash of what it got.
struct Uploads {
  ResponderReply operator()(const ResponderRequest& request) {
    const std::lock_guard lock(mutex);
    if (request.method == "POST") {
      bodies.push_back(request.body);
      return json({{"id", std::to_string(bodies.size())}});
    }
    return json({{"id", "x"}, {"file_size", std::to_string(size)}, {"sha256", sha256}});
  }
  std::mutex mutex;
  std::vector<std::string> bodies;
  std::string sha256;
  std::size_t size = 0;
};

struct LedgerFixture {
  explicit LedgerFixture(db::Engine engine)
      : f(engine, [this](const ResponderRequest& r) { return uploads(r); }),
        sender(f.add().id),
        sha256(f.storeFile("a clip")) {
    uploads.sha256 = sha256;
    uploads.size = 6;
  }
  std::string ensure() { return f.ledger.ensure({sender, sha256}); }
  std::optional<std::string> usable() {
    return f.database->read(
        [&](db::Connection& c) { return MediaLedger::usable(c, sender, sha256, f.clock.now()); });
  }
  void honest() {
    f.provider([this](const ResponderRequest& r) { return uploads(r); });
  }
  Uploads uploads;
  Fixture f;
  SenderId sender;
  std::string sha256;
};

}  // namespace

TEST_CASE("a clip is uploaded once per number and reused by id", "[senders]") {
  LedgerFixture l(GENERATE(values(kBothEngines)));
  CHECK_FALSE(l.usable());
  CHECK(l.ensure() == "1");
  CHECK(l.usable() == "1");
  CHECK(l.ensure() == "1");
  REQUIRE(l.uploads.bodies.size() == 1);
  CHECK(l.uploads.bodies[0].find("a clip") != std::string::npos);
  CHECK(l.uploads.bodies[0].find("Content-Type: video/mp4") != std::string::npos);
  SenderInput other = l.f.input();
  other.externalId = "1056";
  CHECK(l.f.ledger.ensure({l.f.service.create(other, l.f.actor).id, l.sha256}) == "2");
  CHECK_THROWS_AS(l.f.ledger.ensure({l.sender, std::string(64, '0')}), Error);
}

TEST_CASE("two that want the same clip at once upload it once", "[senders]") {
  LedgerFixture l(GENERATE(values(kBothEngines)));
  std::latch arrived(1), release(1);
  l.f.provider([&](const ResponderRequest& request) {
    if (request.method == "POST") {
      arrived.count_down();
      release.wait();
    }
    return l.uploads(request);
  });
  auto first = std::async(std::launch::async, [&] { return l.ensure(); });
  arrived.wait();
  try {
    l.ensure();
    FAIL("uploaded twice");
  } catch (const Error& error) {
    CHECK(error.code() == "media.uploading");
    CHECK(error.kind() == ErrorKind::unavailable);
  }
  release.count_down();
  CHECK(first.get() == "1");
  CHECK(l.ensure() == "1");
  CHECK(l.uploads.bodies.size() == 1);
}

TEST_CASE("an upload whose process died is taken over and the late one writes nothing",
          "[senders]") {
  LedgerFixture l(GENERATE(values(kBothEngines)));
  std::latch arrived(1), release(1);
  std::atomic<int> posts{0};
  l.f.provider([&](const ResponderRequest& request) {
    if (request.method == "POST" && ++posts == 1) {
      arrived.count_down();
      release.wait();
      return json({{"id", "late"}});
    }
    return l.uploads(request);
  });
  auto late = std::async(std::launch::async, [&] { return l.ensure(); });
  arrived.wait();
  l.f.clock.advance(8min);
  CHECK(l.ensure() == "1");
  release.count_down();
  CHECK(late.get() == "1");  // its own id is dropped for the one that counts
  CHECK(l.usable() == "1");
}

TEST_CASE("an id is renewed before it expires and serves until then", "[senders]") {
  LedgerFixture l(GENERATE(values(kBothEngines)));
  const auto due = [&] {
    return l.f.database->read(
        [&](db::Connection& c) { return MediaLedger::due(c, l.f.clock.now(), 10).size(); });
  };
  l.ensure();
  l.f.clock.advance(24h * 24);
  CHECK(l.ensure() == "1");
  CHECK(due() == 0);
  l.f.clock.advance(25h);
  CHECK(due() == 1);
  l.f.provider([](const ResponderRequest&) { return graphError(131016, 500); });
  CHECK(l.ensure() == "1");  // the renewal failed, the old id is still good
  CHECK(l.usable() == "1");
  CHECK(due() == 1);  // and is tried again
  l.honest();
  CHECK(l.ensure() == "2");
  CHECK(due() == 0);
  l.f.clock.advance(24h * 31);
  CHECK_FALSE(l.usable());
  CHECK(l.ensure() == "3");
}

TEST_CASE("a failed upload says why and may be tried again", "[senders]") {
  LedgerFixture l(GENERATE(values(kBothEngines)));
  l.f.provider([](const ResponderRequest&) { return graphError(131053); });
  try {
    l.ensure();
    FAIL("uploaded");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::refused);
    CHECK(std::string(error.what()).find("131053") != std::string::npos);
  }
  const auto row = l.f.database->read([&](db::Connection& c) {
    return c.queryOne<std::string, std::string>("SELECT state, error_code FROM sender_media");
  });
  CHECK(row == std::tuple<std::string, std::string>("failed", "131053"));
  l.uploads.size = 5;  // the provider got something else
  l.honest();
  CHECK_THROWS_AS(l.ensure(), Error);
  CHECK_FALSE(l.usable());
  l.uploads.size = 6;
  CHECK(l.ensure() == "2");
  CHECK(l.usable() == "2");
}

TEST_CASE("an id the provider no longer takes is used no more", "[senders]") {
  LedgerFixture l(GENERATE(values(kBothEngines)));
  using Distrust = MediaLedger::Distrust;
  const auto distrust = [&](TimePoint usedAt) {
    return l.f.database->write([&](db::Transaction& tx) {
      return MediaLedger::distrust(tx, l.sender, l.sha256, usedAt, 131053, l.f.clock.now());
    });
  };
  CHECK(distrust(l.f.clock.now()) == Distrust::unknown);
  l.ensure();
  const TimePoint first = l.f.clock.now();
  CHECK(distrust(first - Millis(1)) == Distrust::replaced);  // of an older id
  CHECK(l.usable() == "1");
  CHECK(distrust(first) == Distrust::replaced);
  CHECK_FALSE(l.usable());
  CHECK(l.ensure() == "2");
  SECTION("what was sent with the old id says nothing about the new one") {
    l.f.clock.advance(Millis(1000));
    CHECK(distrust(first - Millis(1)) == Distrust::replaced);
    CHECK(l.usable() == "2");
  }
  SECTION("a file that fails again and again is not uploaded for ever") {
    CHECK(distrust(l.f.clock.now()) == Distrust::replaced);
    CHECK(l.ensure() == "3");
    CHECK(distrust(l.f.clock.now()) == Distrust::worn);
    CHECK(l.usable() == "3");
  }
  SECTION("an id that served for long is lost, not worn") {
    for (int i = 3; i < 8; ++i) {
      l.f.clock.advance(std::chrono::hours(48));
      CHECK(distrust(l.f.clock.now()) == Distrust::replaced);
      CHECK(l.ensure() == std::to_string(i));
    }
  }
}
