#include "transcoder/child_process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace clipcourier::transcoder {
namespace {

constexpr int kMaxDescriptors = 64;
// Five seconds between the end of the output and the end of the process are more than enough.
constexpr int kPatienceTicks = 1'000;
constexpr int kPatienceTickMs = 5;

[[noreturn]] void cannotStart(const std::string& why) {
  throw Error(
      ErrorKind::unavailable, "cannot start the transcoder: " + why + ": " + strerror(errno),
      "Try again; `clipcourier check` looks for the program and the limits.", "transcoder.start");
}

std::pair<Descriptor, Descriptor> makePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) cannotStart("pipe");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

// Between fork and exec only async-signal-safe calls are allowed, because another thread may have
// held any lock. So everything the child needs is laid out before.
struct ChildPlan {
  const char* program;
  char* const* arguments;
  const int* descriptors;  // become 0, 1, 2, ...
  int descriptorCount;
  rlim_t memory, output, cpu;
  int cgroup;  // its entrance; -1: none
  int niceness;
  pid_t parent;
};

void limit(__rlimit_resource resource, rlim_t soft, rlim_t hard) {
  const rlimit value{soft, hard};
  if (setrlimit(resource, &value) != 0) _exit(127);
}

void applyLimits(const ChildPlan& plan) {
  limit(RLIMIT_CORE, 0, 0);
  // One second between the soft and the hard limit: SIGXCPU says which limit it was, SIGKILL ends.
  limit(RLIMIT_CPU, plan.cpu, plan.cpu + 1);
  limit(RLIMIT_FSIZE, plan.output, plan.output);
#ifndef CLIPCOURIER_SANITIZE
  // Address space is reserved generously by thread stacks and arenas; what counts is private data.
  limit(RLIMIT_DATA, plan.memory, plan.memory);
  limit(RLIMIT_AS, plan.memory * 4, plan.memory * 4);
#endif
}

// First all of them out of the way, then into their places, so that none overwrites another.
void placeDescriptors(const ChildPlan& plan) {
  int moved[kMaxDescriptors];
  for (int i = 0; i < plan.descriptorCount; ++i) {
    moved[i] = fcntl(plan.descriptors[i], F_DUPFD, 64);
    if (moved[i] < 0) _exit(127);
  }
  for (int i = 0; i < plan.descriptorCount; ++i)
    if (dup2(moved[i], i) < 0) _exit(127);
  const auto first = static_cast<unsigned>(plan.descriptorCount);
  if (syscall(SYS_close_range, first, ~0U, 0U) == 0) return;
  for (int fd = plan.descriptorCount; fd < 65536; ++fd) close(fd);  // kernels before 5.9
}

void resetSignals() {
  for (int signal = 1; signal < 32; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void runChild(const ChildPlan& plan) {
  resetSignals();
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != plan.parent) _exit(127);  // we were orphaned before the line above
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  [[maybe_unused]] const int now = plan.niceness > 0 ? nice(plan.niceness) : 0;
  if (plan.cgroup >= 0 && write(plan.cgroup, "0", 1) != 1) _exit(127);
  placeDescriptors(plan);
  applyLimits(plan);
  char* const noEnvironment[] = {nullptr};
  execve(plan.program, plan.arguments, noEnvironment);
  _exit(127);
}

bool append(Descriptor& from, std::string& to) {
  char buffer[16'384];
  const ssize_t count = ::read(from.get(), buffer, sizeof buffer);
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (count <= 0) return false;
  to.append(buffer, static_cast<std::size_t>(count));
  return true;
}

// Whether it has ended; it stays to be reaped.
bool hasEnded(pid_t pid) {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == pid;
}

}  // namespace

void Descriptor::reset() noexcept {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

ChildProcess::ChildProcess(const ChildOptions& options) {
  auto [inRead, inWrite] = makePipe();
  auto [outRead, outWrite] = makePipe();
  auto [errRead, errWrite] = makePipe();
  const auto written = ::write(inWrite.get(), options.input.data(), options.input.size());
  if (written != static_cast<ssize_t>(options.input.size())) cannotStart("request");
  inWrite.reset();

  std::vector<int> descriptors{inRead.get(), outWrite.get(), errWrite.get()};
  descriptors.insert(descriptors.end(), options.handed.begin(), options.handed.end());
  const std::string program = options.program.string();
  std::vector<std::string> words{program};
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  if (descriptors.size() > kMaxDescriptors) cannotStart("too many descriptors");
  if (::access(program.c_str(), X_OK) != 0) cannotStart(program);
  if (!options.cgroup.empty())
    group_ = std::make_unique<WorkerGroup>(
        options.cgroup, GroupLimits{.memory = options.memory, .cpuWeight = options.cpuWeight});
  const ChildPlan plan{program.c_str(),
                       arguments.data(),
                       descriptors.data(),
                       static_cast<int>(descriptors.size()),
                       options.memory.bytes,
                       options.output.bytes,
                       static_cast<rlim_t>(options.cpu.count()),
                       group_ ? group_->entrance() : -1,
                       options.niceness,
                       getpid()};
  pid_ = fork();
  if (pid_ < 0) cannotStart("fork");
  if (pid_ == 0) runChild(plan);
  setpgid(pid_, pid_);  // here too: whoever comes first, the group exists before we can kill it
  out_ = std::move(outRead);
  err_ = std::move(errRead);
}

ChildProcess::~ChildProcess() {
  if (pid_ <= 0) return;
  kill();
  wait();
}

bool ChildProcess::read(std::string& out, std::string& err, std::chrono::milliseconds atMost) {
  pollfd fds[2] = {{out_.get(), POLLIN, 0}, {err_.get(), POLLIN, 0}};
  if (poll(fds, 2, static_cast<int>(atMost.count())) <= 0) return true;
  if (fds[0].revents && !append(out_, out)) out_.reset();
  if (fds[1].revents && !append(err_, err)) err_.reset();
  return out_.get() >= 0 || err_.get() >= 0;
}

void ChildProcess::kill() {
  if (pid_ > 0) ::kill(-pid_, SIGKILL);
  if (group_) group_->kill();
}

int ChildProcess::wait() {
  for (int i = 0; i < kPatienceTicks && !hasEnded(pid_); ++i) poll(nullptr, 0, kPatienceTickMs);
  // Also what it started and left behind, which could still write to the handed files. Before the
  // child is reaped its number, the group's, cannot be somebody else's.
  kill();
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return status;
}

}  // namespace clipcourier::transcoder
