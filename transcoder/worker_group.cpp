#include "transcoder/worker_group.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/error.h"

namespace clipcourier::transcoder {
namespace {

namespace fs = std::filesystem;

constexpr long kCgroup2Magic = 0x63677270;
constexpr std::array kControllers{"memory", "pids", "cpu"};
const std::string kPrefix = "worker-";

[[noreturn]] void unusable(const fs::path& path, const std::string& why) {
  throw Error(
      ErrorKind::unavailable, "the cgroup " + path.string() + ": " + why,
      "transcoder.cgroup must name a cgroup of version 2 that belongs to the service's user "
      "(systemd: Delegate=yes, and \"own\"), or nothing.",
      "transcoder.cgroup");
}

bool put(const fs::path& file, const std::string& words) {
  const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  return fd && ::write(fd.get(), words.data(), words.size()) == static_cast<ssize_t>(words.size());
}

std::vector<std::string> wordsOf(const fs::path& file) {
  std::ifstream in(file);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::vector<std::string> offered(const fs::path& folder, const char* list) {
  std::vector<std::string> found;
  const auto words = wordsOf(folder / list);
  for (const char* each : kControllers)
    if (std::find(words.begin(), words.end(), each) != words.end()) found.push_back(each);
  return found;
}

// The mount point of cgroup v2; there may be others beside it.
fs::path mountPoint() {
  std::ifstream mounts("/proc/self/mounts");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string device, folder, type;
    words >> device >> folder >> type;
    if (type == "cgroup2") return folder;
  }
  unusable("own", "there is no cgroup version 2 on this system");
}

fs::path ownGroup() {
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);)
    if (line.starts_with("0::/")) return mountPoint() / line.substr(4);
  unusable("own", "we are in no cgroup of version 2");
}

bool isOurs(const fs::path& folder) {
  std::error_code failed;
  return fs::equivalent(folder, ownGroup(), failed);
}

void moveOut(const fs::path& folder) {
  const fs::path service = folder / "service";
  std::error_code failed;
  fs::create_directory(service, failed);
  if (!put(service / "cgroup.procs", std::to_string(getpid())))
    unusable(service, std::string("cannot move into it: ") + strerror(errno));
}

// "worker-PID-NUMBER": those of services that are gone.
void removeLeftovers(const fs::path& folder) {
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(kPrefix)) continue;
    const int owner = std::atoi(name.c_str() + kPrefix.size());
    if (owner <= 0 || ::kill(owner, 0) == 0 || errno != ESRCH) continue;
    put(entry.path() / "cgroup.kill", "1");
    ::rmdir(entry.path().c_str());  // one that is still in use goes the next time
  }
}

void limit(const fs::path& group, const GroupLimits& limits) {
  const auto has = [&](const char* file) { return fs::exists(group / file); };
  const auto set = [&](const char* file, const std::string& value) {
    if (has(file) && !put(group / file, value))
      unusable(group, std::string("cannot set ") + file + ": " + strerror(errno));
  };
  set("memory.max", std::to_string(limits.memory.bytes));
  set("memory.swap.max", "0");
  set("memory.oom.group", "1");
  set("pids.max", std::to_string(limits.threads));
  set("cpu.weight", std::to_string(limits.cpuWeight));
}

}  // namespace

WorkerGroup::WorkerGroup(const fs::path& folder, const GroupLimits& limits) {
  static std::atomic<unsigned> number{0};
  removeLeftovers(folder);
  path_ = folder / (kPrefix + std::to_string(getpid()) + "-" + std::to_string(++number));
  if (::mkdir(path_.c_str(), 0755) != 0)
    unusable(folder, std::string("cannot make a group: ") + strerror(errno));
  try {
    limit(path_, limits);
    entrance_.reset(::open((path_ / "cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
    if (!entrance_) unusable(path_, std::string("cannot be entered: ") + strerror(errno));
  } catch (...) {
    ::rmdir(path_.c_str());
    throw;
  }
}

WorkerGroup::~WorkerGroup() {
  kill();
  // The kernel needs a moment to let go of what was killed.
  for (int i = 0; i < 400 && ::rmdir(path_.c_str()) != 0 && errno == EBUSY; ++i)
    poll(nullptr, 0, 5);
}

void WorkerGroup::kill() { put(path_ / "cgroup.kill", "1"); }  // there since Linux 5.14

bool WorkerGroup::ranOutOfMemory() const {
  const auto words = wordsOf(path_ / "memory.events");
  const auto found = std::find(words.begin(), words.end(), "oom_kill");
  return found != words.end() && found + 1 != words.end() && *(found + 1) != "0";
}

fs::path groupFolder(const std::string& setting) {
  if (setting != "own") return setting;
  // After prepareGroups() has moved us we are one below.
  const fs::path own = ownGroup();
  return own.filename() == "service" ? own.parent_path() : own;
}

std::vector<std::string> lookAtGroups(const fs::path& folder) {
  struct statfs facts {};
  if (::statfs(folder.c_str(), &facts) != 0) unusable(folder, strerror(errno));
  if (facts.f_type != kCgroup2Magic) unusable(folder, "is not of version 2");
  if (::access(folder.c_str(), W_OK) != 0 || ::access((folder / "cgroup.procs").c_str(), W_OK) != 0)
    unusable(folder, strerror(errno));
  return offered(folder, "cgroup.controllers");
}

std::vector<std::string> prepareGroups(const fs::path& folder) {
  const auto there = lookAtGroups(folder);
  if (isOurs(folder)) moveOut(folder);
  for (const std::string& each : there) {
    if (!put(folder / "cgroup.subtree_control", "+" + each))
      unusable(folder, "cannot pass on " + each + ": " + strerror(errno));
  }
  return offered(folder, "cgroup.subtree_control");
}

}  // namespace clipcourier::transcoder
