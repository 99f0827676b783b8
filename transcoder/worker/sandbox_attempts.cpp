#include "transcoder/worker/sandbox_attempts.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "transcoder/job.h"
#include "transcoder/worker/sandbox.h"

namespace clipcourier::transcoder {
namespace {

// Opened before the sandbox is entered, as if an intruder had been handed them.
struct Handed {
  int program = -1, socket = -1, pipe[2] = {-1, -1};
  sockaddr_in address{};
};

Handed handed() {
  Handed all;
  all.program = open("/proc/self/exe", O_RDONLY);
  all.socket = socket(AF_INET, SOCK_DGRAM, 0);
  all.address.sin_family = AF_INET;
  all.address.sin_port = htons(9);
  all.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (pipe(all.pipe) != 0) all.pipe[0] = -1;
  return all;
}

// Each answers as its call does: negative with errno when refused.
struct Attempt {
  const char* name;
  long (*run)(const Handed& handed);
};

// The new process ends at once; ours goes on.
long started(long pid) {
  if (pid == 0) _exit(0);
  return pid;
}

char* const kHelp[] = {const_cast<char*>("clipcourier-transcoder"), const_cast<char*>("--help"),
                       nullptr};
char* const kNothing[] = {nullptr};

long mapCode(const Handed&) {
  void* at = mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return at == MAP_FAILED ? -1 : 0;
}

long makeCode(const Handed&) {
  void* at = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return at == MAP_FAILED ? -1 : mprotect(at, 4096, PROT_READ | PROT_EXEC);
}

long readParent(const Handed&) {
  char here[8];
  iovec mine{here, sizeof here}, theirs{here, sizeof here};  // the parent's stack is where ours is
  return process_vm_readv(getppid(), &mine, 1, &theirs, 1, 0);
}

long raiseLimit(const Handed&) {
  rlimit limit{};
  getrlimit(RLIMIT_CORE, &limit);
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_CORE, &limit);
}

const Attempt kAttempts[] = {
    {"open a file to read", [](const Handed&) -> long { return open("/etc/passwd", O_RDONLY); }},
    {"open a file to write", [](const Handed&) -> long { return open("/dev/null", O_WRONLY); }},
    {"open", [](const Handed&) { return syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY, 0); }},
    {"openat2",
     [](const Handed&) {
       const unsigned long how[3] = {};
       return syscall(SYS_openat2, AT_FDCWD, "/", how, sizeof how);
     }},
    {"create an unnamed file",
     [](const Handed&) -> long { return open("/tmp", O_TMPFILE | O_RDWR, 0600); }},
    {"look at a file",
     [](const Handed&) -> long {
       struct stat facts {};
       return stat("/etc/passwd", &facts);
     }},
    {"look at the program's name",
     [](const Handed&) -> long {
       char name[64];
       return readlink("/proc/self/exe", name, sizeof name);
     }},
    {"change the folder", [](const Handed&) -> long { return chdir("/"); }},
    {"change rights", [](const Handed& it) -> long { return fchmod(it.program, 0755); }},
    {"duplicate a descriptor", [](const Handed& it) -> long { return dup(it.program); }},
    {"make a pipe",
     [](const Handed&) -> long {
       int ends[2];
       return pipe(ends);
     }},
    {"ioctl",
     [](const Handed& it) -> long {
       int count = 0;
       return ioctl(it.pipe[0], FIONREAD, &count);
     }},
    {"socket", [](const Handed&) -> long { return socket(AF_INET, SOCK_STREAM, 0); }},
    {"local socket", [](const Handed&) -> long { return socket(AF_UNIX, SOCK_STREAM, 0); }},
    {"socketpair",
     [](const Handed&) -> long {
       int ends[2];
       return socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
     }},
    {"connect",
     [](const Handed& it) -> long {
       return connect(it.socket, reinterpret_cast<const sockaddr*>(&it.address), sizeof it.address);
     }},
    {"send",
     [](const Handed& it) -> long {
       return sendto(it.socket, "", 0, 0, reinterpret_cast<const sockaddr*>(&it.address),
                     sizeof it.address);
     }},
    {"fork", [](const Handed&) { return started(fork()); }},
    {"vfork",
     [](const Handed&) -> long {
       const pid_t pid = vfork();
       if (pid == 0) _exit(0);
       return pid;
     }},
    {"clone", [](const Handed&) { return started(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); }},
    {"clone3",
     [](const Handed&) {
       unsigned long how[8] = {};
       how[4] = SIGCHLD;
       return started(syscall(SYS_clone3, how, sizeof how));
     }},
    {"run a program",
     [](const Handed&) -> long { return execve("/proc/self/exe", kHelp, kNothing); }},
    {"run an open program",
     [](const Handed& it) {
       return syscall(SYS_execveat, it.program, "", kHelp, kNothing, AT_EMPTY_PATH);
     }},
    {"signal another process", [](const Handed&) -> long { return kill(getppid(), 0); }},
    {"signal another's thread",
     [](const Handed&) { return syscall(SYS_tgkill, getppid(), getppid(), 0); }},
    {"pidfd", [](const Handed&) { return syscall(SYS_pidfd_open, getppid(), 0); }},
    {"trace", [](const Handed&) { return ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); }},
    {"read another's memory", readParent},
    {"io_uring",
     [](const Handed&) {
       io_uring_params parameters{};
       return syscall(SYS_io_uring_setup, 1, &parameters);
     }},
    {"file in memory", [](const Handed&) -> long { return memfd_create("x", 0); }},
    {"memory with code", mapCode},
    {"memory made code", makeCode},
    {"namespace", [](const Handed&) { return syscall(SYS_unshare, 0x10000000); }},  // of users
    {"eBPF", [](const Handed&) { return syscall(SYS_bpf, 0, nullptr, 0); }},
    {"performance events",
     [](const Handed&) { return syscall(SYS_perf_event_open, 0, 0, 0, 0, 0); }},
    {"shared memory", [](const Handed&) { return syscall(SYS_shmget, 0, 4096, 01600); }},
    {"change a limit", raiseLimit},
    {"become another user", [](const Handed&) { return syscall(SYS_setuid, getuid()); }},
