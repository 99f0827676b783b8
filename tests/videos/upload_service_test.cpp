#include "videos/upload_service.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <thread>

#include "base/crypto.h"
#include "support/catch.h"
#include "support/manual_clock.h"
#include "support/skip.h"
#include "support/small_disk.h"
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

// Gives `text` and then breaks off.
struct BrokenSource : TextSource {
  using TextSource::TextSource;
  std::size_t read(char* to, std::size_t size) override {
    if (const std::size_t count = TextSource::read(to, size)) return count;
    throw Error(ErrorKind::invalidInput, "cut off", "Send it again.", "request.truncated");
  }
};

struct Uploading : World {
  explicit Uploading(db::Engine engine = db::Engine::sqlite) : World(engine) {}
  explicit Uploading(const SmallDisk& disk) : World(db::Engine::sqlite, disk / "store") {}

  Upload begin(std::uint64_t length, const UploadInfo& info = {"", "film.mp4"}) {
    return uploads.create({info, "", {length}}, actor);
  }
  Appended append(const Upload& upload, std::uint64_t offset, const std::string& bytes,
                  const std::optional<Checksum>& checksum = {}) {
    TextSource source(bytes);
    return uploads.append(upload.id, actor, {offset}, source, checksum);
  }
  Upload now(const Upload& upload) { return uploads.find(upload.id, actor); }
  std::uint64_t offset(const Upload& upload) { return now(upload).offset.bytes; }
  // Makes the bytes durable and tells so, but never comes to the video: as if killed there.
  void interruptBeforeVideo(const Upload& upload, const std::string& bytes) {
    auto file = partials.open(upload.id);
    Upload row = now(upload);
    TextSource source(bytes);
    UploadWriter writer(*database, clock, std::chrono::hours(1), *file, row);
    REQUIRE(writer.write(source, {}));
  }
};

}  // namespace

TEST_CASE("the last byte of an upload makes a video with its probe", "[uploads]") {
  Uploading world(GENERATE(values(kBothEngines)));
  const Upload upload = world.begin(10, {"Sommer", "C:\\films\\a.mp4"});
  CHECK(upload.id.size() == 32);
  CHECK(world.append(upload, 0, "01234") == Appended::stored);
  CHECK(world.offset(upload) == 5);
  CHECK(world.count("videos") == 0);
  CHECK(world.append(upload, 5, "56789") == Appended::stored);
  const Upload done = world.now(upload);
  CHECK(done.state == UploadState::done);
  CHECK(done.offset == done.length);
  const Video video = world.video(done.video);
  CHECK(video.title == "Sommer");
  CHECK(video.filename == "a.mp4");
  CHECK(video.originalSha256 == crypto::hex(crypto::sha256("0123456789")));
  CHECK(world.store.intact(video.originalSha256));
  CHECK(world.count("jobs WHERE kind = 'video.probe'") == 1);
  CHECK(world.count("audit_log WHERE action = 'video.uploaded' AND actor_id = '1'") == 1);
  CHECK(world.storedFiles().size() == 1);  // the partial file is gone
  CHECK(world.append(upload, 10, "") == Appended::stored);
  CHECK(codeOf([&] { world.append(upload, 10, "x"); }) == "upload.too_long");
  CHECK(codeOf([&] { world.append(upload, 5, "56789"); }) == "upload.wrong_offset");
  CHECK(world.count("videos") == 1);
}

TEST_CASE("an upload that breaks off keeps what came", "[uploads]") {
  Uploading world;
  const Upload upload = world.begin(100);
  BrokenSource broken(std::string(60, 'a'));
  CHECK(codeOf([&] { world.uploads.append(upload.id, world.actor, {0}, broken, {}); }) ==
        "request.truncated");
  CHECK(world.offset(upload) == 60);
  CHECK(world.append(upload, 60, std::string(40, 'b')) == Appended::stored);
  CHECK(world.store.intact(world.video(world.now(upload).video).originalSha256));
}

TEST_CASE("a wrong offset, too many bytes and a strange owner change nothing", "[uploads]") {
  Uploading world;
  const Upload upload = world.begin(10);
  world.append(upload, 0, "01234");
  CHECK(codeOf([&] { world.append(upload, 0, "x"); }) == "upload.wrong_offset");
  CHECK(codeOf([&] { world.append(upload, 6, "x"); }) == "upload.wrong_offset");
  CHECK(codeOf([&] { world.append(upload, 5, "567890"); }) == "upload.too_long");
  CHECK(world.offset(upload) == 5);
  CHECK(world.partials.size(upload.id) == 5);
  const Actor other{"token", "2", ""};
  CHECK(codeOf([&] { world.uploads.find(upload.id, other); }) == "upload.not_found");
  CHECK(codeOf([&] { world.uploads.remove(upload.id, other); }) == "upload.not_found");
  CHECK(codeOf([&] { world.uploads.find("../etc", world.actor); }) == "upload.not_found");
  TextSource bytes("56789");
  CHECK(codeOf([&] { world.uploads.append(upload.id, other, {5}, bytes, {}); }) ==
        "upload.not_found");
}

