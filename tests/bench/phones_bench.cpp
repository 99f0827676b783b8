// Many phones on slow lines: each fetches URL once, never faster than its line, from one thread.
// Usage: bench_phones PORT PATH PHONES KBIT_PER_SECOND
// Prints {"done", "failed", "stalled", "bytes", "ideal_s", "p50_s", "p99_s", "longest_s"}: stalled
// phones waited a second or longer for a byte that their line had room for.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"

using clipcourier::UniqueFd;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr double kTick = 0.05;          // seconds
constexpr int kReceiveBuffer = 65'536;  // a phone's line holds little
constexpr double kStall = 1.0;

double secondsSince(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

struct Phone {
  UniqueFd fd;
  SteadyClock::time_point began;
  double allowance = 0;        // bytes its line has room for now
  double hungrySince = -1;     // seconds after `began`; -1: not hungry
  std::int64_t expected = -1;  // bytes of the whole answer, once its head is read
  std::int64_t got = 0;
  std::string head;
  bool stalled = false, done = false, failed = false;
  double took = 0;

  bool open() const { return !done && !failed; }
  void fail() { failed = true, fd = UniqueFd(); }
};

void start(Phone& phone, int port, const std::string& path) {
  phone.began = SteadyClock::now();
  phone.fd = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int buffer = kReceiveBuffer;
  ::setsockopt(phone.fd.get(), SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  if (::connect(phone.fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0 ||
      ::send(phone.fd.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
          static_cast<ssize_t>(request.size()))
    return phone.fail();
  ::fcntl(phone.fd.get(), F_SETFL, O_NONBLOCK);
}

// Reads the head, then knows how much comes.
void readHead(Phone& phone) {
  char buffer[4096];
  const ssize_t got = ::recv(phone.fd.get(), buffer, sizeof buffer, 0);
  if (got == 0) return phone.fail();
  if (got < 0) return;
  phone.head.append(buffer, static_cast<std::size_t>(got));
  const auto end = phone.head.find("\r\n\r\n");
  if (end == std::string::npos) return;
  const auto at = phone.head.find("Content-Length: ");
  if (phone.head.compare(9, 3, "200") != 0 || at == std::string::npos) return phone.fail();
  phone.expected = std::atoll(phone.head.c_str() + at + 16);
  phone.got = static_cast<std::int64_t>(phone.head.size() - end - 4);
}

void readBody(Phone& phone) {
  const auto room = static_cast<std::size_t>(phone.allowance);
  if (room < 1) return;
  // MSG_TRUNC: the kernel drops the bytes without copying them.
  const ssize_t got = ::recv(phone.fd.get(), nullptr, room, MSG_TRUNC);
  const double now = secondsSince(phone.began);
  if (got > 0) {
    phone.got += got;
    phone.allowance -= static_cast<double>(got);
    phone.hungrySince = -1;
  } else if (got == 0) {
    return phone.fail();
  } else {
    if (phone.hungrySince < 0) phone.hungrySince = now;
    if (now - phone.hungrySince >= kStall) phone.stalled = true;
  }
  if (phone.got < phone.expected) return;
  phone.done = true;
  phone.took = now;
  phone.fd = UniqueFd();
}

double percentile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1,
                         static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

void tell(const std::vector<Phone>& phones, double perSecond) {
  std::vector<double> took;
  std::int64_t bytes = 0;
  int failed = 0, stalled = 0;
  for (const Phone& phone : phones) {
    if (phone.done) took.push_back(phone.took), bytes = phone.expected;
    failed += phone.failed;
    stalled += phone.stalled;
  }
  std::sort(took.begin(), took.end());
  std::printf(
      "{\"done\": %zu, \"failed\": %d, \"stalled\": %d, \"bytes\": %lld, \"ideal_s\": %.2f, "
      "\"p50_s\": %.2f, \"p99_s\": %.2f, \"longest_s\": %.2f}\n",
      took.size(), failed, stalled, static_cast<long long>(bytes),
      static_cast<double>(bytes) / perSecond, percentile(took, 0.5), percentile(took, 0.99),
      took.empty() ? 0 : took.back());
}

}  // namespace

int main(int argc, char* argv[]) {
  if (argc != 5)
    return std::fprintf(stderr, "usage: %s PORT PATH PHONES KBIT_PER_SECOND\n", argv[0]), 2;
  const int port = std::atoi(argv[1]);
  const double perSecond = std::atof(argv[4]) * 1000 / 8;
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  std::vector<Phone> phones(static_cast<std::size_t>(std::atoi(argv[3])));
  for (Phone& phone : phones) start(phone, port, argv[2]);
  const auto began = SteadyClock::now();
  double last = 0;
  for (bool any = true; any && secondsSince(began) < 600;) {
    std::this_thread::sleep_for(std::chrono::duration<double>(kTick));
    const double now = secondsSince(began), step = now - last;
    last = now;
    any = false;
    for (Phone& phone : phones) {
      if (!phone.open()) continue;
      any = true;
      phone.allowance = std::min(phone.allowance + perSecond * step, perSecond);
      if (phone.expected < 0)
        readHead(phone);
      else
        readBody(phone);
    }
  }
  tell(phones, perSecond);
}