#ifdef __x86_64__
    {"32-bit call",
     [](const Handed&) -> long {
       long result = 20;  // getpid there
       asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
       return result;
     }},
    {"x32 call", [](const Handed&) { return syscall(0x40000000 | SYS_getpid); }},
#endif
};

// In the child: 0 when it was done, else errno.
[[noreturn]] void tryOnce(const Attempt& attempt, const Handed& all, bool inside) {
  const int nowhere = open("/dev/null", O_RDWR);
  if (nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0 || dup2(nowhere, STDERR_FILENO) < 0)
    _exit(126);
  try {
    if (inside) enterSandbox();
  } catch (...) {
    _exit(126);
  }
  errno = 0;
  const long result = attempt.run(all);
  _exit(result >= 0 ? 0 : errno);
}

struct Outcome {
  std::string words;
  bool refused = false;
};

// What reached the kernel and failed there, such as EINVAL, was not refused by the sandbox.
Outcome outcomeOf(int status) {
  if (WIFSIGNALED(status)) {
    if (WTERMSIG(status) == SIGSYS) return {"killed", true};
    // A kernel without 32-bit calls ends who makes one, before the sandbox is asked.
    return {strsignal(WTERMSIG(status)), WTERMSIG(status) == SIGSEGV};
  }
  const int error = WEXITSTATUS(status);
  if (error == 0) return {"done", false};
  if (error == 126) return {"no sandbox", false};
  const char* name = strerrorname_np(error);
  return {name ? name : std::to_string(error), error == ENOENT || error == ENOSYS};
}

Outcome outcomeOf(const Attempt& attempt, const Handed& all, bool inside) {
  const pid_t child = fork();
  if (child == 0) tryOnce(attempt, all, inside);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return {"no process", false};
  return outcomeOf(status);
}

}  // namespace

int trySandbox() {
  if (!kHasSandbox) {
    std::cout << R"({"switched_off": "a build with sanitizers"})" << std::endl;
    return kExitDefect;
  }
  const Handed all = handed();
  bool allRefused = true;
  for (const Attempt& attempt : kAttempts) {
    const Outcome outside = outcomeOf(attempt, all, false);
    const Outcome inside = outcomeOf(attempt, all, true);
    allRefused = allRefused && inside.refused;
    const nlohmann::ordered_json line = {{"attempt", attempt.name},
                                         {"outside", outside.words},
                                         {"inside", inside.words},
                                         {"refused", inside.refused}};
    std::cout << line.dump() << std::endl;
  }
  return allRefused ? kExitDone : kExitDefect;
}

}  // namespace clipcourier::transcoder
