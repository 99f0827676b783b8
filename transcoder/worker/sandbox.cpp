#include "transcoder/worker/sandbox.h"

#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>

#include "base/crypto.h"
#include "base/error.h"

namespace clipcourier::transcoder {
namespace {

// Calls without a name in them: on descriptors we have, on our own memory, threads and clocks.
constexpr int kAllowed[] = {
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(pread64),
    SCMP_SYS(pwrite64), SCMP_SYS(preadv), SCMP_SYS(pwritev), SCMP_SYS(lseek), SCMP_SYS(fstat),
    SCMP_SYS(ftruncate), SCMP_SYS(fadvise64), SCMP_SYS(close),
    // memory; mmap and mprotect stand below
    SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(sysinfo),
    // threads; clone stands below
    SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(gettid), SCMP_SYS(getpid),
    SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getcpu),
    // signals of our own: abort() unblocks, resets and raises
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    // clocks, chance, facts about ourselves
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(times), SCMP_SYS(getrusage),
    SCMP_SYS(getrandom), SCMP_SYS(uname)};

constexpr int kNames[] = {SCMP_SYS(open),       SCMP_SYS(openat),     SCMP_SYS(openat2),
                          SCMP_SYS(creat),      SCMP_SYS(stat),       SCMP_SYS(lstat),
                          SCMP_SYS(newfstatat), SCMP_SYS(statx),      SCMP_SYS(access),
                          SCMP_SYS(faccessat),  SCMP_SYS(faccessat2), SCMP_SYS(readlink),
                          SCMP_SYS(readlinkat), SCMP_SYS(statfs)};

constexpr int kDeadly[] = {
    // programs and processes
    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(ptrace),
    SCMP_SYS(kill), SCMP_SYS(tkill), SCMP_SYS(rt_sigqueueinfo), SCMP_SYS(rt_tgsigqueueinfo),
    SCMP_SYS(pidfd_open), SCMP_SYS(pidfd_getfd), SCMP_SYS(pidfd_send_signal),
    SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(process_madvise),
    SCMP_SYS(kcmp), SCMP_SYS(setns), SCMP_SYS(unshare),
    // the network, and what passes descriptors
    SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen),
    SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg),
    SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg),
    // doors into the kernel
    SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register), SCMP_SYS(bpf),
    SCMP_SYS(userfaultfd), SCMP_SYS(perf_event_open), SCMP_SYS(memfd_create), SCMP_SYS(keyctl),
    SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(open_by_handle_at),
    SCMP_SYS(name_to_handle_at), SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(move_mount),
    SCMP_SYS(open_tree), SCMP_SYS(fsopen), SCMP_SYS(chroot), SCMP_SYS(pivot_root),
    SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(kexec_load), SCMP_SYS(reboot)};

// From <linux/sched.h>, which does not go together with <sched.h>.
constexpr scmp_datum_t kCloneVm = 0x100, kCloneFiles = 0x400, kCloneSighand = 0x800,
                       kCloneThread = 0x10000;
constexpr scmp_datum_t kCloneNewAnything = 0x7e020080;  // namespaces
constexpr scmp_datum_t kCloneTraced = 0x2000, kCloneVfork = 0x4000, kCloneParent = 0x8000;

[[noreturn]] void unavailable(const std::string& what, int error) {
  throw Error(ErrorKind::unavailable, "the sandbox: " + what + ": " + strerror(error),
              "The kernel, or the container's own filter, must allow seccomp.", "sandbox");
}

class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(ENOSYS)), seccomp_release) {
    if (!context_) unavailable("start", ENOMEM);
    // Calls in the numbering of another kind of processor, such as 32-bit ones.
    check(seccomp_attr_set(context_.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
    check(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_TSYNC, 1));
  }

  template <class... Conditions>
  void add(std::uint32_t action, int call, Conditions... conditions) {
    const scmp_arg_cmp all[] = {conditions..., {}};
    check(seccomp_rule_add_array(context_.get(), action, call, sizeof...(conditions), all));
  }
  void load() { check(seccomp_load(context_.get())); }  // also sets no_new_privs

 private:
  static void check(int rc) {
    if (rc < 0) unavailable("load", -rc);
  }
  std::unique_ptr<void, decltype(&seccomp_release)> context_;
};

// A condition on one argument; the macros of <seccomp.h> leave fields out, which is a warning.
scmp_arg_cmp argument(unsigned number, scmp_compare compare, scmp_datum_t a, scmp_datum_t b = 0) {
  return {number, compare, a, b};
}

void addThreads(Filter& filter) {
  constexpr scmp_datum_t kThread = kCloneVm | kCloneFiles | kCloneSighand | kCloneThread;
  constexpr scmp_datum_t kNever = kCloneNewAnything | kCloneTraced | kCloneVfork | kCloneParent;
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(clone),
             argument(0, SCMP_CMP_MASKED_EQ, kThread | kNever, kThread));
  filter.add(SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone),
             argument(0, SCMP_CMP_MASKED_EQ, kCloneThread, 0));
  const auto self = static_cast<scmp_datum_t>(getpid());
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(tgkill), argument(0, SCMP_CMP_EQ, self));
  filter.add(SCMP_ACT_KILL_PROCESS, SCMP_SYS(tgkill), argument(0, SCMP_CMP_NE, self));
  // x264 makes its lookahead yield to the rest: 10 more than what we run at, which the kernel cuts
  // off at 19. Nobody goes before others: what is negative is a large number here.
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(getpriority), argument(0, SCMP_CMP_EQ, PRIO_PROCESS),
             argument(1, SCMP_CMP_EQ, 0));
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(setpriority), argument(0, SCMP_CMP_EQ, PRIO_PROCESS),
             argument(1, SCMP_CMP_EQ, 0), argument(2, SCMP_CMP_LE, 39));
}

void addMemoryWithoutCode(Filter& filter) {
  for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)})
    filter.add(SCMP_ACT_ALLOW, call, argument(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

void addFilter() {
  Filter filter;
  for (const int call : kAllowed) filter.add(SCMP_ACT_ALLOW, call);
  for (const int call : kNames) filter.add(SCMP_ACT_ERRNO(ENOENT), call);
  for (const int call : kDeadly) filter.add(SCMP_ACT_KILL_PROCESS, call);
  addThreads(filter);
  addMemoryWithoutCode(filter);
  for (const int what : {F_GETFD, F_GETFL})
    filter.add(SCMP_ACT_ALLOW, SCMP_SYS(fcntl),
               argument(1, SCMP_CMP_EQ, static_cast<scmp_datum_t>(what)));
  // Asking for our own limits, not setting them.
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), argument(0, SCMP_CMP_EQ, 0),
             argument(2, SCMP_CMP_EQ, 0));
  filter.load();
}

// What reads files when it is used for the first time.
void warmUp() {
  tzset();
  crypto::sha256("");
}

}  // namespace

void enterSandbox() {
  if (!kHasSandbox) return;
  warmUp();
  // Open descriptors stay usable; only new ones are refused.
  const rlimit none{0, 0};
  if (setrlimit(RLIMIT_NOFILE, &none) != 0) unavailable("no more descriptors", errno);
  addFilter();
}

}  // namespace clipcourier::transcoder
