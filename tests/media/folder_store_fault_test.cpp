#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "media/folder_store.h"
#include "sources.h"
#include "support/catch.h"
#include "support/skip.h"
#include "support/small_disk.h"
#include "support/temp_folder.h"

using namespace clipcourier;
using namespace clipcourier::media;

namespace {

// Runs `work` in a child process; its destructor kills the child as a power cut would.
class Child {
 public:
  explicit Child(const std::function<void()>& work) : pid_(::fork()) {
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      work();
      ::_exit(0);
    }
  }
  ~Child() { kill(); }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  int exitCode() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_;
};

// A child that has stored `bytes` bytes of an upload and waits for more.
struct HalfUpload {
  explicit HalfUpload(const std::string& folder, std::size_t bytes) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    const UniqueFd hear(ends[0]);
    UniqueFd tell(ends[1]);
    child = std::make_unique<Child>([&] {
      FolderStore store(folder);
      TextSource source(std::string(bytes * 2, 'k'), 70'000, [&](std::size_t at) {
        if (at < bytes) return;
        (void)!::write(tell.get(), "h", 1);
        for (;;) ::pause();
      });
      store.put(source, 1_GiB);
    });
    tell.reset();
    char signal = 0;
    REQUIRE(::read(hear.get(), &signal, 1) == 1);
  }
  std::unique_ptr<Child> child;
};

bool failsForSpace(FolderStore& store, std::size_t size) {
  TextSource source(std::string(size, 'f'));
  try {
    store.put(source, 1_GiB);
  } catch (const Error& error) {
    return error.kind() == ErrorKind::outOfSpace && !error.hint().empty();
  }
  return false;
}

}  // namespace

TEST_CASE("an upload killed in the middle leaves nothing once the store is opened again",
          "[media]") {
  TempFolder folder;
  HalfUpload upload(folder / "store", 12'000'000);
  upload.child->kill();
  CHECK(filesUnder(folder / "store").size() == 1);  // the kernel cannot tidy a named file
  FolderStore store(folder / "store");
  CHECK(filesUnder(folder / "store").empty());
}

TEST_CASE("an upload of a living process is not tidied away by another", "[media]") {
  TempFolder folder;
  HalfUpload upload(folder / "store", 1'000'000);
  FolderStore store(folder / "store");
  CHECK(filesUnder(folder / "store").size() == 1);
}

TEST_CASE("a temp file inherited by a living child is kept although its maker died", "[media]") {
  TempFolder folder;
  FolderStore store(folder / "store");
  auto file = std::make_unique<TempFile>(store.createTemp());
  Child heir([] {
    for (;;) ::pause();
  });
  const std::string name = filesUnder(folder / "store").at(0);
  std::filesystem::rename(folder / ("store/" + name), folder / "aside");
  file.reset();  // as if killed: the name remains, only the child holds the lock
  std::filesystem::rename(folder / "aside", folder / ("store/" + name));
  FolderStore second(folder / "store");
  CHECK(filesUnder(folder / "store").size() == 1);
  heir.kill();
  FolderStore third(folder / "store");
  CHECK(filesUnder(folder / "store").empty());
}

TEST_CASE("a full disk is told as such, leaves nothing, and the next upload fits", "[media]") {
  SmallDisk disk("2m");
  if (!disk.ok()) {
    skipTest("no right to mount a small disk here");
    return;
  }
  FolderStore store(disk / "store");
  CHECK(failsForSpace(store, 5'000'000));
  CHECK(filesUnder(disk / "store").empty());
  TextSource source(std::string(1'000'000, 's'));
  CHECK(store.put(source, 1_GiB).size.bytes == 1'000'000);
}

TEST_CASE("a file size limit of the system counts as a full disk", "[media]") {
  TempFolder folder;
  Child child([&] {
    ::signal(SIGXFSZ, SIG_IGN);  // as the service does: an error instead of death
    const rlimit limit{1'000'000, 1'000'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    FolderStore store(folder / "store");
    ::_exit(failsForSpace(store, 2'000'000) && filesUnder(folder / "store").empty() ? 0 : 1);
  });
  CHECK(child.exitCode() == 0);
}

TEST_CASE("a folder that cannot be used is told when the store is opened", "[media]") {
  TempFolder folder;
  std::ofstream(folder / "file") << "not a folder";
  CHECK_THROWS_AS(FolderStore(folder / "file"), Error);
  CHECK_THROWS_AS(FolderStore(folder / "missing/store"), Error);
}
