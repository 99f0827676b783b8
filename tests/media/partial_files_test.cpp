#include "media/partial_files.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/crypto.h"
#include "media/folder_store.h"
#include "media/paced_writer.h"
#include "sources.h"
#include "support/catch.h"
#include "support/temp_folder.h"

using namespace clipcourier;
using namespace clipcourier::media;

namespace {

struct Partials {
  TempFolder folder;
  FolderStore store{folder / "store"};
  PartialFiles files{folder / "store"};

  void append(const std::string& name, const std::string& bytes) {
    auto file = files.open(name);
    REQUIRE(file);
    PacedWriter(file->fd(), file->size()).write(bytes);
  }
  std::vector<std::string> all() { return filesUnder(folder / "store"); }
};

}  // namespace

TEST_CASE("a partial file grows over several openings and can be cut", "[media]") {
  Partials p;
  CHECK_FALSE(p.files.size("a1"));
  p.append("a1", "hello ");
  p.append("a1", "world");
  CHECK(p.files.size("a1") == 11);
  p.files.open("a1")->cut(5);
  p.files.open("a1")->cut(100);
  CHECK(p.files.size("a1") == 5);
  CHECK(p.files.names() == std::vector<std::string>{"a1"});
  CHECK(p.files.remove("a1"));
  CHECK_FALSE(p.files.remove("a1"));
}

TEST_CASE("a partial file belongs to one at a time, until he ends or dies", "[media]") {
  Partials p;
  {
    const auto first = p.files.open("a1");
    REQUIRE(first);
    CHECK_FALSE(p.files.open("a1"));
    CHECK_FALSE(PartialFiles(p.folder / "store").open("a1"));
    CHECK(p.files.open("b2"));
  }
  CHECK(p.files.open("a1"));
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto held = p.files.open("a1");
    (void)!::write(ends[1], held ? "y" : "n", 1);
    for (;;) ::pause();
  }
  char said = 0;
  REQUIRE(::read(ends[0], &said, 1) == 1);
  CHECK(said == 'y');
  CHECK_FALSE(p.files.open("a1"));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  CHECK(p.files.open("a1"));
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("a partial file becomes a stored one and stays until it is removed", "[media]") {
  Partials p;
  p.append("a1", "abc");
  {
    const auto file = p.files.open("a1");
    const StoredFile stored = p.store.adopt(p.files.link("a1", *file), 10_MB);
    CHECK_FALSE(stored.wasThere);
    CHECK(p.store.intact(stored.sha256));
    CHECK(p.store.adopt(p.files.link("a1", *file), 10_MB).wasThere);
    CHECK_THROWS_AS(p.store.adopt(p.files.link("a1", *file), ByteSize{2}), Error);
  }
  CHECK(p.all().size() == 2);  // stored and partial, nothing in temp
  REQUIRE(p.files.open("a1"));
  p.files.remove("a1");
  CHECK(p.store.intact(crypto::hex(crypto::sha256("abc"))));
}

TEST_CASE("a link of a partial file is not abandoned while its maker lives", "[media]") {
  Partials p;
  p.append("a1", "abc");
  const auto file = p.files.open("a1");
  TempFile link = p.files.link("a1", *file);
  CHECK(p.store.removeAbandoned().bytes == 0);
  CHECK(p.store.adopt(std::move(link), 10_MB).size.bytes == 3);
}

TEST_CASE("names that are no names are refused, and foreign files are not listed", "[media]") {
  Partials p;
  for (const char* name : {"", "../x", "a/b", "a.b"}) {
    CHECK_THROWS_AS(p.files.open(name), Error);
    CHECK_THROWS_AS(p.files.remove(name), Error);
  }
  std::filesystem::create_directory(p.folder / "store/uploads/not.ours");
  CHECK(p.files.names().empty());
}
