#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"

namespace clipcourier {

// Small chores that come round again and again, one after the other on one thread. A chore that
// throws is logged and tried again when it is due next.
class Ticker {
 public:
  struct Chore {
    std::string name;
    Millis every;
    std::function<void()> work;
  };
  explicit Ticker(std::vector<Chore> chores) : chores_(std::move(chores)) {}
  ~Ticker() { stop(); }

  void start();
  void stop();  // returns when the chore at hand is done

 private:
  void loop();
  std::vector<Chore> chores_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace clipcourier
