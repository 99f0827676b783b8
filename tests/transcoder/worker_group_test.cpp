#include "transcoder/worker_group.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <sstream>

#include "base/error.h"
#include "support/catch.h"
#include "support/skip.h"
#include "support/wait_for.h"
#include "transcoder/files.h"

using namespace clipcourier;
using namespace clipcourier::transcoder;
using namespace std::chrono_literals;

namespace {

// A cgroup of our own, where this machine lets us make one.
class TestGroup {
 public:
  TestGroup() {
    try {
      std::filesystem::path own = groupFolder("own");
      path_ = own / ("clipcourier-test-" + std::to_string(getpid()));
      std::error_code failed;
      if (!std::filesystem::create_directory(path_, failed)) path_.clear();
    } catch (const Error&) {
      path_.clear();
    }
  }
  ~TestGroup() {
    if (!path_.empty()) ::rmdir(path_.c_str());
  }
  bool exists() const { return !path_.empty(); }
  const std::filesystem::path& path() const { return path_; }
  bool isEmpty() const {
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      if (entry.is_directory()) return false;
    return true;
  }

 private:
  std::filesystem::path path_;
};

std::filesystem::path actor(const Folder& folder, const std::string& part) {
  const std::filesystem::path path = folder / "actor";
  write(path, "#!/bin/sh\n" + part + "\n");
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

bool isGone(pid_t pid) {
  const std::string stat = contentOf("/proc/" + std::to_string(pid) + "/stat");
  return stat.empty() || stat.find(") Z ") != std::string::npos;
}

}  // namespace

TEST_CASE("a worker works in a cgroup of its own, which is gone afterwards", "[transcoder]") {
  const TestGroup group;
  if (!group.exists()) return skipTest("no cgroup of version 2 can be made here");
  prepareGroups(group.path());
  Folder folder;
  const Descriptor notes = openNew(folder / "notes");
  Limits limits;
  limits.cgroup = group.path();
  const Process process(actor(folder, "cat /proc/self/cgroup >&3"), limits);
  CHECK_THROWS_AS(process.probe(notes.get()), Error);  // the actor gives no answer
  CHECK(contentOf(folder / "notes").find(group.path().filename().string() + "/worker-") !=
        std::string::npos);
  CHECK(group.isEmpty());
}

TEST_CASE("what a worker started cannot leave its cgroup and ends with it", "[transcoder]") {
  const TestGroup group;
  if (!group.exists()) return skipTest("no cgroup of version 2 can be made here");
  if (!std::filesystem::exists(group.path() / "cgroup.kill"))
    return skipTest("this kernel has no cgroup.kill");
  Folder folder;
  const Descriptor notes = openNew(folder / "notes");
  Limits limits;
  limits.cgroup = group.path();
  // In a session of its own, so no signal to the worker's process group reaches it.
  const Process process(actor(folder,
                              "setsid sh -c 'echo $$ >&3; exec sleep 60 >/dev/null 2>&1 3>&-' &\n"
                              "while ! [ -s /proc/self/fd/3 ]; do :; done; exit 0"),
                        limits);
  CHECK_THROWS_AS(process.probe(notes.get()), Error);
  const std::string left = contentOf(folder / "notes");
  REQUIRE(left.ends_with("\n"));
  CHECK(waitFor([&] { return isGone(std::stoi(left)); }));
  CHECK(group.isEmpty());
}

TEST_CASE("groups of a service that is gone are removed by the next", "[transcoder]") {
  const TestGroup group;
  if (!group.exists()) return skipTest("no cgroup of version 2 can be made here");
  const pid_t gone = fork();
  if (gone == 0) _exit(0);
  REQUIRE(waitpid(gone, nullptr, 0) == gone);
  std::filesystem::create_directory(group.path() / ("worker-" + std::to_string(gone) + "-1"));
  std::filesystem::create_directory(group.path() / ("worker-" + std::to_string(getppid()) + "-1"));
  {
    const WorkerGroup mine(group.path(), {.memory = 1_GiB});
    CHECK_FALSE(mine.ranOutOfMemory());
    CHECK_FALSE(std::filesystem::exists(group.path() / ("worker-" + std::to_string(gone) + "-1")));
    CHECK(std::filesystem::exists(mine.path()));
  }
  CHECK_FALSE(group.isEmpty());  // the one of a living service stays
  ::rmdir((group.path() / ("worker-" + std::to_string(getppid()) + "-1")).c_str());
  CHECK(group.isEmpty());
}

TEST_CASE("limits that a cgroup offers are set and felt", "[transcoder]") {
  const TestGroup group;
  if (!group.exists()) return skipTest("no cgroup of version 2 can be made here");
  const auto offered = prepareGroups(group.path());
  if (std::find(offered.begin(), offered.end(), "memory") == offered.end())
    return skipTest("no limit of memory is offered here");
  {
    const WorkerGroup mine(group.path(), {.memory = 64_MiB, .threads = 40, .cpuWeight = 30});
    CHECK(contentOf(mine.path() / "memory.max") == "67108864\n");
  }
  Folder folder;
  const Descriptor notes = openNew(folder / "notes");
  Limits limits;
  limits.cgroup = group.path();
  limits.memory = 64_MiB;
  // Memory that RLIMIT_DATA does not count: many small processes.
  const Process process(
      actor(folder, "for i in 1 2 3 4 5 6 7 8; do head -c 30000000 /dev/zero | tail & done; wait"),
      limits);
  try {
    process.probe(notes.get());
    FAIL("was not stopped");
  } catch (const Error& error) {
    CHECK(error.code() == "transcoder.memory");
  }
}

TEST_CASE("a service whose own cgroup is to hold the workers moves aside in it", "[transcoder]") {
  const TestGroup group;
  if (!group.exists()) return skipTest("no cgroup of version 2 can be made here");
  const pid_t service = fork();
  if (service == 0) {
    write(group.path() / "cgroup.procs", "0");
    if (!std::filesystem::equivalent(groupFolder("own"), group.path())) _exit(1);
    prepareGroups(groupFolder("own"));
    if (contentOf("/proc/self/cgroup").find(group.path().filename().string() + "/service") ==
        std::string::npos)
      _exit(2);
    if (!std::filesystem::equivalent(groupFolder("own"), group.path())) _exit(3);
    WorkerGroup worker(group.path(), {.memory = 1_GiB});
    _exit(worker.entrance() >= 0 ? 0 : 4);
  }
  int status = 0;
  REQUIRE(waitpid(service, &status, 0) == service);
  CHECK(status == 0);
  const WorkerGroup next(group.path(), {.memory = 1_GiB});  // clears what the child left
  CHECK(waitFor([&] { return ::rmdir((group.path() / "service").c_str()) == 0; }));
}

TEST_CASE("a folder that is no cgroup is refused with what to do", "[transcoder]") {
  Folder folder;
  for (const auto& path : {folder.path(), std::filesystem::path("/absent/group")}) {
    try {
      prepareGroups(path);
      FAIL("was taken");
    } catch (const Error& error) {
      CHECK(error.code() == "transcoder.cgroup");
      CHECK(error.hint().find("transcoder.cgroup") != std::string::npos);
    }
  }
  CHECK(groupFolder("").empty());
}
