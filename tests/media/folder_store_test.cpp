#include "media/folder_store.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "base/crypto.h"
#include "media/hash_file.h"
#include "sources.h"
#include "support/catch.h"
#include "support/temp_folder.h"

using namespace clipcourier;
using namespace clipcourier::media;

namespace {

const std::string kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

struct Store {
  TempFolder folder;
  FolderStore store{folder / "store"};

  StoredFile put(std::string text, ByteSize limit = 1_GiB) {
    TextSource source(std::move(text));
    return store.put(source, limit);
  }
  std::string read(const std::string& sha256) {
    const OpenFile file = store.open(sha256);
    std::string text(file.size.bytes + 1, '\0');
    text.resize(static_cast<std::size_t>(::read(file.fd.get(), text.data(), text.size())));
    return text;
  }
  std::vector<std::string> files() { return filesUnder(folder / "store"); }
};

ErrorKind kindOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.kind();
  }
  FAIL("no Error was thrown");
  return ErrorKind::internal;
}

mode_t modeOf(const std::string& path) {
  struct stat facts {};
  REQUIRE(::stat(path.c_str(), &facts) == 0);
  return facts.st_mode & 07777;
}

}  // namespace

TEST_CASE("stored bytes are found under their SHA-256 and nobody else may read them", "[media]") {
  Store s;
  const StoredFile file = s.put("abc");
  CHECK(file.sha256 == kAbc);
  CHECK(file.size.bytes == 3);
  CHECK_FALSE(file.wasThere);
  CHECK(s.files() == std::vector<std::string>{"ba/78/" + kAbc});
  CHECK(s.read(kAbc) == "abc");
  CHECK(s.store.exists(kAbc));
  CHECK(s.store.intact(kAbc));
  CHECK(modeOf(s.folder / "store") == 0700);
  CHECK(modeOf(s.folder / ("store/ba")) == 0700);
  CHECK(modeOf(s.folder / ("store/ba/78/" + kAbc)) == 0400);
  const OpenFile open = s.store.open(kAbc);
  CHECK(::write(open.fd.get(), "x", 1) == -1);
  CHECK((::fcntl(open.fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("empty input and input that ends on any boundary are stored whole", "[media]") {
  Store s;
  for (const std::size_t size : {0u, 1u, 69'999u, 70'000u, 524'288u, 17'000'001u}) {
    const std::string text(size, 'v');
    const StoredFile file = s.put(text);
    CHECK(file.sha256 == crypto::hex(crypto::sha256(text)));
    CHECK(file.size.bytes == size);
    CHECK(s.read(file.sha256) == text);
  }
}

TEST_CASE("the same bytes again make no second copy", "[media]") {
  Store s;
  s.put("abc");
  struct stat before {
  }, after{};
  REQUIRE(::stat((s.folder / ("store/ba/78/" + kAbc)).c_str(), &before) == 0);
  CHECK(s.put("abc").wasThere);
  REQUIRE(::stat((s.folder / ("store/ba/78/" + kAbc)).c_str(), &after) == 0);
  CHECK(before.st_ino == after.st_ino);
  CHECK(s.files().size() == 1);
}

TEST_CASE("a stored file that lost bytes is replaced when it comes again", "[media]") {
  Store s;
  s.put("abc");
  std::filesystem::permissions(s.folder / ("store/ba/78/" + kAbc),
                               std::filesystem::perms::owner_all);
  std::filesystem::resize_file(s.folder / ("store/ba/78/" + kAbc), 2);
  CHECK_FALSE(s.store.intact(kAbc));
  CHECK_FALSE(s.put("abc").wasThere);
  CHECK(s.store.intact(kAbc));
}

TEST_CASE("too much is refused with a hint and leaves nothing", "[media]") {
  Store s;
  CHECK(s.put(std::string(1000, 'x'), {1000}).size.bytes == 1000);
  CHECK(kindOf([&] { s.put(std::string(1001, 'x'), {1000}); }) == ErrorKind::tooLarge);
  TempFile file = s.store.createTemp();
  REQUIRE(::write(file.fd(), "1234", 4) == 4);
  CHECK(kindOf([&] { s.store.adopt(std::move(file), {3}); }) == ErrorKind::tooLarge);
  CHECK(s.files().size() == 1);
}

TEST_CASE("input that breaks off leaves nothing", "[media]") {
  Store s;
  TextSource broken(std::string(20'000'000, 'x'), 70'000, [](std::size_t at) {
    if (at > 18'000'000) throw Error(ErrorKind::invalidInput, "connection lost");
  });
  CHECK(kindOf([&] { s.store.put(broken, 1_GiB); }) == ErrorKind::invalidInput);
  CHECK(s.files().empty());
}

TEST_CASE("what arrived but is not kept leaves nothing", "[media]") {
  Store s;
  TextSource source("abc");
  {
    const Incoming incoming = s.store.receive(source, 1_MiB);
    CHECK(incoming.sha256 == kAbc);
    CHECK_FALSE(s.store.exists(kAbc));
  }
  CHECK(s.files().empty());
}

TEST_CASE("what another process wrote into a temp file is adopted under its hash", "[media]") {
  Store s;
  TempFile file = s.store.createTemp();
  REQUIRE(::write(file.fd(), "xbc", 3) == 3);
  REQUIRE(::pwrite(file.fd(), "a", 1, 0) == 1);  // muxers go back to write sizes
  CHECK(hashFile(file.fd()) == kAbc);
  CHECK(s.store.adopt(std::move(file), 1_MiB).sha256 == kAbc);
  CHECK(s.read(kAbc) == "abc");
  CHECK(s.files().size() == 1);
}

TEST_CASE("a temp file that is not adopted vanishes", "[media]") {
  Store s;
  {
    TempFile first = s.store.createTemp();
    const TempFile moved = std::move(first);
    CHECK(s.files().size() == 1);
  }
  CHECK(s.files().empty());
}

TEST_CASE("only hashes are opened, never paths or links", "[media]") {
  Store s;
  s.put("abc");
  for (const char* name : {"", "../../etc/passwd", "ba/78", "temp",
                           "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"})
    CHECK(kindOf([&] { s.store.open(name); }) == ErrorKind::invalidInput);
  const std::string other = "ba78" + std::string(60, '0');
  CHECK(kindOf([&] { s.store.open(other); }) == ErrorKind::notFound);
  CHECK_FALSE(s.store.exists(other));
  std::filesystem::create_symlink("/etc/passwd", s.folder / ("store/ba/78/" + other));
  CHECK(kindOf([&] { s.store.open(other); }) == ErrorKind::notFound);
  CHECK_FALSE(s.store.exists(other));
}

TEST_CASE("a removed file is gone, but stays readable where it was open", "[media]") {
  Store s;
  s.put("abc");
  const OpenFile open = s.store.open(kAbc);
  CHECK(s.store.remove(kAbc));
  CHECK_FALSE(s.store.remove(kAbc));
  CHECK_FALSE(s.store.exists(kAbc));
  CHECK(hashFile(open.fd.get()) == kAbc);
}

TEST_CASE("many who store the same bytes at once get one whole file", "[media]") {
  Store s;
  const std::string text(3'000'000, 'c');
  std::vector<std::thread> threads;
  std::vector<StoredFile> results(8);
  for (std::size_t i = 0; i < results.size(); ++i)
    threads.emplace_back([&, i] {
      FolderStore own(s.folder / "store");  // as another process would: it also cleans up
      TextSource source(text, 10'000 + i);
      results[i] = own.put(source, 1_GiB);
    });
  for (auto& thread : threads) thread.join();
  for (const auto& result : results) CHECK(result.sha256 == crypto::hex(crypto::sha256(text)));
  CHECK(s.files().size() == 1);
  CHECK(s.store.intact(results[0].sha256));
}

TEST_CASE("the store knows how much room is left", "[media]") {
  Store s;
  CHECK(s.store.freeSpace() > 1_MB);
}

TEST_CASE("a large upload is never whole in memory", "[media]") {
  struct Endless : ByteSource {  // 300 MB of zeros that nobody holds
    std::size_t left = 300'000'000;
    std::size_t read(char* to, std::size_t size) override {
      const std::size_t count = std::min(left, size);
      std::fill_n(to, count, '\0');
      left -= count;
      return count;
    }
  };
  Store s;
  Endless source;
  struct rusage before {
  }, after{};
  ::getrusage(RUSAGE_SELF, &before);
  CHECK(s.store.put(source, 1_GiB).size.bytes == 300'000'000);
  ::getrusage(RUSAGE_SELF, &after);
  CHECK(after.ru_maxrss - before.ru_maxrss < 20'000);  // kilobytes
}

TEST_CASE("stored files are listed by their first digits, and nothing else is", "[media]") {
  Store s;
  s.put("abc");
  s.store.createTemp();
  std::ofstream(s.folder / ("store/ba/78/not a hash")) << "x";
  CHECK(s.store.list("00").empty());
  const auto listed = s.store.list("ba");
  REQUIRE(listed.size() == 1);
  CHECK(listed[0].sha256 == kAbc);
  CHECK(listed[0].size.bytes == 3);
  CHECK(listed[0].storedAt > SystemClock().now() - std::chrono::minutes(1));
}

TEST_CASE("a file that was stored again is not removed as an old one", "[media]") {
  Store s;
  s.put("abc");
  const std::string path = s.folder / ("store/ba/78/" + kAbc);
  const timespec old[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  const TimePoint limit = SystemClock().now() - std::chrono::hours(1);
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), old, 0) == 0);
  CHECK(s.put("abc").wasThere);
  CHECK_FALSE(s.store.removeStoredBefore(kAbc, limit));
  CHECK(s.read(kAbc) == "abc");
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), old, 0) == 0);
  CHECK(s.store.removeStoredBefore(kAbc, limit));
  CHECK_FALSE(s.store.removeStoredBefore(kAbc, limit));
  CHECK_FALSE(s.store.exists(kAbc));
}