TEST_CASE("bytes with a checksum are kept whole or not at all", "[uploads]") {
  Uploading world;
  const Upload upload = world.begin(10);
  const std::string hello = "01234";
  const Checksum right{crypto::Algorithm::sha256, crypto::sha256(hello)};
  CHECK(world.append(upload, 0, "01235", right) == Appended::wrongChecksum);
  CHECK(world.offset(upload) == 0);
  CHECK(world.partials.size(upload.id) == 0);
  BrokenSource broken(hello);
  CHECK(codeOf([&] { world.uploads.append(upload.id, world.actor, {0}, broken, right); }) ==
        "request.truncated");
  CHECK(world.offset(upload) == 0);
  CHECK(world.append(upload, 0, hello, right) == Appended::stored);
  CHECK(world.offset(upload) == 5);
}

TEST_CASE("two requests cannot write to one upload", "[uploads]") {
  Uploading world;
  const Upload upload = world.begin(10);
  struct Nested : TextSource {
    using TextSource::TextSource;
    std::function<void()> meanwhile;
    std::size_t read(char* to, std::size_t size) override {
      if (at == 0) meanwhile();
      return TextSource::read(to, size);
    }
  } outer("01234");
  outer.meanwhile = [&] {
    CHECK(world.append(upload, 0, "x") == Appended::locked);
    CHECK(world.offset(upload) == 0);
  };
  CHECK(world.uploads.append(upload.id, world.actor, {0}, outer, {}) == Appended::stored);
  CHECK(world.offset(upload) == 5);
}

TEST_CASE("an upload killed between its last byte and its video becomes one video", "[uploads]") {
  Uploading world(GENERATE(values(kBothEngines)));
  const Upload upload = world.begin(10);
  world.interruptBeforeVideo(upload, "0123456789");
  SECTION("when its client asks") {
    CHECK(world.now(upload).state == UploadState::done);
    CHECK(world.now(upload).state == UploadState::done);
  }
  SECTION("when the service comes round") {
    world.uploads.finishInterrupted();
    world.uploads.finishInterrupted();
  }
  SECTION("when it was stored already, but not committed") {
    const auto file = world.partials.open(upload.id);
    world.store.adopt(world.partials.link(upload.id, *file), 1_MB);
    CHECK(world.now(upload).state == UploadState::uploading);  // somebody has it
    CHECK(world.append(upload, 10, "") == Appended::locked);
    const_cast<std::optional<media::PartialFile>&>(file).reset();
    CHECK(world.now(upload).state == UploadState::done);
  }
  CHECK(world.count("videos") == 1);
  CHECK(world.count("jobs") == 1);
  CHECK(world.storedFiles().size() == 1);
  CHECK(world.store.intact(crypto::hex(crypto::sha256("0123456789"))));
}

TEST_CASE("bytes nobody was told of are written again", "[uploads]") {
  Uploading world;
  const Upload upload = world.begin(10);
  world.append(upload, 0, "01234");
  {
    auto file = world.partials.open(upload.id);
    media::PacedWriter(file->fd(), 5).write("garbage that was never acknowledged");
  }
  CHECK(world.offset(upload) == 5);
  world.append(upload, 5, "56789");
  CHECK(world.store.intact(crypto::hex(crypto::sha256("0123456789"))));
}

TEST_CASE("an upload whose bytes were taken away has ended", "[uploads]") {
  Uploading world;
  const Upload upload = world.begin(10);
  world.append(upload, 0, "01234");
  world.partials.remove(upload.id);
  CHECK(codeOf([&] { world.now(upload); }) == "upload.gone");
  CHECK(codeOf([&] { world.append(upload, 5, "56789"); }) == "upload.gone");
}

TEST_CASE("an upload is removed also while it is being written", "[uploads]") {
  Uploading world;
  const Upload upload = world.begin(10);
  struct Nested : TextSource {
    using TextSource::TextSource;
    std::function<void()> meanwhile;
    std::size_t read(char* to, std::size_t size) override {
      if (at == 0) meanwhile();
      return TextSource::read(to, size);
    }
  } source("0123456789");
  source.meanwhile = [&] { world.uploads.remove(upload.id, world.actor); };
  CHECK(codeOf([&] { world.uploads.append(upload.id, world.actor, {0}, source, {}); }) ==
        "upload.not_found");
  CHECK(world.count("uploads") == 0);
  CHECK(world.count("videos") == 0);
  CHECK(world.storedFiles().empty());
}

