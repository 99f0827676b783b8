#include "service_key.h"

#include <sys/stat.h>

#include <fstream>
#include <thread>
#include <vector>

#include "base/error.h"
#include "support/catch.h"
#include "support/manual_clock.h"
#include "support/temp_folder.h"
#include "support/test_database.h"

using namespace clipcourier;

namespace {

std::string codeOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    CHECK(!error.hint().empty());
    return error.code();
  }
  return "";
}

}  // namespace

TEST_CASE("the service key is made once, for its owner only, and stays the same", "[service_key]") {
  const auto engine = GENERATE(db::Engine::sqlite, db::Engine::postgresql);
  TestDatabase database(engine);
  const ManualClock clock;
  TempFolder folder;
  const std::string file = folder / "var/service.key";
  const auto first = openServiceKey(file, *database, clock).key("test");
  CHECK(openServiceKey(file, *database, clock).key("test") == first);
  struct stat status {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(status.st_size == 32);
  CHECK(std::distance(std::filesystem::directory_iterator(folder / "var"), {}) == 1);
}

TEST_CASE("a database is not opened with another key than the one it was made with",
          "[service_key]") {
  TestDatabase database(db::Engine::sqlite);
  const ManualClock clock;
  TempFolder folder;
  const std::string file = folder / "service.key";
  openServiceKey(file, *database, clock);
  SECTION("the key is missing: no new one is made in its place") {
    std::filesystem::remove(file);
    CHECK(codeOf([&] { openServiceKey(file, *database, clock); }) == "key.missing");
    CHECK(!std::filesystem::exists(file));
  }
  SECTION("it is another key") {
    std::filesystem::remove(file);
    std::ofstream(file) << std::string(32, 'x');
    ::chmod(file.c_str(), 0600);
    CHECK(codeOf([&] { openServiceKey(file, *database, clock); }) == "key.other");
  }
  SECTION("it was cut off") {
    std::filesystem::resize_file(file, 31);
    CHECK(codeOf([&] { openServiceKey(file, *database, clock); }) == "key.damaged");
  }
  SECTION("others may read it") {
    ::chmod(file.c_str(), 0640);
    CHECK(codeOf([&] { openServiceKey(file, *database, clock); }) == "key.readable");
  }
}

TEST_CASE("processes that start together end with one key", "[service_key]") {
  TestDatabase database(db::Engine::sqlite);
  const ManualClock clock;
  TempFolder folder;
  const std::string file = folder / "service.key";
  std::vector<std::string> keys(8);
  {
    std::vector<std::jthread> threads;
    for (std::string& key : keys)
      threads.emplace_back([&] { key = openServiceKey(file, *database, clock).key("test"); });
  }
  for (const std::string& key : keys) CHECK(key == keys.front());
}
