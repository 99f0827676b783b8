#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>

namespace clipcourier::transcoder {

// Where the time of a transcode goes, for people who measure. Thread-safe.
class Stages {
 public:
  struct Times {
    double cpuSeconds = 0, wallSeconds = 0;
  };
  void add(const std::string& stage, Times times);
  std::map<std::string, Times> all() const;  // by stage

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Times> times_;
};

// Adds the time that is spent while it exists, by this thread or by all of them; the former does
// not see what libav and x264 do in threads of their own, the latter is for when nothing else runs.
// Does nothing without `stages`.
class StageTimer {
 public:
  enum class Of { thread, process };
  StageTimer(Stages* stages, const char* stage, Of whom = Of::thread);
  ~StageTimer();
  StageTimer(const StageTimer&) = delete;
  StageTimer& operator=(const StageTimer&) = delete;

 private:
  Stages* stages_;
  const char* stage_;
  Of whom_;
  double cpu_ = 0;
  std::chrono::steady_clock::time_point start_;
};

double processCpuSeconds();

}  // namespace clipcourier::transcoder