TEST_CASE("an upload that rests too long has ended, one that goes on has not", "[uploads]") {
  World world(GENERATE(values(kBothEngines)));
  ManualClock clock(world.clock.now());
  UploadService uploads(*world.database, world.store, world.partials, world.ingest, clock,
                        world.bell, std::chrono::hours(2));
  const Upload upload = uploads.create({{"", "a.mp4"}, "", {10}}, world.actor);
  const auto send = [&](std::uint64_t offset, const std::string& bytes) {
    TextSource source(bytes);
    return uploads.append(upload.id, world.actor, {offset}, source, {});
  };
  clock.advance(std::chrono::minutes(110));
  CHECK(send(0, "01234") == Appended::stored);
  clock.advance(std::chrono::minutes(110));
  uploads.expire();
  CHECK(uploads.find(upload.id, world.actor).offset.bytes == 5);
  clock.advance(std::chrono::minutes(11));
  CHECK(codeOf([&] { uploads.find(upload.id, world.actor); }) == "upload.gone");
  CHECK(codeOf([&] { send(5, "56789"); }) == "upload.gone");
  uploads.expire();
  CHECK(world.count("uploads WHERE state = 'expired'") == 1);
  clock.advance(std::chrono::days(8));
  uploads.expire();
  CHECK(world.count("uploads") == 0);
}

TEST_CASE("what cannot become a video is refused before a byte is sent", "[uploads]") {
  Uploading world;
  CHECK(codeOf([&] { world.begin(0); }) == "upload.empty");
  CHECK(codeOf([&] { world.begin(100'000'001); }) == "media.too_large");
  CHECK(codeOf([&] { world.begin(10, {"two\nlines", ""}); }) == "video.bad_title");
  IngestService sparing(*world.database, world.store, world.clock, world.bell, world.auditLog,
                        100_MB, ByteSize{world.store.freeSpace().bytes - 50'000'000});
  UploadService uploads(*world.database, world.store, world.partials, sparing, world.clock,
                        world.bell, std::chrono::hours(1));
  CHECK(codeOf([&] {
          uploads.create({{"", "a.mp4"}, "", {99'000'000}}, world.actor);
        }) == "media.low_space");
  CHECK(world.count("uploads") == 0);
  CHECK(world.storedFiles().empty());
}

TEST_CASE("a full disk keeps the offset, and the upload goes on when there is room", "[uploads]") {
  SmallDisk disk("400k");
  if (!disk.ok()) {
    skipTest("no right to mount a small disk here");
    return;
  }
  Uploading world(disk);
  const std::string bytes(300'000, 'b');
  std::optional<media::StoredFile> filler;
  {
    TextSource source(std::string(200'000, 'f'));
    filler = world.store.put(source, 1_MB);
  }
  const Upload upload = [&] {  // as if the disk had filled up after it began
    Upload made = world.begin(100'000);
    world.write([&](db::Transaction& tx) {
      tx.run("UPDATE uploads SET length_bytes = 300000 WHERE id = $1", made.id);
    });
    return made;
  }();
  world.append(upload, 0, bytes.substr(0, 50'000));
  CHECK(codeOf([&] { world.append(upload, 50'000, bytes.substr(50'000)); }) == "media.full");
  CHECK(world.offset(upload) == 50'000);
  CHECK(world.partials.size(upload.id) == 50'000);
  world.store.remove(filler->sha256);
  CHECK(world.append(upload, 50'000, bytes.substr(50'000)) == Appended::stored);
  CHECK(world.store.intact(world.video(world.now(upload).video).originalSha256));
}

TEST_CASE("a process killed at random moments never takes back what it told", "[uploads]") {
  Uploading world;
  const std::string film = crypto::randomBytes(20'000'000);
  const Upload upload = world.begin(film.size());
  const auto settings = world.database.settings();
  world.database.close();  // the child has it alone, as a service has
  std::uint64_t told = 0;
  bool done = false;
  for (int round = 0; round < 40 && !done; ++round) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
      db::Database database(settings);
      IngestService ingest(database, world.store, world.clock, world.bell, world.auditLog, 100_MB);
      UploadService uploads(database, world.store, world.partials, ingest, world.clock, world.bell,
                            std::chrono::hours(1));
      for (;;) {
        const Upload row = uploads.find(upload.id, world.actor);
        const std::uint64_t at = row.offset.bytes;
        (void)!::write(ends[1], &at, sizeof at);
        if (row.state == UploadState::done) ::_exit(0);
        TextSource source(film.substr(at, 1'000'000));
        uploads.append(upload.id, world.actor, {at}, source, {});
      }
    }
    ::close(ends[1]);
    std::uint64_t at = 0;
    for (int heard = 0; heard < 1 + round % 4; ++heard) {
      if (::read(ends[0], &at, sizeof at) != sizeof at) break;
      CHECK(at >= told);
      told = at;
    }
    if (told < film.size()) {
      ::usleep(static_cast<useconds_t>((round * 7'919) % 30'000));  // into the next piece
      ::kill(child, SIGKILL);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    done = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    while (::read(ends[0], &at, sizeof at) == sizeof at) told = at;
    ::close(ends[0]);
  }
  REQUIRE(done);
  CHECK(told == film.size());
  db::Database database(settings);
  CHECK(database.read([](db::Connection& c) {
    return *c.scalar<std::int64_t>("SELECT count(*) FROM videos");
  }) == 1);
  CHECK(world.store.intact(crypto::hex(crypto::sha256(film))));
}
