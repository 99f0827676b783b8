#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/byte_size.h"
#include "transcoder/worker_group.h"

namespace clipcourier::transcoder {

// Owns one descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) noexcept : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const noexcept { return fd_; }
  void reset() noexcept;

 private:
  int fd_;
};

// How one child is started. Descriptor 0 reads `input`; 1 and 2 are pipes to us; `handed` become
// 3, 4, ... in their order. Nothing else stays open and the environment is empty.
struct ChildOptions {
  std::filesystem::path program;
  std::vector<std::string> arguments;
  std::string input;  // smaller than a pipe's buffer
  std::vector<int> handed;
  ByteSize memory, output;
  std::chrono::seconds cpu{};
  std::filesystem::path cgroup;  // gets a group for the child; empty: none
  int cpuWeight = 100;
  int niceness = 0;  // of nice(2)
};

// A child process in a process group of its own, which dies with us. Killed by the destructor when
// it still runs. Throws Error(unavailable) when it cannot be started. Not thread-safe itself; many
// may exist at once.
class ChildProcess {
 public:
  explicit ChildProcess(const ChildOptions& options);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // Waits at most `atMost` for output and appends it. False when both pipes have ended.
  bool read(std::string& out, std::string& err, std::chrono::milliseconds atMost);
  void kill();  // the whole group, at once
  // The status of waitpid(2). A child that has closed its pipes but does not end is killed, and so
  // is what it left running.
  int wait();
  // After wait(): whether it was killed because its cgroup had no more memory.
  bool ranOutOfMemory() const { return group_ && group_->ranOutOfMemory(); }

 private:
  std::unique_ptr<WorkerGroup> group_;
  pid_t pid_ = -1;
  Descriptor out_, err_;
};

}  // namespace clipcourier::transcoder
