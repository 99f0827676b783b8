#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "commands/commands.h"
#include "commands/opened.h"
#include "log.h"
#include "service.h"

namespace clipcourier::commands {
namespace {

constexpr unsigned kMostSeconds = 10;

sigset_t stopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
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
void endAtOnceOnSecondSignal(const sigset_t& signals) {
  std::thread([signals] {
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
      "{\"event\":\"ready\"}; the log goes to standard error, one JSON object per line.");
  if (!options.parse(arguments)) return 0;
  // Blocked before the first thread begins, so that only the sigwait() below gets them.
  const sigset_t signals = stopSignals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  Service service(settingsOf(options));
  service.start();
  announce(service);
  int received = 0;
  sigwait(&signals, &received);
  log::info("service.stopping", {{"signal", received}});
  endAtOnceOnSecondSignal(signals);
  ::alarm(kMostSeconds);  // SIGALRM ends a process that cannot end in order
  service.stop();
  log::info("service.stopped");
  return 0;
}

}  // namespace clipcourier::commands
