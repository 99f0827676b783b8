#include "net/curl_engine.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "base/thread_name.h"

namespace clipcourier::net {

namespace {

void initCurlOnce() {
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (result != CURLE_OK) throw Error(ErrorKind::internal, "libcurl does not start");
}

HttpResponse notSent(std::string reason) {
  HttpResponse response;
  response.failure = TransportFailure{TransportFailure::Kind::notSent, std::move(reason)};
  return response;
}

}  // namespace

CurlEngine::CurlEngine(HttpEngineOptions options)
    : options_(std::move(options)),
      multi_((initCurlOnce(), curl_multi_init())),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!multi_ || epoll_ < 0 || event_ < 0) {
    throw Error(ErrorKind::unavailable, "HTTP engine: out of memory or descriptors",
                "Raise the limit of open files (ulimit -n).");
  }
  const auto connections = static_cast<long>(options_.maxConcurrent);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlEngine::onSocket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlEngine::onTimer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, connections);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = event_;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, event_, &event);
  thread_ = std::thread([this] { run(); });
}

CurlEngine::~CurlEngine() {
  stop(Millis(0));
  idle_.clear();
  curl_multi_cleanup(multi_);
  ::close(epoll_);
  ::close(event_);
}

void CurlEngine::send(HttpRequest request, Callback done) {
  const auto deadline = Steady::now() + request.timeout;
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      ++pending_;
      const bool first = incoming_.empty();
      incoming_.push_back({std::move(request), std::move(done), deadline});
      if (first) wake();
      return;
    }
  }
  done(notSent("the HTTP engine is stopping"));
}

void CurlEngine::stop(Millis grace) {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    stopAt_ = std::min(stopAt_, Steady::now() + grace);
  }
  wake();
  const std::lock_guard lock(joining_);
  if (thread_.joinable()) thread_.join();
}

void CurlEngine::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(event_, &one, sizeof one);
}

void CurlEngine::answer(const Callback& done, HttpResponse response) {
  --pending_;
  done(std::move(response));
}

void CurlEngine::run() {
  nameThread("http-client");
  std::array<epoll_event, 128> events;
  while (!finished()) {
    const int count = ::epoll_wait(epoll_, events.data(), events.size(), sleepMs());
    int running = 0;
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.fd == event_) continue;  // takeNewJobs() reads it
      const int what = ((event.events & EPOLLIN) ? CURL_CSELECT_IN : 0) |
                       ((event.events & EPOLLOUT) ? CURL_CSELECT_OUT : 0) |
                       ((event.events & (EPOLLERR | EPOLLHUP)) ? CURL_CSELECT_ERR : 0);
      curl_multi_socket_action(multi_, event.data.fd, what, &running);
    }
    fireTimers();
    collect();
    takeNewJobs();
    expireWaiting();
    if (closing_ && Steady::now() >= closeAt_) endAll();
    startWaiting();
  }
}

bool CurlEngine::finished() const { return closing_ && active_.empty() && waiting_.empty(); }

