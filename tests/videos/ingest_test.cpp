#include "base/crypto.h"
#include "support/catch.h"
#include "world.h"

using namespace clipcourier;
using namespace clipcourier::videos;

namespace {

std::string codeOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    CHECK_FALSE(error.hint().empty());
    return error.code();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("an uploaded video, its probe and its audit row appear together", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  const Video video = world.upload("bytes", {" Sommer–Kollektion ", "C:\\films\\so\nmmer.mp4"});
  CHECK(video.title == "Sommer–Kollektion");
  CHECK(video.filename == "sommer.mp4");
  CHECK(video.state == VideoState::uploaded);
  CHECK(video.originalSha256 == crypto::hex(crypto::sha256("bytes")));
  CHECK(video.originalSize.bytes == 5);
  CHECK(video.version == 1);
  CHECK(world.store.intact(video.originalSha256));
  const auto job = world.database->read(
      [&](db::Connection& c) { return jobs::JobList(c).latest(kProbeJob, video.id.value); });
  REQUIRE(job);
  CHECK(job->state == jobs::JobState::waiting);
  CHECK(world.count("audit_log WHERE action = 'video.uploaded'") == 1);
  CHECK(world.view(video.id).progress.words.de == "Wartet auf die Prüfung");
}

TEST_CASE("the same bytes again are a new video that knows its twin, stored once", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  const Video first = world.upload("bytes", {"Spring", ""});
  const Video second = world.upload("bytes", {"Summer", ""});
  CHECK(first.id != second.id);
  CHECK(world.storedFiles() == std::vector<std::string>{first.originalSha256});
  CHECK(world.view(second.id).sameOriginal == std::vector<VideoId>{first.id});
  CHECK(world.video(first.id).title == "Spring");
}

TEST_CASE("an upload that would touch the reserve of the disk is refused and leaves nothing",
          "[videos]") {
  World world(db::Engine::sqlite);
  IngestService sparing(*world.database, world.store, world.clock, world.bell, world.auditLog,
                        100_MB, {world.store.freeSpace().bytes + 1'000'000'000'000});
  TextSource source("bytes");
  CHECK(codeOf([&] { sparing.receive(source); }) == "media.low_space");
  CHECK(world.storedFiles().empty());
  CHECK(world.upload("bytes", {"Spring", ""}).title == "Spring");
}

TEST_CASE("a title comes from the file's name when none is given", "[videos]") {
  World world(db::Engine::sqlite);
  CHECK(world.upload("a", {"", "my.film.mp4"}).title == "my.film");
  CHECK(world.upload("a", {"", ""}).title == "Video");
  CHECK(world.upload("a", {"", ".mp4"}).title == "Video");
  CHECK(world.upload("a", {"", "\xff\xfe.mp4"}).title == "Video");
  CHECK(world.upload("a", {"", "../../etc/passwd"}).title == "passwd");
}

TEST_CASE("what cannot be a video leaves nothing", "[videos]") {
  World world(db::Engine::sqlite);
  CHECK(codeOf([&] { world.upload(""); }) == "upload.empty");
  for (const std::string& title :
       {std::string("   "), std::string("two\nlines"), std::string("\xff"), std::string(201, 'x')})
    CHECK(codeOf([&] { world.upload("x", {title, ""}); }) == "video.bad_title");
  CHECK(codeOf([&] { world.upload(std::string(100'000'001, 'x')); }) == "media.too_large");
  CHECK(world.count("videos") == 0);
  CHECK(world.count("jobs") == 0);
  CHECK(world.storedFiles().empty());
  std::string longest;
  for (int i = 0; i < 200; ++i) longest += "ü";
  CHECK(world.upload("x", {longest, ""}).title == longest);
}
