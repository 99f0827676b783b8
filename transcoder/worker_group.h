#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/byte_size.h"
#include "base/unique_fd.h"

// One cgroup (version 2) for each worker, below a folder that was delegated to us: what counts is
// all memory of the worker together, and nothing it starts can leave. Rlimits hold without it.
namespace clipcourier::transcoder {

struct GroupLimits {
  ByteSize memory;
  int threads = 512;
  int cpuWeight = 50;  // 100 is what everybody else has
};

class WorkerGroup {
 public:
  // Makes the group; limits whose controller the folder does not offer are left out. Removes what
  // services that are gone left behind. Throws Error(unavailable).
  WorkerGroup(const std::filesystem::path& folder, const GroupLimits& limits);
  ~WorkerGroup();  // kills what is left in it, and removes it
  WorkerGroup(const WorkerGroup&) = delete;
  WorkerGroup& operator=(const WorkerGroup&) = delete;

  // A process that writes "0" to this descriptor is in the group.
  int entrance() const { return entrance_.get(); }
  void kill();  // all that is in it, at once
  // Whether the kernel had to kill for lack of the group's memory.
  bool ranOutOfMemory() const;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  UniqueFd entrance_;
};

// The folder a setting names: "own" is the group we run in. Empty stays empty.
std::filesystem::path groupFolder(const std::string& setting);

// Makes the folder fit for workers and answers which of "memory", "pids" and "cpu" it offers. A
// group that has subgroups with limits may hold no process itself, so when it is our own we move
// into a subgroup "service". To be called once, before the first worker; throws Error(unavailable).
std::vector<std::string> prepareGroups(const std::filesystem::path& folder);

// What prepareGroups() would find, changing nothing. Throws Error(unavailable).
std::vector<std::string> lookAtGroups(const std::filesystem::path& folder);

}  // namespace clipcourier::transcoder
