#include "videos/media_cleaner.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "base/crypto.h"
#include "support/catch.h"
#include "world.h"

using namespace clipcourier;
using namespace clipcourier::videos;

namespace {

constexpr Millis kGrace = std::chrono::hours(24);
const std::vector<FileColumn> kColumns{
    {"videos", "original_sha256"},     {"videos", "captions_sha256"}, {"videos", "logo_sha256"},
    {"videos", "poster_image_sha256"}, {"video_pictures", "sha256"},  {"clips", "sha256"}};

struct CleanerWorld : World {
  using World::World;
  MediaCleaner cleaner{*database, store, partials, clock, kGrace, kColumns};

  std::string put(const std::string& bytes) {
    TextSource source(bytes);
    return store.put(source, 1_MB).sha256;
  }
  std::string pathOf(const std::string& sha256) const {
    return storePath + "/" + sha256.substr(0, 2) + "/" + sha256.substr(2, 2) + "/" + sha256;
  }
  void age(const std::string& sha256, std::chrono::hours by = std::chrono::hours(25)) {
    const auto at = std::chrono::floor<std::chrono::seconds>(clock.now() - by);
    const timespec time{at.time_since_epoch().count(), 0};
    const timespec times[2] = {time, time};
    REQUIRE(::utimensat(AT_FDCWD, pathOf(sha256).c_str(), times, 0) == 0);
  }
  Cleaned clean(MediaCleaner::Mode mode = MediaCleaner::Mode::remove) {
    Cleaned all;
    for (int part = 0; part < MediaCleaner::kParts; ++part) all += cleaner.cleanStored(part, mode);
    return all;
  }
};

}  // namespace

TEST_CASE("what no row names goes when it is old enough, everything else stays", "[videos]") {
  CleanerWorld world(GENERATE(values(kBothEngines)));
  const Video video = world.upload("a film that is kept");
  const std::string orphan = world.put("an orphan"), young = world.put("a young orphan");
  world.age(video.originalSha256);
  world.age(orphan);
  world.age(young, std::chrono::hours(23));
  CHECK(world.clean(MediaCleaner::Mode::dryRun).files == 1);
  CHECK(world.store.exists(orphan));
  const Cleaned cleaned = world.clean();
  CHECK(cleaned.files == 1);
  CHECK(cleaned.bytes == 9);
  CHECK_FALSE(world.store.exists(orphan));
  CHECK(world.store.exists(young));
  CHECK(world.store.intact(video.originalSha256));
  CHECK(world.clean().files == 0);
}

TEST_CASE("a removed video's original goes, unless another one has the same bytes", "[videos]") {
  CleanerWorld world(db::Engine::sqlite);
  const Video first = world.upload("the same film"), second = world.upload("the same film");
  world.service.remove(first.id, world.actor);
  world.age(first.originalSha256);
  CHECK(world.clean().files == 0);
  world.service.remove(second.id, world.actor);
  CHECK(world.clean().files == 1);
}

TEST_CASE("captions that were replaced go, those in use stay", "[videos]") {
  CleanerWorld world(db::Engine::sqlite);
  const Video video = world.upload("a film");
  const auto captions = [&](const std::string& word) {
    TextSource text("1\n00:00:00,000 --> 00:00:01,000\n" + word + "\n");
    return world.edits.setCaptions(video.id, std::nullopt, "srt", text, world.actor).captions;
  };
  const auto old = captions("old"), current = captions("new");
  for (const auto& file : {old, current}) world.age(file.sha256);
  CHECK(world.clean().files == 1);
  CHECK_FALSE(world.store.exists(old.sha256));
  CHECK(world.store.exists(current.sha256));
}

TEST_CASE("the same bytes again make an old file young", "[videos]") {
  CleanerWorld world(db::Engine::sqlite);
  const std::string sha256 = world.put("stored twice");
  world.age(sha256);
  world.put("stored twice");
  CHECK(world.clean().files == 0);
  CHECK(world.store.exists(sha256));
}

TEST_CASE("ingest and cleaner race for the same old bytes, and no row loses its file", "[videos]") {
  CleanerWorld world(db::Engine::sqlite);
  const std::string bytes = "wanted again and again";
  const std::string sha256 = world.put(bytes);
  std::atomic<bool> done{false};
  std::thread cleaning([&] {
    const int part = std::stoi(sha256.substr(0, 2), nullptr, 16);
    while (!done) world.cleaner.cleanStored(part, MediaCleaner::Mode::remove);
  });
  int lost = 0;
  for (int round = 0; round < 300; ++round) {
    if (world.store.exists(sha256)) {  // as if it had been there for long
      const auto at = std::chrono::floor<std::chrono::seconds>(world.clock.now() - 2 * kGrace);
      const timespec old{at.time_since_epoch().count(), 0};
      const timespec times[2] = {old, old};
      ::utimensat(AT_FDCWD, world.pathOf(sha256).c_str(), times, 0);  // it may be gone by now
    }
    const Video video = world.upload(bytes);
    if (!world.store.exists(sha256)) ++lost;
    world.service.remove(video.id, world.actor);
  }
  done = true;
  cleaning.join();
  CHECK(lost == 0);
}

TEST_CASE("a cleaner killed at any moment leaves every named file", "[videos]") {
  CleanerWorld world(db::Engine::sqlite);
  const Video video = world.upload("named");
  world.age(video.originalSha256);
  std::vector<std::string> orphans;
  for (int i = 0; i < 200; ++i) {
    orphans.push_back(world.put("orphan " + std::to_string(i)));
    world.age(orphans.back());
  }
  const auto settings = world.database.settings();
  world.database.close();  // what is open must not be forked
  const auto cleanAll = [&] {
    db::Database database(settings);
    MediaCleaner cleaner(database, world.store, world.partials, world.clock, kGrace, kColumns);
    for (int part = 0; part < MediaCleaner::kParts; ++part)
      cleaner.cleanStored(part, MediaCleaner::Mode::remove);
  };
  const auto left = [&] {
    return std::count_if(orphans.begin(), orphans.end(),
                         [&](const std::string& sha256) { return world.store.exists(sha256); });
  };
  for (int kill = 0; kill < 5; ++kill) {
    const auto before = left();
    const pid_t child = ::fork();
    if (child == 0) {
      cleanAll();
      ::_exit(0);
    }
    // It has begun, and is ended in the middle, or has ended by itself.
    while (left() == before && ::waitpid(child, nullptr, WNOHANG) == 0) std::this_thread::yield();
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  cleanAll();
  CHECK(left() == 0);
  CHECK(world.store.intact(video.originalSha256));
}

TEST_CASE("partial files go with their upload", "[videos]") {
  CleanerWorld world(GENERATE(values(kBothEngines)));
  const Upload upload = world.uploads.create({{"", "film.mp4"}, "", {10}}, world.actor);
  TextSource half("12345");
  CHECK(world.uploads.append(upload.id, world.actor, {0}, half, {}) == Appended::stored);
  world.partials.open("abandoned");
  CHECK(world.cleaner.cleanPartial(MediaCleaner::Mode::dryRun).files == 1);
  CHECK(world.cleaner.cleanPartial(MediaCleaner::Mode::remove).files == 1);
  CHECK(world.partials.names() == std::vector<std::string>{upload.id});
  world.write([&](db::Transaction& tx) { tx.run("UPDATE uploads SET state = 'expired'"); });
  CHECK(world.cleaner.cleanPartial(MediaCleaner::Mode::remove).bytes == 5);
  CHECK(world.partials.names().empty());
}
