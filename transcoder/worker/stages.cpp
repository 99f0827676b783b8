#include "transcoder/worker/stages.h"

#include <ctime>

namespace clipcourier::transcoder {
namespace {

double secondsOf(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

clockid_t clockOf(StageTimer::Of whom) {
  return whom == StageTimer::Of::thread ? CLOCK_THREAD_CPUTIME_ID : CLOCK_PROCESS_CPUTIME_ID;
}

}  // namespace

double processCpuSeconds() { return secondsOf(CLOCK_PROCESS_CPUTIME_ID); }

void Stages::add(const std::string& stage, Times times) {
  const std::lock_guard lock(mutex_);
  times_[stage].cpuSeconds += times.cpuSeconds;
  times_[stage].wallSeconds += times.wallSeconds;
}

std::map<std::string, Stages::Times> Stages::all() const {
  const std::lock_guard lock(mutex_);
  return times_;
}

StageTimer::StageTimer(Stages* stages, const char* stage, Of whom)
    : stages_(stages), stage_(stage), whom_(whom) {
  if (!stages_) return;
  cpu_ = secondsOf(clockOf(whom_));
  start_ = std::chrono::steady_clock::now();
}

StageTimer::~StageTimer() {
  if (!stages_) return;
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start_;
  stages_->add(stage_, {secondsOf(clockOf(whom_)) - cpu_, wall.count()});
}

}  // namespace clipcourier::transcoder
