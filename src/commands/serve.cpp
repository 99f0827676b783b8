#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "commands/commands.h"
#include "commands/opened.h"
#include "log.h"
#include "notify.h"
#include "service.h"

namespace clipcourier::commands {
namespace {

constexpr unsigned kMostSeconds = 10;

sigset_t setOf(std::initializer_list<int> numbers) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : numbers) sigaddset(&signals, number);
  return signals;
}

// Takes signals until one of them ends the service; SIGHUP has it look at its certificates.
int waitForEnd(Service& service) {
  const sigset_t signals = setOf({SIGTERM, SIGINT, SIGHUP});
  for (;;) {
    int received = 0;
    sigwait(&signals, &received);
    if (received != SIGHUP) return received;
    service.reloadCertificates();
  }
}

// Each connection is a file; the usual 1024 are for programs that use select(2).
void allowAllFiles() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Scripts read where the service listens from standard output; everything else goes to the log.
void announce(const Service& service) {
  for (const auto& [name, url] : service.listeners()) {
    std::cout << nlohmann::json{{"event", "listening"}, {"listener", name}, {"url", url}} << '\n';
  }
  std::cout << nlohmann::json{{"event", "ready"}, {"pid", ::getpid()}} << std::endl;
  log::info("service.ready");
}

// While the service stops in order, one more signal ends it on the spot.
void endAtOnceOnSecondSignal() {
  std::thread([] {
    const sigset_t signals = setOf({SIGTERM, SIGINT});
    int second = 0;
    sigwait(&signals, &second);
    log::warning("service.killed", {{"signal", second}});
    ::_exit(128 + second);
  }).detach();
}

}  // namespace

int serve(const Arguments& arguments) {
  Options options(
      "serve",
      "Runs the service until SIGTERM or SIGINT, which end it in order within ten seconds; a\n"
      "second one ends it at once. Prints a line of JSON per listener with its address, then\n"
      "{\"event\":\"ready\"}; the log goes to standard error, one JSON object per line. SIGHUP has "
      "it\n"
      "take the files of its TLS certificates anew. Tells systemd when it is ready, stopping and "
      "alive.");
  if (!options.parse(arguments)) return 0;
  // Blocked before the first thread begins, so that only sigwait() gets them.
  const sigset_t signals = setOf({SIGTERM, SIGINT, SIGHUP});
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  allowAllFiles();

  const Notifier notifier;
  Service service(settingsOf(options), notifier.aliveEvery(), [&] { notifier.alive(); });
  service.start();
  announce(service);
  notifier.ready();
  const int received = waitForEnd(service);
  notifier.stopping();
  log::info("service.stopping", {{"signal", received}});
  endAtOnceOnSecondSignal();
  ::alarm(kMostSeconds);  // SIGALRM ends a process that cannot end in order
  service.stop();
  log::info("service.stopped");
  return 0;
}

}  // namespace clipcourier::commands
