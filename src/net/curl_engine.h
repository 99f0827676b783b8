#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_set>

#include "net/transfer.h"

// Private to this folder.
namespace clipcourier::net {

// Jobs come in through a locked list and an eventfd; everything else belongs to the one thread,
// which sleeps in epoll until a socket, a timer of curl's or a new job has something for it.
class CurlEngine final : public HttpEngine {
 public:
  explicit CurlEngine(HttpEngineOptions options);
  ~CurlEngine() override;
  void send(HttpRequest request, Callback done) override;
  void stop(Millis grace) override;
  std::size_t pending() const override { return pending_; }

 private:
  void run();
  void wake();
  void takeNewJobs();
  void startWaiting();
  void start(Job job);
  void collect();
  void endAll();
  bool finished() const;
  int sleepMs() const;
  void fireTimers();
  void expireWaiting();
  std::unique_ptr<Transfer> idleTransfer();
  void answer(const Callback& done, HttpResponse response);

  static int onSocket(CURL*, curl_socket_t socket, int what, void* self, void* known);
  static int onTimer(CURLM*, long timeoutMs, void* self);

  const HttpEngineOptions options_;
  CURLM* multi_;
  const int epoll_, event_;
  std::atomic<std::size_t> pending_{0};

  std::mutex mutex_;  // guards what the other threads touch
  std::deque<Job> incoming_;
  bool stopping_ = false;
  Steady::time_point stopAt_ = Steady::time_point::max();

  // The engine's thread only.
  std::deque<Job> waiting_;
  Steady::time_point nextExpiry_ = Steady::time_point::max();  // no waiting job ends before it
  std::unordered_set<Transfer*> active_;
  std::vector<std::unique_ptr<Transfer>> idle_;
  Steady::time_point timer_ = Steady::time_point::max();
  bool closing_ = false;
  Steady::time_point closeAt_ = Steady::time_point::max();

  std::mutex joining_;
  std::thread thread_;
};

}  // namespace clipcourier::net