int CurlEngine::sleepMs() const {
  auto until = std::min(timer_, nextExpiry_);
  if (closing_) until = std::min(until, closeAt_);
  if (until == Steady::time_point::max()) return -1;
  const auto left = std::chrono::ceil<Millis>(until - Steady::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

void CurlEngine::fireTimers() {
  if (timer_ > Steady::now()) return;
  timer_ = Steady::time_point::max();  // curl sets it anew when it still needs one
  int running = 0;
  curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
}

void CurlEngine::takeNewJobs() {
  std::deque<Job> fresh;
  {
    const std::lock_guard lock(mutex_);
    std::uint64_t count;
    [[maybe_unused]] const ssize_t got = ::read(event_, &count, sizeof count);
    fresh.swap(incoming_);
    closing_ = stopping_;
    closeAt_ = stopAt_;
  }
  for (Job& job : fresh) {
    nextExpiry_ = std::min(nextExpiry_, job.deadline);
    waiting_.push_back(std::move(job));
  }
  if (!closing_) return;
  for (Job& job : std::exchange(waiting_, {})) {
    answer(job.done, notSent("the HTTP engine is stopping"));
  }
}

// Ends jobs whose time ran out in the queue. Walks it only when one may be due.
void CurlEngine::expireWaiting() {
  const auto now = Steady::now();
  if (nextExpiry_ > now) return;
  nextExpiry_ = Steady::time_point::max();
  std::deque<Job> still;
  for (Job& job : std::exchange(waiting_, {})) {
    if (job.deadline <= now) {
      answer(job.done, notSent("no free connection before the deadline"));
    } else {
      nextExpiry_ = std::min(nextExpiry_, job.deadline);
      still.push_back(std::move(job));
    }
  }
  waiting_ = std::move(still);
}

void CurlEngine::startWaiting() {
  while (!waiting_.empty() && active_.size() < options_.maxConcurrent) {
    Job job = std::move(waiting_.front());
    waiting_.pop_front();
    start(std::move(job));
  }
  if (waiting_.empty()) nextExpiry_ = Steady::time_point::max();
}

std::unique_ptr<Transfer> CurlEngine::idleTransfer() {
  if (idle_.empty()) return std::make_unique<Transfer>(options_);
  auto transfer = std::move(idle_.back());
  idle_.pop_back();
  return transfer;
}

void CurlEngine::start(Job job) {
  auto transfer = idleTransfer();
  if (std::string trouble = transfer->prepare(std::move(job)); !trouble.empty()) {
    const Callback done = transfer->takeCallback();
    transfer->finish(CURLE_OK);
    idle_.push_back(std::move(transfer));
    answer(done, notSent(std::move(trouble)));
    return;
  }
  Transfer* const raw = transfer.release();
  active_.insert(raw);
  curl_multi_add_handle(multi_, raw->handle());
}

void CurlEngine::collect() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode result = message->data.result;
    Transfer* raw = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &raw);
    curl_multi_remove_handle(multi_, raw->handle());
    active_.erase(raw);
    std::unique_ptr<Transfer> transfer(raw);
    const Callback done = transfer->takeCallback();
    HttpResponse response = transfer->finish(result);
    idle_.push_back(std::move(transfer));
    answer(done, std::move(response));
  }
}

void CurlEngine::endAll() {
  for (Transfer* raw : std::exchange(active_, {})) {
    const std::unique_ptr<Transfer> transfer(raw);
    curl_multi_remove_handle(multi_, transfer->handle());
    const Callback done = transfer->takeCallback();
    HttpResponse response = transfer->finish(CURLE_ABORTED_BY_CALLBACK);
    response.failure->reason = "the HTTP engine stopped before the answer came";
    answer(done, std::move(response));
  }
}

int CurlEngine::onSocket(CURL*, curl_socket_t socket, int what, void* self, void* known) {
  auto& engine = *static_cast<CurlEngine*>(self);
  if (what == CURL_POLL_REMOVE) {
    ::epoll_ctl(engine.epoll_, EPOLL_CTL_DEL, socket, nullptr);
    return 0;
  }
  epoll_event event{};
  event.events = ((what & CURL_POLL_IN) ? EPOLLIN : 0u) | ((what & CURL_POLL_OUT) ? EPOLLOUT : 0u);
  event.data.fd = socket;
  const int operation = known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (::epoll_ctl(engine.epoll_, operation, socket, &event) != 0) {
    // curl may close a socket and get the same number again without telling us.
    const int other = known ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    ::epoll_ctl(engine.epoll_, other, socket, &event);
  }
  curl_multi_assign(engine.multi_, socket, self);
  return 0;
}

int CurlEngine::onTimer(CURLM*, long timeoutMs, void* self) {
  auto& engine = *static_cast<CurlEngine*>(self);
  engine.timer_ = timeoutMs < 0 ? Steady::time_point::max()
                                : Steady::now() + std::chrono::milliseconds(timeoutMs);
  return 0;
}

}  // namespace clipcourier::net
